"""The steps from what there is to what is wanted, as data: shown, then done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from roadworthy.platform.workspace.resource import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from roadworthy.platform.workspace.resource import Key, Kind, Resource

Value = dict[str, object]
Sign = Literal["+", "~", "-"]


@dataclass(frozen=True, slots=True)
class Add:
    """Make what is not there; or bring back what was removed less than 30 days ago. `drift`: removed by hand."""

    kind: Kind
    name: str
    value: Value
    why: str
    drift: bool = False
    sign: Sign = "+"


@dataclass(frozen=True, slots=True)
class Modify:
    """Make something as it is wanted. `drift`: somebody changed it by hand."""

    kind: Kind
    name: str
    value: Value
    before: Value
    why: str
    drift: bool = False
    sign: Sign = "~"


@dataclass(frozen=True, slots=True)
class Remove:
    """Put something away: it is a tombstone for 30 days, and comes back when it is wanted again. `drift`: by hand."""

    kind: Kind
    name: str
    before: Value
    why: str
    drift: bool = False
    sign: Sign = "-"


Step = Add | Modify | Remove


@dataclass(frozen=True, slots=True)
class There:
    """What there is, and what was there when the profile was applied last.

    Attributes:
        actual: Kind and name → what it is now.
        applied: Kind and name → what was asked of it last time; what differs was changed by hand.
        removed: What was put away and can still be brought back.
    """

    actual: Mapping[Key, Value]
    applied: Mapping[Key, Value]
    removed: frozenset[Key] = frozenset()


def plan(wanted: Sequence[Resource], there: There) -> tuple[Step, ...]:
    """Return the steps from *there* to *wanted*: empty when nothing is to be done.

    What is made comes first, what others rest on before them; what is removed comes last, in the other order.
    """
    steps = [*_made(wanted, there), *_removed(wanted, there)]
    return tuple(sorted(steps, key=_order))


def _order(step: Step) -> tuple[bool, int, str]:
    place = KINDS.index(step.kind)
    return (isinstance(step, Remove), -place if isinstance(step, Remove) else place, step.name)


def _made(wanted: Sequence[Resource], there: There) -> Iterator[Step]:
    for one in wanted:
        value, actual, applied = dict(one.value), there.actual.get(one.key), there.applied.get(one.key)
        if actual == value:
            continue
        if actual is None:
            back = one.key in there.removed
            why = "it was removed, and is wanted again" if back else "profile.yaml asks for it"
            by_hand = applied == value and not back
            yield Add(one.kind, one.name, value, "somebody removed it by hand" if by_hand else why, drift=by_hand)
            continue
        by_hand = applied is not None and actual != applied
        why = "somebody changed it by hand" if by_hand else "profile.yaml changed"
        yield Modify(one.kind, one.name, value, dict(actual), f"{why}: {differences(actual, value)}", drift=by_hand)


def _removed(wanted: Sequence[Resource], there: There) -> Iterator[Step]:
    keys = {one.key for one in wanted}
    for key, actual in there.actual.items():
        if key not in keys:
            by_hand = key not in there.applied
            why = "somebody added it by hand" if by_hand else "profile.yaml does not ask for it any more"
            yield Remove(*key, dict(actual), f"{why}; it can be brought back for 30 days", drift=by_hand)


def differences(before: Mapping[str, object], after: Mapping[str, object]) -> str:
    """Return in words what differs, e.g. `role contributor → maintainer`."""
    names = [name for name in dict.fromkeys([*before, *after]) if before.get(name) != after.get(name)]
    return ", ".join(f"{name} {_short(before.get(name))} → {_short(after.get(name))}" for name in names)


def _short(value: object) -> str:
    return "none" if value is None or value == "" else str(value)


def line(step: Step) -> str:
    """Return a step as a line of text: `+ member ada: …`."""
    return f"{step.sign} {step.kind} {step.name}: {step.why}"
