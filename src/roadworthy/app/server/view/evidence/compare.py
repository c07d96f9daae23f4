"""Two to six runs side by side: each value of each, held against those of one of them."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from roadworthy.app.server.view.evidence.runs import line_of
from roadworthy.app.server.view.flat import flat
from roadworthy.errors import UsageError
from roadworthy.platform.store.schema import fact

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from roadworthy.app.server.platform import Platform
    from roadworthy.app.server.view.evidence.shelf import Line

Json = dict[str, Any]
FEWEST, MOST = 2, 6
_FACTS: Final = ("commit", "branch", "version", "verdict", "dirty", "actor", "at", "seconds")
_ENVIRONMENT: Final = ("python_environment", "machine")


def comparison(
    platform: Platform, name: str, wanted: Sequence[str], pin: str | None = None, *, diff: bool = False
) -> Json:
    """Return the runs at the addresses *wanted*, and a row for each value that any of them has.

    Args:
        platform: Where.
        name: The project.
        wanted: Two to six addresses.
        pin: That of the run that the others are held against; the first, when it is None.
        diff: Whether only rows with different values are given.

    Raises:
        UsageError: They are too few or too many, or the pinned one is none of them.
        NotFound: The project has no such run.
    """
    addresses = list(dict.fromkeys(wanted))
    if not FEWEST <= len(addresses) <= MOST:
        raise UsageError(
            f"{len(addresses)} runs cannot be compared.", remedy=f"Choose {FEWEST} to {MOST} different ones."
        )
    pin = pin or addresses[0]
    if pin not in addresses:
        raise UsageError("The pinned run is none of those that are compared.", remedy="Pin one of them.")
    found = [line_of(platform, name, one) for one in addresses]
    whole = _bodies(platform, name, found)
    at = addresses.index(pin)
    rows = [_row(*named, at) for named in _values(found, whole) if any(value is not None for value in named[2])]
    return {
        "runs": [asdict(one) for one in found],
        "pin": pin,
        "differing": sum(row["differs"] for row in rows),
        "rows": [row for row in rows if row["differs"] or not diff],
        "directions": _directions(whole),
    }


def _bodies(platform: Platform, name: str, found: Sequence[Line]) -> list[tuple[Json, Json]]:
    """Return what was recorded of each run, and of its proof; of the second nothing, where there is none."""
    addresses = [one for line in found for one in (line.run, line.proof) if one]
    asked = select(fact.c.address, fact.c.body).where(fact.c.project == name, fact.c.address.in_(addresses))
    with platform.database.read() as connection:
        bodies = {row.address: row.body for row in connection.execute(asked)}
    return [(bodies[one.run], bodies.get(one.proof or "", {})) for one in found]


def _values(found: Sequence[Line], whole: Sequence[tuple[Json, Json]]) -> Iterator[tuple[str, str, list[Any]]]:
    """Yield each value: its group, its name, and what it is in each run; None where it is not there."""
    for name in _FACTS:
        yield "run", name, [getattr(one, name) or None for one in found]
    yield from _grouped("metric", [one.metrics for one in found])
    yield from _grouped("check", [_verdicts(proof) for _, proof in whole])
    yield from _grouped("parameter", [one.params for one in found])
    yield from _grouped("data", [_addresses(run["inputs"]) for run, _ in whole])
    yield from _grouped("stage", [{name: one["state"] for name, one in run["stages"].items()} for run, _ in whole])
    yield from _grouped("output", [_addresses(run["outputs"]) for run, _ in whole])
    yield from _grouped("environment", [dict(flat({key: run[key] for key in _ENVIRONMENT})) for run, _ in whole])


def _grouped(group: str, each: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str, list[Any]]]:
    for name in dict.fromkeys(name for one in each for name in one):
        yield group, name, [one.get(name) for one in each]


def _verdicts(proof: Json) -> dict[str, str]:
    return {f"{one['section']}: {one['name']}": one["verdict"] for one in proof.get("checks", [])}


def _addresses(items: Mapping[str, Any]) -> dict[str, str]:
    return {path: str(item["address"]) for path, item in items.items()}


def _row(group: str, name: str, values: list[Any], pin: int) -> Json:
    known = values[pin]
    return {
        "group": group,
        "name": name,
        "values": values,
        "changes": [_change(known, value) for value in values],
        "differs": any(value != known for value in values),
    }


def _change(before: Any, after: Any) -> float | None:
    """Return how much a number grew; None for what is no number, and for what did not grow."""
    are_numbers = all(isinstance(one, int | float) and not isinstance(one, bool) for one in (before, after))
    return float(after - before) if are_numbers and after != before else None


def _directions(whole: Sequence[tuple[Json, Json]]) -> dict[str, str]:
    """Return which way is better, of each metric that says it."""
    return {
        name: way for _, proof in whole for name, way in (proof.get("measures", {}).get("directions") or {}).items()
    }
