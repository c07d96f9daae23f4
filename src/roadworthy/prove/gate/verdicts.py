"""The verdicts, in the words that every face uses: a vacuous test is no failure of the model, but counts as one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from roadworthy.prove.gate.acceptance import Accepted
    from roadworthy.prove.proof import Check

Shown = Literal["passed", "failed", "accepted", "not_run", "vacuous"]
ORDER: tuple[Shown, ...] = ("failed", "vacuous", "accepted", "not_run", "passed")
SAYS_NO: frozenset[Shown] = frozenset(("failed", "vacuous"))
SECTIONS = {
    "data": "Data",
    "evaluation": "Evaluation",
    "behaviour": "Behaviour",
    "stress": "Stress",
    "against_production": "Against production",
    "failure_modes": "Known failure modes",
    "project": "The project's own tests",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One verdict: of what section, on what, and why; whoever accepted it, until when, stands in the reason."""

    section: str
    name: str
    verdict: Shown
    reason: str


def shown(check: Check, accepted: Accepted) -> Shown:
    """Return the verdict on *check* as it is shown."""
    if check.verdict == "failed" and check.name in accepted.holding:
        return "accepted"
    return "vacuous" if check.verdict == "failed" and check.facts.get("vacuous") else check.verdict


def reason(check: Check, accepted: Accepted) -> str:
    """Return why, with who lives with it."""
    if shown(check, accepted) != "accepted":
        return check.summary
    return f"{check.summary} {accepted.holding[check.name].said}"


def lines(checks: Sequence[Check], accepted: Accepted) -> tuple[Line, ...]:
    """Return a line for each check, in the order of the sections."""
    return tuple(
        Line(SECTIONS[check.section], check.name, shown(check, accepted), reason(check, accepted)) for check in checks
    )


def says_no(listed: Sequence[Line]) -> bool:
    """Whether any of them forbids the change."""
    return any(line.verdict in SAYS_NO for line in listed)


def counted(listed: Sequence[Line]) -> str:
    """Return how many there are of each verdict, what matters most first."""
    verdicts = [line.verdict for line in listed]
    parts = [f"{verdicts.count(one)} {one.replace('_', ' ')}" for one in ORDER if one in verdicts]
    return ", ".join(parts) or "no verdict"
