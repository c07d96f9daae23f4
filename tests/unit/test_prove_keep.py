"""Proofs survive being kept."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from roadworthy.errors import IntegrityError, NotFound
from roadworthy.ledger import ledger as ledgers
from roadworthy.ledger.objects.address import Address
from roadworthy.prove import keep
from roadworthy.prove.proof import Check, Proof

if TYPE_CHECKING:
    from pathlib import Path

    from roadworthy.ledger.ledger import Ledger

COMMIT = "a" * 40
PROOF = Proof(
    run=Address.of(b"run"),
    commit=COMMIT,
    dirty=False,
    model="delay",
    candidate=Address.of(b"model"),
    is_baseline=False,
    production="v1.0.0",
    checks=(
        Check("data", "flights: rows", "passed", "rows: 9; at least 1 is asked.", {"found": 9.0}),
        Check("behaviour", "wind", "failed", "Wrong.", {"share": 0.5}, ({"carrier": "UA", "wind_speed": None},)),
        Check("stress", "feed", "not_run", "The baseline does not read it."),
    ),
    measures={"rows": 9, "metrics": {"candidate": {"roc_auc": {"value": 0.7, "low": None, "high": None}}}},
    predictions={"candidate": Address.of(b"predictions")},
    reference=Address.of(b"rows"),
)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    """Return an empty ledger."""
    return ledgers.open(tmp_path / ".roadworthy")


def test_a_proof_is_read_as_it_was_written(ledger: Ledger) -> None:
    """Nothing of a proof is lost or changed by keeping it."""
    assert keep.read(ledger, keep.write(ledger, PROOF)) == PROOF


def test_the_newest_clean_proof_of_a_commit_is_found(ledger: Ledger) -> None:
    """Of several proofs of one commit the last one counts, and a dirty one only when it is asked for."""
    keep.write(ledger, PROOF)
    later = replace(PROOF, production="v2.0.0")
    address = keep.write(ledger, later)
    unclean = keep.write(ledger, replace(PROOF, dirty=True))
    keep.write(ledger, replace(PROOF, commit="b" * 40))

    assert keep.find(ledger, COMMIT) == (address, later)
    assert keep.find(ledger, COMMIT, dirty=True) == (unclean, replace(PROOF, dirty=True))
    assert keep.find(ledger, "c" * 40) is None


def test_a_commit_without_proof_says_how_to_get_one(ledger: Ledger) -> None:
    """Who asks for a proof that is not there is told the command that makes it."""
    with pytest.raises(NotFound, match="roadworthy test"):
        keep.of_commit(ledger, COMMIT)


def test_another_record_is_no_proof(ledger: Ledger) -> None:
    """A record of another kind is not read as a proof."""
    address = ledger.keep("review", {"anything": 1})

    with pytest.raises(IntegrityError, match="not a proof"):
        keep.read(ledger, address)


def test_rows_can_be_left_out() -> None:
    """A check can be kept without the rows it would show."""
    assert keep.without_rows(PROOF.checks[1]).examples == ()
