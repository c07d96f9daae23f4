"""Whether rows repeat: keys, unique columns, whole rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from roadworthy.prove.contract import sql
from roadworthy.prove.contract.probe import Probe

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from roadworthy.declare.contract import Contract
    from roadworthy.prove.contract.scan import Scan

_AT_ONCE = 5_000_000  # hashes held: 40 MB
_BITS = 64


def probes(contract: Contract, columns: Sequence[str]) -> tuple[tuple[Probe, tuple[str, ...]], ...]:
    """Return each rule that rows must not repeat, with the columns that tell rows apart; its measure is unused."""
    return tuple(_probes(contract, columns))


def _probes(contract: Contract, columns: Sequence[str]) -> Iterator[tuple[Probe, tuple[str, ...]]]:
    for name, rule in contract.columns.items():
        if rule.unique and name in columns:
            wrong = _twice((name,), given=True)
            yield Probe(f"{name}: unique", "", "values that stand again", at_most=0, wrong=wrong), (name,)
    key = contract.table.key
    if key:
        what = "rows whose key stands again"
        yield Probe(f"table: key {', '.join(key)}", "", what, at_most=0, wrong=_twice(key)), key
    share = contract.table.duplicates
    if share is not None:
        wrong = _twice(tuple(columns))
        yield Probe("table: duplicates", "", "rows that stand again", at_most=share, unit="share", wrong=wrong), ()


def count(probe: Probe, apart: Sequence[str], columns: Sequence[str], rows: int, opened: Scan) -> float | None:
    """Return how many rows stand again, or their share where *probe* asks for one.

    Rows without a value count as equal in a key, and are left out of a unique column. Two rows that are equal have
    equal hashes: where no hash stands twice, no row does, which costs a sort of numbers. Only where one does are the
    rows themselves compared.

    Raises:
        UsageError: A column is not there.
    """
    if not rows:
        return None
    names = sql.names(tuple(apart or columns))
    only = f"WHERE {names} IS NOT NULL" if probe.name.endswith(": unique") else ""
    if not _any_twice(f"hash({names})", only, rows, opened):
        again = 0.0
    else:
        distinct = sql.select("count(*)", f"({sql.select(f'DISTINCT {names}', tail=only)})")
        (found,) = opened.one(sql.select(f"count(*) - ({distinct})", tail=only), f"`{probe.name}`")
        again = float(cast("int", found))
    return again / rows if probe.unit == "share" else again


def _any_twice(hashed: str, only: str, rows: int, opened: Scan) -> bool:
    bits = max(0, (rows // _AT_ONCE).bit_length())
    for part in range(2**bits):
        within = f"{hashed} >> {_BITS - bits} = {part}" if bits else "true"
        tail = f"{only} AND {within}" if only else f"WHERE {within}"
        opened.one(sql.select(hashed, tail="LIMIT 0"), "A key")  # says what is wrong with it
        found = cast("NDArray[np.uint64]", opened.column(sql.select(f"{hashed} AS h", tail=tail))["h"])
        found.sort()
        if bool((found[1:] == found[:-1]).any()):
            return True
    return False


def _twice(columns: tuple[str, ...], *, given: bool = False) -> str:
    names = sql.names(columns)
    # Hashes stand for the rows: `IN` would find none with a missing value.
    groups = sql.select(f"hash({names}) AS h", tail="GROUP BY h HAVING count(*) > 1")
    return f"{f'{names} IS NOT NULL AND ' if given else ''}hash({names}) IN ({groups})"
