"""A contract drafted from the rows that there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast, get_args

from roadworthy.declare.contract import ColumnRule, Contract, LabelRule, PersonalKind, Privacy, TableRule
from roadworthy.errors import UsageError
from roadworthy.prove.contract.check import Data, check
from roadworthy.prove.contract.draft import write
from roadworthy.prove.contract.draft.see import see
from roadworthy.prove.contract.scan import MEMORY, scan

if TYPE_CHECKING:
    from collections.abc import Mapping

    from roadworthy.prove.contract.draft.see import Seen
    from roadworthy.prove.proof import Check

_API: Final = "roadworthy/v1alpha1"
_TRIED = "draft"
_NEARLY = 0.9  # of the rows, at the least: the number of different values is known to a few per cent
_FEWEST = 10  # rows, of which it says something that no value stands twice
_KINDS: Final[tuple[PersonalKind, ...]] = get_args(PersonalKind)


def draft(dataset: str, data: Data, label: str | None = None, memory: int = MEMORY) -> str:
    """Return a contract for *dataset* that its rows satisfy, as YAML with comments on what was seen.

    Args:
        dataset: The dataset's name in pipeline.yaml, or its path.
        data: Its file, key and time.
        label: Its label's column.
        memory: Bytes of the data that are held at once.

    Raises:
        NotFound: The file is not there.
        UsageError: It is no table, or has no rows.
    """
    with scan({"rows": data.path}, memory) as opened:
        seen = see(opened)
    if not seen.rows:
        raise UsageError(
            f"{data.path} has no rows, and nothing can be drafted from none.", remedy="Draft from a fuller one."
        )
    tried = _tried(dataset, data, label if label in seen.columns else None, seen)
    found = {one.name.removeprefix(f"{_TRIED}: "): one for one in check(_TRIED, tried, data, memory)}
    return write.text(seen, _about(dataset, data, tried, found))


def _tried(dataset: str, data: Data, label: str | None, seen: Seen) -> Contract:
    """Return the rules of which the draft keeps those that hold."""
    unique = {
        name: ColumnRule(unique=True)
        for name, column in seen.columns.items()
        if column.type in {"integer", "text"}
        and column.present == seen.rows >= _FEWEST
        and column.distinct >= _NEARLY * seen.rows
    }
    key = data.key if all(name in seen.columns for name in data.key) else ()
    return Contract(
        _API,
        dataset,
        columns=unique,
        table=TableRule(key=key, duplicates=0.0),
        label=None if label is None else LabelRule(label, conflicts=0.0, leakage=write.LEAKAGE),
        privacy=Privacy(refuse=_KINDS),
    )


def _about(dataset: str, data: Data, tried: Contract, found: Mapping[str, Check]) -> write.About:
    label = None if tried.label is None else tried.label.column
    leakage = found.get(f"label {label}: leakage")
    conflicts = 0.0 if label is None else _number(found.get(f"label {label}: conflicts"))
    personal = tuple(
        (kind, name.removesuffix(": nothing personal"))
        for name, one in found.items()
        if name.endswith(": nothing personal")
        for kind in cast("Mapping[PersonalKind, float]", one.facts.get("found", {}))
    )
    key = tried.table.key
    return write.About(
        dataset=dataset,
        path=data.path.name,
        key=key if key and found[f"table: key {', '.join(key)}"].verdict == "passed" else (),
        unique=tuple(name for name in tried.columns if found[f"{name}: unique"].verdict == "passed"),
        repeated=_number(found.get("table: duplicates")),
        label=None if label is None else (label, conflicts),
        refused=tuple(kind for kind in _KINDS if kind not in {one for one, _ in personal}),
        personal=personal,
        leaks=tuple(cast("Mapping[str, float]", leakage.facts["over"])) if leakage and "over" in leakage.facts else (),
        weighed=leakage is not None and leakage.verdict != "not_run",
    )


def _number(made: Check | None) -> float:
    found = None if made is None else made.facts.get("found")
    return float(cast("float", found)) if found is not None else 1.0
