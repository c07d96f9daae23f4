"""Whether a failure mode's status and its reasons agree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from roadworthy.declare.agreement.report import Report

if TYPE_CHECKING:
    from roadworthy.declare.failure_mode import FailureMode
    from roadworthy.declare.fault import Fault
    from roadworthy.declare.read.file import Document


def faults(document: Document[FailureMode]) -> tuple[Fault, ...]:
    """Return what does not agree in a failure mode."""
    report, mode = Report(document), document.partial
    if mode is None:
        return ()
    if mode.status == "accepted" and mode.accepted is None:
        problem = "An accepted failure mode says until when, and why."
        report.at(("status",), problem, "Add `accepted: {until: 2026-12-31, why: …}`.")
    if mode.status != "accepted" and mode.accepted is not None:
        report.at(("accepted",), f"The status is `{mode.status}`.", "Write `status: accepted`, or remove this.")
    if mode.accepted is not None and not mode.accepted.why.strip():
        report.at(("accepted", "why"), "The reason is empty.", "Say why this may be lived with until then.")
    return report.all()
