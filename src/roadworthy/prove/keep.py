"""Proofs as records of kind `proof`: written, read, and found by commit."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from roadworthy.errors import IntegrityError, NotFound
from roadworthy.ledger.objects.address import Address
from roadworthy.prove.proof import Check, Proof

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from roadworthy.ledger.ledger import Ledger
    from roadworthy.ledger.repo.repository import Repository
    from roadworthy.prove.proof import Section, Verdict

KIND = "proof"


def write(ledger: Ledger, proof: Proof) -> Address:
    """Keep *proof* as a signed record and return its address.

    Raises:
        StorageError: The disk is full or the folder is read-only.
    """
    subject = {"run": proof.run, "artifact": proof.candidate}
    if proof.reference is not None:
        subject["reference"] = proof.reference
    made = datetime.now(UTC).isoformat(timespec="microseconds")
    return ledger.keep(KIND, {**body(proof), "made": made}, subject)


def read(ledger: Ledger, address: Address) -> Proof:
    """Return the proof at *address*.

    Raises:
        NotFound: It is not kept here.
        IntegrityError: It is damaged, not signed by a trusted key, or no proof.
    """
    record = ledger.records.read(address)
    if record.kind != KIND:
        raise IntegrityError(
            f"The record {address} is a {record.kind}, not a proof.", remedy="Give the address of a proof."
        )
    return from_body(record.body)


def find(ledger: Ledger, commit: str, *, dirty: bool = False) -> tuple[Address, Proof] | None:
    """Return the newest proof of a run of *commit*, or None.

    Args:
        ledger: Where proofs are kept.
        commit: The full id of the commit.
        dirty: Whether a run that differed from its commit will do.
    """
    newest: tuple[str, Address, Mapping[str, object]] | None = None
    for address, record in ledger.records.all(KIND):
        fits = record.body["commit"] == commit and (dirty or not record.body["dirty"])
        made = str(record.body["made"])
        if fits and (newest is None or made >= newest[0]):
            newest = (made, address, record.body)
    return None if newest is None else (newest[1], from_body(newest[2]))


def find_like(ledger: Ledger, repo: Repository, commit: str, prefix: str) -> tuple[Address, Proof] | None:
    """Return the newest proof of a clean run of *commit*, or of a commit with the same files in the project, or None.

    Args:
        ledger: Where proofs are kept.
        repo: Where the commits are.
        commit: The full id of the commit.
        prefix: The project's folder in the repository; empty at its root.
    """
    found = find(ledger, commit)
    if found is not None:
        return found
    files = repo.files(commit, prefix)
    others = {str(one.body["commit"]) for _, one in ledger.records.all(KIND) if not one.body["dirty"]}
    for other in sorted(others):
        with contextlib.suppress(NotFound):
            if repo.files(other, prefix) == files:
                return find(ledger, other)
    return None


def of_commit(ledger: Ledger, commit: str) -> tuple[Address, Proof]:
    """Return the newest proof of a clean run of *commit*.

    Raises:
        NotFound: There is none.
    """
    found = find(ledger, commit)
    if found is None:
        raise NotFound(
            f"The commit {commit[:12]} has no proof.",
            remedy="Check it out, and run `roadworthy run` and `roadworthy test`.",
        )
    return found


def body(proof: Proof) -> dict[str, object]:
    """Return *proof* as the body of its record: JSON values only."""
    return {
        "run": proof.run,
        "commit": proof.commit,
        "dirty": proof.dirty,
        "model": proof.model,
        "candidate": proof.candidate,
        "is_baseline": proof.is_baseline,
        "production": proof.production,
        "passed": proof.passed,
        "checks": [check_body(check) for check in proof.checks],
        "measures": dict(proof.measures),
        "predictions": dict(proof.predictions),
        "reference": proof.reference,
        **({"sampled": dict(proof.sampled)} if proof.sampled else {}),
    }


def from_body(value: Mapping[str, object]) -> Proof:
    """Return the proof that `body` wrote."""
    predictions = cast("Mapping[str, str]", value["predictions"])
    reference = value["reference"]
    production = value["production"]
    return Proof(
        run=Address(str(value["run"])),
        commit=str(value["commit"]),
        dirty=bool(value["dirty"]),
        model=str(value["model"]),
        candidate=Address(str(value["candidate"])),
        is_baseline=bool(value["is_baseline"]),
        production=None if production is None else str(production),
        checks=tuple(check_of(each) for each in cast("Sequence[Mapping[str, object]]", value["checks"])),
        measures=cast("Mapping[str, object]", value["measures"]),
        predictions={role: Address(address) for role, address in predictions.items()},
        reference=None if reference is None else Address(str(reference)),
        sampled=cast("Mapping[str, object]", value.get("sampled", {})),
    )


def without_rows(check: Check) -> Check:
    """Return *check* without the rows it shows, for projects whose rows may not leave the data."""
    return replace(check, examples=())


def check_body(check: Check) -> dict[str, object]:
    """Return *check* as JSON."""
    return {
        "section": check.section,
        "name": check.name,
        "verdict": check.verdict,
        "summary": check.summary,
        "facts": dict(check.facts),
        "examples": [dict(example) for example in check.examples],
    }


def check_of(value: Mapping[str, object]) -> Check:
    """Return the check that `check_body` wrote."""
    return Check(
        section=cast("Section", value["section"]),
        name=str(value["name"]),
        verdict=cast("Verdict", value["verdict"]),
        summary=str(value["summary"]),
        facts=cast("Mapping[str, object]", value["facts"]),
        examples=tuple(cast("Sequence[Mapping[str, object]]", value["examples"])),
    )
