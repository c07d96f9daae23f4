"""Open changes whose last commit was run on a sample alone: the full run is asked for, which a merge needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from roadworthy.platform.automate import event, jobs
from roadworthy.platform.automate.plan import plan
from roadworthy.platform.automate.rules.action import Check
from roadworthy.platform.automate.rules.branch import HEADS
from roadworthy.platform.store.schema import change as changes
from roadworthy.platform.store.schema import fact

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

SAMPLED: Final = "sampled"
WHOLE: Final = "feature"


def run_in_full(connection: Connection, project: str) -> list[int]:
    """Ask for the full check of every open change whose last commit was sampled, and return the new events' numbers.

    Repeating it does nothing: the check is named by its commit.

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
        check = Check(row.head, row.branch, row.target, "branch", WHOLE, _why(row.number))
        keys = {scope: f"{project}/check/{row.head}/branch/{scope}/{row.target}" for scope in (SAMPLED, WHOLE)}
        there = jobs.by_key(connection, keys.values())
        if keys[WHOLE] in there:
            continue
        stated = _stated(connection, project, check)
        if (keys[SAMPLED] in there or SAMPLED in stated) and not stated - {SAMPLED}:
            yield row.number, check


def _why(number: int) -> str:
    return f"Change {number} is open, and its last commit was run on a sample alone: a merge needs the full run."


def _stated(connection: Connection, project: str, check: Check) -> set[str]:
    here = (fact.c.project == project) & (fact.c.kind == "check") & (fact.c.commit == check.commit)
    bodies = connection.execute(select(fact.c.body).where(here)).scalars()
    return {body["scope"] for body in bodies if body["target"] == check.target}


def _ask(connection: Connection, project: str, number: int, check: Check) -> int:
    made = event.write(connection, event.NewEvent(project, "change", HEADS + check.branch, after=check.commit))
    planned = plan(project, made, None, (check,))
    for one in planned.jobs:
        jobs.enqueue(connection, one, made, again=True)
    event.settle(connection, made, [{**one, "change": number} for one in planned.told])
    return made
