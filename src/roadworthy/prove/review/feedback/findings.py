"""What a review finds, and what of that is new since the last review of the same change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

from roadworthy.prove.gate.verdicts import SAYS_NO, SECTIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from roadworthy.prove.review.comparison import Comparison, Gate

Ending = Literal["fixed", "accepted", "not run any more", "not there any more"]
ENDINGS: tuple[Ending, ...] = get_args(Ending)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that says no: of which section, what, and why. Section and name make it the same finding again."""

    section: str
    name: str
    why: str

    @property
    def key(self) -> tuple[str, str]:
        """What it is known by."""
        return self.section, self.name


@dataclass(frozen=True, slots=True)
class Since:
    """What became of the findings since the review before.

    Attributes:
        commit: The commit that was reviewed then.
        new: Findings that were none then.
        still: Those of then that are ones now, as they are now.
        ended: Those of then that are none any more, and how each ended: only what passes now is fixed.
        metric: The primary metric's name, its value then, and now; None where one is not known.
    """

    commit: str
    new: tuple[Finding, ...] = ()
    still: tuple[Finding, ...] = ()
    ended: tuple[tuple[Finding, Ending], ...] = ()
    metric: tuple[str, float, float] | None = None


def findings(gates: Iterable[Gate]) -> tuple[Finding, ...]:
    """Return what says no, in the order of the gates."""
    return tuple(Finding(gate.section, gate.name, gate.reason) for gate in gates if gate.verdict in SAYS_NO)


def since(before: Mapping[str, Any], comparison: Comparison) -> Since:
    """Return what changed since the review whose record's body is *before*; see `keep.body`."""
    then = {
        (str(gate["section"]), str(gate["name"])): Finding(gate["section"], gate["name"], gate["reason"])
        for gate in before["gates"]
        if gate["verdict"] in SAYS_NO
    }
    wholes = {(gate["section"], gate["name"]) for gate in before["gates"] if gate.get("whole")}
    now = findings(comparison.gates)
    known = {one.key for one in now}
    verdicts: dict[tuple[str, str], str] = {(gate.section, gate.name): gate.verdict for gate in comparison.gates}
    verdicts |= {(SECTIONS[row.check.section], row.check.name): row.verdict for row in comparison.checks}
    return Since(
        commit=str(before["head"]["commit"]),
        new=tuple(one for one in now if one.key not in then),
        still=tuple(one for one in now if one.key in then),
        ended=tuple(
            (one, _ending(verdicts.get(key), whole=key in wholes)) for key, one in then.items() if key not in known
        ),
        metric=_metric(before, comparison),
    )


def _ending(verdict: str | None, *, whole: bool) -> Ending:
    if verdict is None:  # a gate about the whole proof stands there only while it says no
        return "fixed" if whole else "not there any more"
    return {"accepted": "accepted", "not_run": "not run any more"}.get(verdict, "fixed")  # type: ignore[return-value]


def _metric(before: Mapping[str, Any], comparison: Comparison) -> tuple[str, float, float] | None:
    row = next((row for row in comparison.metrics if row.primary), None)
    then = None if row is None else (before.get("metrics") or {}).get(row.name)
    now = None if row is None or row.candidate is None else row.candidate["value"]
    return None if row is None or then is None or now is None else (row.name, float(then), now)
