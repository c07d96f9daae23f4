"""Opening and closing a change: the fact first, then its row."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlalchemy import func, insert, select, update

from roadworthy.errors import Conflict, IntegrityError, UsageError
from roadworthy.platform.change.change import KIND, Change, change, open_change_of
from roadworthy.platform.store import schema
from roadworthy.platform.store.database import hold, now

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from roadworthy.ledger.ledger import Ledger
    from roadworthy.ledger.objects.address import Address
    from roadworthy.platform.store.database import Database

_LONGEST_TITLE = 250


@dataclass(frozen=True, slots=True)
class Proposal:
    """What somebody wants to be merged: a branch whose tip is *head*, into a target that is there."""

    project: str
    branch: str
    target: str
    title: str
    author: str
    head: str


def propose(database: Database, ledger: Ledger, proposal: Proposal) -> Change:
    """Open a change, or return the one that is open from the same branch to the same target.

    Raises:
        UsageError: The branch is its own target, or the title is empty, longer than 250 characters or several lines.
        StorageError: The disk is full.
    """
    _refuse(proposal)
    with database.write() as connection:
        hold(connection, proposal.project)
        there = open_change_of(connection, proposal.project, proposal.branch, proposal.target)
        if there is not None:
            return there
        at, number = now(connection), _next(connection, proposal.project)
        while True:
            found = _claimed(ledger, proposal, number, at)
            connection.execute(insert(schema.change).values(**_row(found)))
            if (found.branch, found.target) == (proposal.branch, proposal.target):
                return found
            number += 1  # a crash left that number's record without its row: it has it now, and we take the next


def close(database: Database, ledger: Ledger, project: str, number: int) -> Change:
    """Close an open change without merging it; one that is closed is returned as it is.

    Raises:
        NotFound: There is none of that number.
        Conflict: It was merged.
    """
    with database.write() as connection:
        found = change(connection, project, number)
        if found.state == "merged":
            raise Conflict(f"Change {number} was merged.", remedy="Open another that takes it back, if it must go.")
        if found.state == "closed":
            return found
        closed = replace(found, state="closed", closed_at=now(connection))
        said = {"number": number, "project": project, "head": found.head, "closed_at": closed.closed_at}
        ledger.keep(KIND, {**said, "state": "closed"})
        connection.execute(
            update(schema.change)
            .where(schema.change.c.project == project, schema.change.c.number == number)
            .values(state=closed.state, closed_at=closed.closed_at)
        )
        return closed


def follow(connection: Connection, project: str, branch: str, head: str) -> None:
    """Note that *branch* has moved to *head*, in every open change that proposes it."""
    connection.execute(
        update(schema.change)
        .where(schema.change.c.project == project, schema.change.c.branch == branch, schema.change.c.state == "open")
        .values(head=head)
    )


def _refuse(proposal: Proposal) -> None:
    title = proposal.title
    if proposal.branch == proposal.target:
        raise UsageError(
            f"{proposal.branch} cannot be merged into itself.",
            remedy="Commit on a branch of its own, and propose that.",
        )
    if not title.strip() or len(title) > _LONGEST_TITLE or not title.isprintable():
        raise UsageError(
            f"A title has 1 to {_LONGEST_TITLE} characters, in one line.",
            remedy="Say in a sentence what the change does.",
        )


def _next(connection: Connection, project: str) -> int:
    taken = select(func.max(schema.change.c.number)).where(schema.change.c.project == project)
    return int(connection.execute(taken).scalar_one() or 0) + 1


def _claimed(ledger: Ledger, proposal: Proposal, number: int, at: int) -> Change:
    """Return the change that has *number*: ours, or the one whose record took it before."""
    body = {
        "number": number,
        "project": proposal.project,
        "branch": proposal.branch,
        "target": proposal.target,
        "title": proposal.title,
        "author": proposal.author,
        "head": proposal.head,
        "opened_at": at,
        "state": "open",
    }
    ours = ledger.keep(KIND, body)
    winner = ledger.names.claim(f"change/{number}", ours)
    return opened_by(ledger, winner)


def opened_by(ledger: Ledger, record: Address) -> Change:
    """Return the change that *record* opened.

    Raises:
        NotFound, IntegrityError: It is not there, damaged, or opened none.
    """
    said = ledger.records.read(record).body
    try:
        return Change(
            project=str(said["project"]),
            number=int(str(said["number"])),
            branch=str(said["branch"]),
            target=str(said["target"]),
            title=str(said["title"]),
            author=str(said["author"]),
            state="open",
            head=str(said["head"]),
            opened_at=int(str(said["opened_at"])),
            record=str(record),
        )
    except (KeyError, ValueError) as fault:
        raise IntegrityError(
            f"The record {record} opens no change.", remedy="Restore the bucket from a copy."
        ) from fault


def _row(found: Change) -> dict[str, object]:
    return {**found.as_json(), "unreviewed": int(found.unreviewed)}
