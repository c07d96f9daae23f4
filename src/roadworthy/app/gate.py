"""The gate on a change of the project here: one list of verdicts, and regressions that somebody lives with."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from roadworthy.app.evidence import gather
from roadworthy.app.local import open_local
from roadworthy.app.review import compared, span_of
from roadworthy.errors import NotFound, UsageError
from roadworthy.prove.gate import acceptance
from roadworthy.prove.gate.show import Listed
from roadworthy.prove.gate.verdicts import SECTIONS, Line
from roadworthy.prove.gate.words import told

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from roadworthy.ledger.objects.address import Address
    from roadworthy.prove.proof import Check
    from roadworthy.prove.review.comparison import CheckRow, Comparison

_LONGEST = dt.timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Given:
    """An acceptance that was just given: of which check, until when, and its record."""

    check: str
    until: dt.date
    record: Address


def gate_here(asked: str, start: Path | None = None) -> Listed:
    """Return every verdict on the change *asked* for (`BASE..HEAD`).

    Raises:
        UsageError: *asked* names no change.
        NotFound: A revision is not there, or the head has no proof.
        InvalidDeclaration: The declared files of a side have faults.
    """
    local = open_local(start)
    span = span_of(local, asked, "gate")
    found = compared(local, span)
    measured = next((flips.measure for flips in found.flips if flips.judged), None)
    return Listed(
        base=span.base,
        head=span.head,
        base_commit=span.base_commit,
        head_commit=span.head_commit,
        lines=lines(found),
        told=() if measured is None else tuple(told(measured)),
        notes=found.notes,
        measured=measured,
    )


def lines(found: Comparison) -> tuple[Line, ...]:
    """Return a line for each gate on the proof as a whole, and one for each check."""
    return (
        *(Line(gate.section, gate.name, gate.verdict, gate.reason) for gate in found.gates if gate.whole),
        *(_line(row) for row in found.checks),
    )


def _line(row: CheckRow) -> Line:
    said = f"{row.check.summary} {row.note}" if row.note else row.check.summary
    return Line(SECTIONS[row.check.section], row.check.name, row.verdict, said)


def accept_here(
    asked: str, names: Sequence[str], until: dt.date, why: str, start: Path | None = None
) -> tuple[Given, ...]:
    """Record that the regressions *names* of the change *asked* for are lived with until a day.

    Args:
        asked: `BASE..HEAD`.
        names: Names of checks, as the list of verdicts has them.
        until: The last day on which it holds; at most a year from now.
        why: The reason, for whoever reads it later.
        start: A folder of the project.

    Raises:
        UsageError: The day is past or too far, no reason is given, or a check cannot be accepted.
        NotFound: A revision or a check is not there, or the head has no proof.
    """
    today = dt.datetime.now(dt.UTC).date()
    if not today <= until <= today + _LONGEST:
        raise UsageError(
            f"{until} is {'past' if until < today else 'more than a year away'}.",
            remedy="Say a day within the next year: what is lived with must be looked at again.",
        )
    if not why.strip():
        raise UsageError("No reason is given.", remedy="Say with --why what makes these rows worth losing.")
    local = open_local(start)
    span = span_of(local, asked, "gate accept")
    head = gather(local, span.head_commit, span.head, dirty=False)
    if head.proof is None:
        raise NotFound(
            f"{span.head} ({span.head_commit[:12]}) has no proof of its commit alone.",
            remedy="Check it out, commit what differs, and run `roadworthy run` and `roadworthy test`.",
        )
    proof = head.proof
    chosen = [_chosen(proof.checks, name) for name in dict.fromkeys(names)]
    return tuple(
        Given(check.name, until, acceptance.write(local.ledger, proof, check, until, why.strip())) for check in chosen
    )


def _chosen(checks: Sequence[Check], name: str) -> Check:
    check = next((one for one in checks if one.name == name), None)
    open_ = ", ".join(f"`{one.name}`" for one in checks if acceptance.acceptable(one)) or "none"
    if check is None:
        raise NotFound(f"The proof has no check `{name}`.", remedy=f"These can be accepted: {open_}.")
    if not acceptance.acceptable(check):
        cause = "did not fail" if check.verdict != "failed" else "lists no regressed rows"
        raise UsageError(
            f"`{name}` cannot be accepted: it {cause}.",
            remedy=f"These can: {open_}. What must hold otherwise stands in requirements.yaml.",
        )
    return check
