"""Open changes whose last commit was run on a sample, or against another branch: what a merge needs is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from roadworthy.platform.automate import event, jobs
from roadworthy.platform.automate.plan import plan
from roadworthy.platform.automate.rules.action import Check
from roadworthy.platform.automate.rules.branch import HEADS
from roadworthy.platform.store.schema import change as changes
from roadworthy.platform.store.schema import fact, job

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

SAMPLED: Final = "sampled"
WHOLE: Final = "feature"


def run_in_full(connection: Connection, project: str) -> list[int]:
    """Ask for the full check of every open change whose last commit was checked otherwise; return the new events.

    Otherwise is on a sample, or against another branch than the change goes to. Repeating it does nothing: the check is
    named by its commit and its target.

    Raises:
        NotFound: The project was removed.
    """
    wanted = list(_lacking(connection, project))
    if not wanted:
        return []
    event.lock(connection, project)
    return [_ask(connection, project, number, check) for number, check in wanted]


def _lacking(connection: Connection, project: str) -> Iterator[tuple[int, Check]]:
    table = changes
    asked = select(table.c.number, table.c.branch, table.c.target, table.c.head)
    for row in connection.execute(asked.where(table.c.project == project, table.c.state == "open")):
        made = {*_asked(connection, project, row.head), *_stated(connection, project, row.head)}
        here = {scope for scope, target in made if target == row.target}
        if made and not here - {SAMPLED}:
            why = _why(row.number, "on a sample alone" if here else "against other branches than its target")
            yield row.number, Check(row.head, row.branch, row.target, "branch", WHOLE, why)


def _why(number: int, how: str) -> str:
    return f"Change {number} is open, and its last commit was run {how}: a merge needs the full run against its target."


def _asked(connection: Connection, project: str, commit: str) -> Iterator[tuple[str, str]]:
    """Yield the scope and the target of each check of *commit* that there is a job for."""
    begins = f"{project}/check/{commit}/"
    here = (job.c.key >= begins) & (job.c.key < f"{begins[:-1]}0")  # what follows a slash, in order
    for payload in connection.execute(select(job.c.payload).where(here)).scalars():
        yield payload["scope"], payload["target"]


def _stated(connection: Connection, project: str, commit: str) -> Iterator[tuple[str, str]]:
    """Yield the scope and the target of each verdict on *commit*."""
    here = (fact.c.project == project) & (fact.c.kind == "check") & (fact.c.commit == commit)
    for body in connection.execute(select(fact.c.body).where(here)).scalars():
        yield body["scope"], body["target"]


def _ask(connection: Connection, project: str, number: int, check: Check) -> int:
    made = event.write(connection, event.NewEvent(project, "change", HEADS + check.branch, after=check.commit))
    planned = plan(project, made, None, (check,))
    for one in planned.jobs:
        jobs.enqueue(connection, one, made, again=True)
    event.settle(connection, made, [{**one, "change": number} for one in planned.told])
    return made
