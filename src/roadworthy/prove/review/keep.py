"""Reviews as records of kind `review`: what was held against what, and what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from roadworthy.ledger.ledger import Ledger
    from roadworthy.ledger.objects.address import Address
    from roadworthy.prove.review.comparison import Comparison, Side

KIND = "review"


def write(ledger: Ledger, comparison: Comparison) -> Address:
    """Keep the review's verdict as a signed record and return its address.

    Raises:
        StorageError: The disk is full or the folder is read-only.
    """
    sides = {"base": comparison.base, "head": comparison.head}
    subject = {f"{name}_proof": side.proof for name, side in sides.items() if side.proof is not None}
    return ledger.keep(KIND, body(comparison), subject)


def before(ledger: Ledger, comparison: Comparison) -> Mapping[str, Any] | None:
    """Return the body of the last review of the same change that was of another proof; None when there was none.

    A change is a branch into another, of one model. A review of the same proof once more found nothing new by itself.
    """
    found, change = None, _change(body(comparison))
    for _, record in ledger.records.all(KIND):
        said: Mapping[str, Any] = record.body
        if _change(said) == change and said["head"]["proof"] != comparison.head.proof:
            found = said
    return found


def body(comparison: Comparison) -> dict[str, object]:
    """Return the review as JSON values: verdict, gates, notes, and the addresses that it is about."""
    return {
        "project": comparison.project,
        "model": comparison.model,
        "base": _side(comparison.base),
        "head": _side(comparison.head),
        "outcome": comparison.outcome,
        "gates": [
            {
                "section": gate.section, "name": gate.name, "verdict": gate.verdict, "reason": gate.reason,
                "whole": gate.whole,
            }
            for gate in comparison.gates
        ],
        "notes": list(comparison.notes),
        "metrics": {row.name: row.candidate["value"] for row in comparison.metrics if row.candidate is not None},
        "differences": {
            rival.title: {row.name: row.versus[at].difference for row in comparison.metrics}
            for at, rival in enumerate(comparison.rivals)
        },
    }  # fmt: skip


def _change(said: Mapping[str, Any]) -> tuple[object, ...]:
    return said["project"], said["model"], said["base"]["name"], said["head"]["name"]


def _side(side: Side) -> dict[str, object]:
    return {"name": side.name, "commit": side.commit, "proof": side.proof, "run": side.run}
