"""Acceptances as records of kind `acceptance`: somebody lives with listed regressions, of these very rows, until a day.

An acceptance is bound to the candidate's artifact, to the version in production and to the broken rows: with another
model, another version or other rows it is stale, and says nothing any more.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from roadworthy.ledger.ledger import Ledger
    from roadworthy.ledger.objects.address import Address
    from roadworthy.ledger.records.record import Record
    from roadworthy.prove.proof import Check, Proof

KIND = "acceptance"
DIGEST = "digest"  # among the facts of a check that can be accepted: it names the rows that regress


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What was accepted, by whom, until when, and why; `local`: stated on this machine alone."""

    check: str
    by: str
    until: dt.date
    why: str
    local: bool

    @property
    def said(self) -> str:
        """The acceptance in a sentence."""
        where = ", on this machine alone" if self.local else ""
        return f"Accepted by {self.by}{where}, until {self.until}: {self.why}"


@dataclass(frozen=True, slots=True)
class Accepted:
    """The acceptances that hold for a proof, by the name of the check; and what is to be said of others."""

    holding: Mapping[str, Acceptance]
    stale: tuple[str, ...] = ()


NOBODY = Accepted({})


def acceptable(check: Check) -> bool:
    """Whether *check* lists regressions that a reviewer may accept."""
    return check.verdict == "failed" and DIGEST in check.facts


def write(ledger: Ledger, proof: Proof, check: Check, until: dt.date, why: str) -> Address:
    """Keep, as stated by the ledger's speaker, that the regressions of *check* are lived with, and return its address.

    Raises:
        StorageError: The disk is full or the folder is read-only.
    """
    body = {**_bound(proof, check), "commit": proof.commit, "until": until.isoformat(), "why": why}
    return ledger.keep(KIND, body, {"candidate": proof.candidate, "run": proof.run})


def find(ledger: Ledger, proof: Proof, today: dt.date | None = None) -> Accepted:
    """Return which regressions of *proof* are accepted, and which acceptances have become stale.

    Raises:
        IntegrityError: A record is damaged.
    """
    day = today or dt.datetime.now(dt.UTC).date()
    holding: dict[str, Acceptance] = {}
    stale: list[str] = []
    open_ = {check.name: check for check in proof.checks if acceptable(check)}
    for _, record in ledger.records.all(KIND):
        check = open_.get(str(record.body["check"]))
        if check is None or record.body["model"] != proof.model:
            continue
        one = _read(record)
        fault = _fault(record, proof, check, day)
        if fault:
            stale.append(f"An acceptance of `{one.check}` by {one.by} does not hold: {fault}.")
        elif check.name not in holding or holding[check.name].until < one.until:
            holding[check.name] = one
    return Accepted(
        holding, tuple(one for one in dict.fromkeys(stale) if not any(f"`{name}`" in one for name in holding))
    )


def _bound(proof: Proof, check: Check) -> dict[str, object]:
    return {
        "model": proof.model,
        "check": check.name,
        "candidate": proof.candidate,
        "production": proof.production,
        "reference": proof.reference,
        "rows": check.facts[DIGEST],
    }


def _fault(record: Record, proof: Proof, check: Check, day: dt.date) -> str:
    wanted, said = _bound(proof, check), record.body
    if said["production"] != wanted["production"]:
        return f"it was given against {said['production']}, and {wanted['production']} is in production"
    if said["candidate"] != wanted["candidate"]:
        return "it was given for another model"
    if said["rows"] != wanted["rows"] or said["reference"] != wanted["reference"]:
        return "other rows are broken than it was given for"
    return f"it ended on {said['until']}" if dt.date.fromisoformat(str(said["until"])) < day else ""


def _read(record: Record) -> Acceptance:
    until = dt.date.fromisoformat(str(record.body["until"]))
    return Acceptance(
        str(record.body["check"]), record.actor, until, str(record.body["why"]), record.authority == "local"
    )
