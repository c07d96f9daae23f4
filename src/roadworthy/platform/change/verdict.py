"""The verdict of a check, as a fact: jobs may be lost, and what they found must not be."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal, Self, cast

from sqlalchemy import select

from roadworthy.ledger.objects.address import Address
from roadworthy.platform.store import schema

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from roadworthy.ledger.ledger import Ledger

KIND = "check"  # of records


@dataclass(frozen=True, slots=True)
class Checked:
    """What the check of a commit on a branch against its target came to.

    Attributes:
        scope: How much was run: what the rules of the branch asked for.
        outcome: Whether it says yes.
        why: What it said, in words.
        run: The record of the run; None when it came to none.
        proof: The record of the proof; None when nothing was tested.
        reports: The addresses of its reports, by their role.
        gates: Each rule with its section, name, verdict and reason, as it was judged.
        releases: Whether a version of the commit was to follow.
        deploys: The environments that the version was to go to by itself.
    """

    project: str
    commit: str
    branch: str
    target: str
    scope: str
    outcome: Literal["passed", "failed"]
    why: str
    run: str | None = None
    proof: str | None = None
    reports: Mapping[str, str] = field(default_factory=dict)
    releases: bool = False
    deploys: tuple[str, ...] = ()
    gates: tuple[Mapping[str, str], ...] = ()

    @classmethod
    def of(cls, body: Mapping[str, object]) -> Self:
        """Return what the body of a record says.

        Raises:
            KeyError, TypeError: It says something else.
        """
        said = {"gates": [], **{name: body[name] for name in cls.__slots__ if name != "gates" or name in body}}
        lists = {name: tuple(cast("list[object]", said[name])) for name in ("deploys", "gates")}
        return cls(**{**said, **lists})  # type: ignore[arg-type]


def state_checked(ledger: Ledger, checked: Checked) -> Address:
    """Keep the verdict as a signed record; stated when the job is completed, before its row says so.

    Raises:
        StorageError: The disk is full.
    """
    made = datetime.now(UTC).isoformat(timespec="microseconds")
    lists = {"deploys": list(checked.deploys), "gates": [dict(one) for one in checked.gates]}
    return ledger.keep(KIND, {**asdict(checked), **lists, "made": made})


def agreeing(connection: Connection, checked: Checked, since: int) -> Address | None:
    """Return the record that says the same as *checked*, stated since the time *since* (ms); None without one.

    A job that is done again, because the server died before its row was written, finds what it had stated.
    """
    table = schema.fact
    here = (table.c.project == checked.project) & (table.c.kind == KIND) & (table.c.commit == checked.commit)
    for row in connection.execute(select(table.c.address, table.c.body).where(here)):
        said = Checked.of(row.body)
        stated = datetime.fromisoformat(row.body["made"]).timestamp() * 1000
        if stated >= since and replace(said, run=checked.run, proof=checked.proof, reports=checked.reports) == checked:
            return Address(row.address)
    return None


def verdict_on(connection: Connection, project: str, commit: str, target: str | None) -> Checked | None:
    """Return the last verdict on *commit* against *target*, as the facts of the index have it; None: against any.

    None when no such check was completed: that a sample passed is no verdict, nor is what another target's rules say.
    """
    table = schema.fact
    here = (table.c.project == project) & (table.c.kind == KIND) & (table.c.commit == commit)
    bodies = connection.execute(select(table.c.body).where(here)).scalars()
    said = (body for body in bodies if target in {None, body["target"]} and not _is_sample_that_passed(body))
    last = max(said, key=lambda body: str(body["made"]), default=None)
    return None if last is None else Checked.of(last)


def _is_sample_that_passed(body: Mapping[str, object]) -> bool:
    return (body["scope"], body["outcome"]) == ("sampled", "passed")
