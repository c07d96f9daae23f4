"""What a search came to, as a record of kind `redteam`: evidence that the model was attacked, and when."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from roadworthy.ledger.ledger import Ledger
    from roadworthy.ledger.objects.address import Address
    from roadworthy.prove.redteam.finding import Finding
    from roadworthy.prove.redteam.search import Report

KIND = "redteam"


def write(ledger: Ledger, report: Report, run: Address, commit: str) -> Address:
    """Keep *report* of the model of *run*, without rows, and return its address.

    Raises:
        StorageError: The disk is full or the folder is read-only.
    """
    made = datetime.now(UTC).isoformat(timespec="microseconds")
    return ledger.keep(KIND, {"run": run, "commit": commit, "made": made, **body(report)}, {"run": run})


def body(report: Report) -> dict[str, object]:
    """Return *report* as JSON values, without the rows of its findings."""
    return {
        "findings": [finding_body(finding) for finding in report.findings],
        "attacks": list(report.made),
        "not_run": list(report.not_run),
        "exposed_in": report.exposed_in,
        "seconds": round(report.seconds, 3),
    }


def finding_body(finding: Finding) -> dict[str, object]:
    """Return *finding* as JSON values, without its rows."""
    return {
        "kind": finding.kind,
        "title": finding.title,
        "exposure": finding.exposure,
        "exposed": finding.exposed,
        "failed": finding.failed,
        "tried": finding.tried,
        "effect": finding.effect,
        "chance": finding.chance,
        "expect": finding.expect,
        "share": finding.share,
        "examples": len(finding.examples),
    }
