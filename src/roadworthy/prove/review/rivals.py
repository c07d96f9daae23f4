"""Whom a candidate is held against, and what is known of each: its base, production, and the baseline.

Roles that are the same artifact are one rival, so that nothing is told twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast

from roadworthy.prove.review.comparison import Rival
from roadworthy.prove.review.pairing import NotPaired, Paired

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from roadworthy.prove.measures import Interval, Measures
    from roadworthy.prove.proof import Proof
    from roadworthy.prove.review.evidence import Evidence

CANDIDATE = "candidate"
Measured = Literal["production", "baseline"]
_MEASURED: tuple[Measured, ...] = ("production", "baseline")  # on the candidate's own rows, so asked first

_NOTHING: Measures = {
    "task": "",
    "rows": 0,
    "unlabelled": 0,
    "positive_share": None,
    "primary": None,
    "directions": {},
    "resamples": 0,
    "confidence": 0.95,
    "metrics": {},
    "differences": {},
    "slices": [],
    "calibration": {},
    "histogram": None,
    "decision": "",
    "confusion": {},
    "against_production": None,
}


@dataclass(frozen=True, slots=True)
class Known:
    """What was measured of the candidate and its rivals: by the proofs of both ends, and by pairing them."""

    head: Measures
    base: Measures | None
    paired: Paired | NotPaired | None

    def value(self, rival: Rival, metric: str) -> Interval | None:
        """Return the metric of *rival*."""
        if (role := self.measured(rival)) is not None:
            return (self.head["metrics"].get(role) or {}).get(metric)
        own = self.base["metrics"].get(CANDIDATE) if self.base and "base" in rival.roles else None
        return own.get(metric) if own else None

    def difference(self, rival: Rival, metric: str) -> Interval | None:
        """Return the candidate's metric minus that of *rival*, paired; None where rows cannot be paired."""
        if (role := self.measured(rival)) is not None:
            return (self.head["differences"].get(role) or {}).get(metric)
        return self.paired.differences.get(metric) if isinstance(self.paired, Paired) and self._base(rival) else None

    def slice(self, rival: Rival, name: str) -> Interval | None:
        """Return the metric of *rival* on the rows of the declared slice *name*."""
        role = self.measured(rival)
        side = self.head if role else self.base if self._base(rival) else None
        found = next((one for one in side["slices"] if one["name"] == name), None) if side else None
        return found[role or "candidate"] if found else None

    def measured(self, rival: Rival) -> Measured | None:
        """Return the role under which the head's proof measured *rival* on the candidate's rows, or None."""
        return next(
            (role for role in _MEASURED if role in rival.roles and self.head["metrics"].get(role) is not None), None
        )

    @staticmethod
    def _base(rival: Rival) -> bool:
        return "base" in rival.roles


def known(base: Evidence, head: Evidence, paired: Paired | NotPaired | None) -> Known:
    """Return what was measured; *head* has a proof."""
    return Known(measures_of(head.proof) or _NOTHING, measures_of(base.proof), paired)


def measures_of(proof: Proof | None) -> Measures | None:
    """Return what *proof* measured, with nothing in the place of what it did not; None without a proof."""
    return None if proof is None else cast("Measures", {**_NOTHING, **proof.measures})


def rivals(base: Evidence, head: Evidence, found: Known) -> tuple[Rival, ...]:
    """Return whom the candidate is held against: the base first, then production, then the baseline."""
    merged: dict[object, list[tuple[str, str]]] = {}
    for role, title, identity in _present(base, head, found.head):
        merged.setdefault(identity, []).append((role, title))
    elsewhere = "production" not in (head.proof.predictions if head.proof else ())
    against = found.head["against_production"]
    own = elsewhere and against is not None and against["rows_of"] == "production"
    return tuple(_rival(roles, found.paired, own_rows=own) for roles in merged.values())


_OWN_ROWS = (
    "Production's numbers, and the difference from them, are of production's own frozen reference rows, "
    "which are not those of this change: a change that damages its rows cannot hide behind them."
)


def _present(base: Evidence, head: Evidence, measures: Measures) -> Iterator[tuple[str, str, object]]:
    if base.proof is not None:
        name = base.side.name
        yield "base", f"{name} (the base)" if name == CANDIDATE else name, base.proof.candidate
    version = head.proof.production if head.proof else None
    if version is not None and (measures["metrics"].get("production") or measures["against_production"]):
        yield "production", f"production {version}", head.artifacts.get("production", "production")
    if measures["metrics"].get("baseline") and not (head.proof and head.proof.is_baseline):
        yield "baseline", "the baseline", head.artifacts.get("baseline", "baseline")


def _rival(found: Sequence[tuple[str, str]], paired: Paired | NotPaired | None, *, own_rows: bool) -> Rival:
    roles = tuple(role for role, _ in found)
    note = paired.reason if roles == ("base",) and isinstance(paired, NotPaired) else ""
    if own_rows and "production" in roles:
        note = _OWN_ROWS
    return Rival(roles, " = ".join(title for _, title in found), found[0][1], note)
