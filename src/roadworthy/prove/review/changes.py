"""What differs in parameters, requirements and data: by dotted name, as text."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from roadworthy.prove.review.comparison import Change, ColumnChange, DataChange, DatasetChange, Datasets
from roadworthy.prove.review.text import plain, short, size, visible

if TYPE_CHECKING:
    from roadworthy.build.data.profile import ColumnProfile, Profile
    from roadworthy.declare.pin import Pin
    from roadworthy.declare.pipeline import Pipeline, Stage
    from roadworthy.declare.requirements import Requirements
    from roadworthy.prove.review.evidence import Held

_COLUMNS = 30  # of a dataset that are listed
_LOST = 6  # columns that are named in a sentence
_EQUAL = 1e-9
_FRACTION = re.compile(r"(T\d\d:\d\d:\d\d)\.\d+")
_NAMES = ("name", "metric")  # what tells one item of a list from another, where there is such a thing


def flat(value: object, name: str = "") -> dict[str, object]:
    """Return nested mappings and lists of named things as dotted name → value; what is None is left out."""
    match value:
        case None:
            return {}
        case Mapping():
            parts = {str(key): part for key, part in value.items()}
        case [Mapping(), *_]:
            parts = _named([item for item in value if isinstance(item, Mapping)])
        case _:
            return {name: value}
    found: dict[str, object] = {}
    for key, part in parts.items():
        found |= flat(part, f"{name}.{key}" if name else key)
    return found


def _named(items: Sequence[Mapping[str, object]]) -> dict[str, object]:
    parts: dict[str, object] = {}
    for place, item in enumerate(items):
        mark = next((str(item[key]) for key in _NAMES if item.get(key)), str(place))
        parts[mark if mark not in parts else f"{mark} ({place})"] = item
    return parts


def parameters(before: Mapping[str, object], after: Mapping[str, object]) -> tuple[Change, ...]:
    """Return the parameters that differ, in the order of *after*, then those that are gone."""
    return _differing(flat(before), flat(after))


def upstream(declared: Mapping[str, Stage], name: str, names: Sequence[str]) -> tuple[str, ...]:
    """Return those of the stages *names* whose declared outputs the stage *name* reads.

    Paths are taken as they are written: one that holds `${…}` is known only where both sides write it alike.
    """
    stage = declared.get(_group(name))
    deps = [] if stage is None else [f"{dep}/" for dep in stage.deps]

    def writes(other: str) -> bool:
        outs = [f"{out.path}/" for out in declared[other].outs] if other in declared else []
        return any(dep.startswith(out) or out.startswith(dep) for out in outs for dep in deps)

    return tuple(other for other in names if _group(other) != _group(name) and writes(_group(other)))


def _group(name: str) -> str:
    """Return the stage that a member of a `foreach` or `matrix` stands for."""
    return name.partition("@")[0]


def requirements(before: Requirements | None, after: Requirements | None) -> tuple[Change, ...]:
    """Return what differs in what must hold."""
    old, new = (flat(_listed(asdict(one))) if one is not None else {} for one in (before, after))
    return _differing(old, new)


def stages(before: Pipeline | None, after: Pipeline | None) -> tuple[Change, ...]:
    """Return what differs in how the stages are declared: commands, inputs, outputs."""
    old, new = (flat(_listed({name: asdict(stage) for name, stage in one.stages.items()})) if one else {}
                for one in (before, after))  # fmt: skip
    return _differing(*({name: value for name, value in side.items() if value != []} for side in (old, new)))


def data(before: Mapping[str, Pin], after: Mapping[str, Pin]) -> tuple[DataChange, ...]:
    """Return the pinned data whose bytes differ, by path."""
    differing = sorted(path for path in {*before, *after} if _address(before.get(path)) != _address(after.get(path)))
    return tuple(DataChange(path, _facts(before.get(path)), _facts(after.get(path))) for path in differing)


def datasets(before: Mapping[str, Held] | None, after: Mapping[str, Held] | None) -> Datasets:
    """Return in which named datasets two runs differ; None is a side whose run is not kept here."""
    if before is None or after is None:
        side = "base" if before is None else "change"
        return Datasets(why_not=f"the run of the {side} is not kept here")
    names = tuple(dict.fromkeys([*after, *before]))
    differing = [name for name in names if _bytes(before.get(name)) != _bytes(after.get(name))]
    return Datasets(names, tuple(_dataset(name, before.get(name), after.get(name)) for name in differing))


def lost(found: Datasets) -> tuple[str, ...]:
    """Return which columns are gone or wholly missing now, and were not before: a sentence for the same columns."""
    datasets_of: dict[tuple[str, ...], list[str]] = {}
    for change in found.changed:
        names = sorted(
            visible(one.name, 60)
            for one in change.columns
            if one.before is not None and one.before.missing < 1 and (one.after is None or one.after.missing == 1)
        )
        if names:
            datasets_of.setdefault(tuple(names), []).append(visible(change.name, 60))
    return tuple(_lost(names, held) for names, held in datasets_of.items())


def _lost(names: Sequence[str], held: Sequence[str]) -> str:
    listed = ", ".join(names[:_LOST]) + (f" and {len(names) - _LOST} more" if len(names) > _LOST else "")
    of = "the dataset" if len(held) == 1 else "the datasets"
    return f"In {of} {', '.join(held)}, nothing is left of {listed}."


def _dataset(name: str, before: Held | None, after: Held | None) -> DatasetChange:
    sides = (_held(before), _held(after))
    if before is None or after is None:
        return DatasetChange(name, *sides)
    if before.profile is None or after.profile is None:
        return DatasetChange(name, *sides, why_not=before.why_not or after.why_not)
    found = _columns(before.profile, after.profile)
    return DatasetChange(name, *sides, tuple(found[:_COLUMNS]), max(0, len(found) - _COLUMNS))


def _columns(before: Profile, after: Profile) -> list[ColumnChange]:
    changed = [
        ColumnChange(name, before.columns.get(name), after.columns.get(name))
        for name in dict.fromkeys([*after.columns, *before.columns])
        if not _alike(before.columns.get(name), after.columns.get(name))
    ]
    return sorted(changed, key=lambda one: -_how_far(one))


def _alike(before: ColumnProfile | None, after: ColumnProfile | None) -> bool:
    if before is None or after is None:
        return False
    means = (before.mean, after.mean)
    same = means[0] == means[1] if None in means else math.isclose(means[0] or 0.0, means[1] or 0.0, rel_tol=_EQUAL)
    return same and before.type == after.type and math.isclose(before.missing, after.missing, abs_tol=_EQUAL)


def _how_far(one: ColumnChange) -> float:
    """Return a number to sort by: a column that came or went first, then by the share that went missing or came."""
    return 2.0 if one.before is None or one.after is None else abs(one.after.missing - one.before.missing)


def _bytes(side: Held | None) -> str | None:
    return None if side is None else str(side.item.address)


def _held(side: Held | None) -> Mapping[str, str] | None:
    if side is None:
        return None
    rows = {} if side.profile is None else {"rows": f"{side.profile.rows:,}"}
    return {"file": side.path, "address": short(str(side.item.address)), "size": size(side.item.size), **rows}


def _differing(before: Mapping[str, object], after: Mapping[str, object]) -> tuple[Change, ...]:
    names = dict.fromkeys([*after, *before])
    return tuple(
        Change(name, _text(before, name), _text(after, name))
        for name in names
        if name not in before or name not in after or before[name] != after[name]
    )


def _text(values: Mapping[str, object], name: str) -> str | None:
    return plain(values[name]) if name in values else None


def _listed(value: object) -> object:
    match value:
        case dict():
            return {key: _listed(part) for key, part in value.items()}
        case tuple() | list():
            return [_listed(part) for part in value]
        case _:
            return value


def _address(pin: Pin | None) -> str | None:
    return None if pin is None else pin.address


def _facts(pin: Pin | None) -> Mapping[str, str] | None:
    if pin is None:
        return None
    files = {} if pin.files is None else {"files": f"{pin.files:,}"}
    source = {name: _FRACTION.sub(r"\1", fact) for name, fact in pin.source.items()}
    return {"address": short(pin.address), "size": size(pin.size), **files, **source}
