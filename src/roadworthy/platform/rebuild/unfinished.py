"""Which refs can be taken as reconciled, now that events and jobs are lost: those of which nothing is outstanding.

A branch whose work was not finished, or whose work no fact knows of, is left out of the table of refs: the next
reconciling finds it as new and asks for its jobs. Doing again what was done is harmless: the same inputs are not run
twice, a commit has one version, what is applied is not applied again. What is deployed is the exception, since an
environment may have been rolled back meanwhile: a version that was deployed where it was to go is not deployed again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from roadworthy.ledger.objects.address import Address
    from roadworthy.ledger.records.record import Record
    from roadworthy.platform.change.verdict import Checked

HEADS = "refs/heads/"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What facts say about work that was done.

    Attributes:
        checks: Every verdict.
        released: The commits that have a version.
        deployed: Environment and commit of every deployment.
    """

    checks: tuple[Checked, ...] = ()
    released: frozenset[str] = field(default_factory=frozenset)
    deployed: frozenset[tuple[str, str]] = field(default_factory=frozenset)


def evidence(checks: Iterable[Checked], held: Mapping[Address, Record], refs: Mapping[str, str]) -> Evidence:
    """Return what *checks*, and the records of versions and deployments among *held* whose tags are in *refs*, say."""
    tagged = {address: record for address, record in held.items() if _is_tagged(record, refs)}
    commits = {str(one): str(record.body.get("commit")) for one, record in tagged.items() if record.kind == "version"}
    deployed = (record.body for record in tagged.values() if record.kind == "deployment")
    return Evidence(
        tuple(checks),
        frozenset(commits.values()),
        frozenset(
            (str(body.get("environment")), commits[version])
            for body in deployed
            if (version := str(body.get("version_record"))) in commits
        ),
    )


def _is_tagged(record: Record, refs: Mapping[str, str]) -> bool:
    """Whether the tag that a record bears out is there: a crash may have come before it, and then it is to be made."""
    tag = record.body.get("tag")
    return tag is None or f"refs/tags/{tag}" in refs


def is_finished(branch: str, commit: str, facts: Evidence) -> bool:
    """Whether there is a verdict on *commit* as the head of *branch*, and all that was to follow it is there."""
    checks = [one for one in facts.checks if (one.branch, one.commit) == (branch, commit)]
    return bool(checks) and all(_followed(one, facts) for one in checks)


def reconciled(refs: Mapping[str, str], facts: Evidence) -> dict[str, str]:
    """Return those of *refs* that the next reconciling has nothing to do about: finished branches, and every tag."""
    return {
        name: found
        for name, found in refs.items()
        if not name.startswith(HEADS) or is_finished(name.removeprefix(HEADS), found, facts)
    }


def _followed(check: Checked, facts: Evidence) -> bool:
    if check.outcome == "failed":
        return True
    released = not check.releases or check.commit in facts.released
    return released and all((name, check.commit) in facts.deployed for name in check.deploys)
