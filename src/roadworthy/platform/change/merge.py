"""Merging a change: what speaks against it, all at once; then the fact, the merge, and the row, in that order."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from sqlalchemy import select, update

from roadworthy.errors import Conflict, NotAllowed, TestsFailed
from roadworthy.platform.change.change import MERGE, Change
from roadworthy.platform.store import schema
from roadworthy.platform.store.database import now

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection

    from roadworthy.ledger.ledger import Ledger
    from roadworthy.ledger.objects.address import Address
    from roadworthy.platform.store.database import Database

Verdict = Literal["passed", "failed", "running", "not_run"]


@dataclass(frozen=True, slots=True)
class Standing:
    """How a change stands now.

    Attributes:
        change: The change.
        tip: The commit that its branch has; None when the branch is gone.
        verdict: What the check of that commit against the target said.
        why: What it said in words; the reason when there is no verdict.
        against: What the rules of the branches say against it, each with its fix.
        missing: What of the approvals that the project asks for is not there, each with why.
        holds: Who holds it, each with why.
        approvals: The records of the approvals that count.
        exempt: Whether the project asks for approvals, but of none for what this change touches.
        loosened: What the change asks less of than its target, each as a sentence without its full stop.
    """

    change: Change
    tip: str | None
    verdict: Verdict
    why: str
    against: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    holds: tuple[str, ...] = ()
    approvals: tuple[str, ...] = ()
    exempt: bool = False
    loosened: tuple[str, ...] = ()

    @property
    def unreviewed(self) -> bool:
        """Whether it would be merged without an approval that anybody gave or that the project waived for its paths."""
        return bool(self.missing) or not (self.approvals or self.exempt)

    @property
    def needs_reason(self) -> bool:
        """Whether a maintainer must say why it is right: approvals are missing, or it loosens a rule unreviewed."""
        return bool(self.missing or (self.loosened and not self.approvals))


@dataclass(frozen=True, slots=True)
class Wish:
    """Who wants it merged.

    Attributes:
        actor: Their name.
        is_maintainer: Whether they are a maintainer, who may override approvals that are missing.
        reason: Why they do so; empty when they do not.
        head: The commit that they saw; None when it does not matter.
    """

    actor: str
    is_maintainer: bool = False
    reason: str = ""
    head: str | None = None


def obstacles(standing: Standing, wish: Wish) -> tuple[str, ...]:
    """Return everything that keeps a change from being merged for *wish*, each with what to do; empty when nothing."""
    return tuple(_obstacles(standing, wish))


def merge(
    database: Database,
    ledger: Ledger,
    standing: Standing,
    wish: Wish,
    do: Callable[[Change, str, Address], str],
) -> Change:
    """Merge a change that nothing keeps from it; one that was merged is returned as it is.

    Args:
        database: The index.
        ledger: The project's bucket.
        standing: How the change stands.
        wish: Who wants it.
        do: Makes the merge of the change's commit into its target: given the tip, and the record that bears it out,
            returns the merge commit, once the target has it.

    Raises:
        TestsFailed: Something speaks against it; the problem holds all of it.
        Conflict: It was closed; or the branches conflict, or moved meanwhile: nothing was changed.
    """
    wanted = standing.change
    if wanted.state == "merged":
        return wanted
    if wanted.state == "closed":
        raise Conflict(f"Change {wanted.number} is closed.", remedy="Open another: `roadworthy change open`.")
    refuse_moved(standing, wish.head)
    found = obstacles(standing, wish)
    if found or standing.tip is None:
        said = "\n".join([f"Change {wanted.number} cannot be merged:", *(f"- {one}" for one in found)])
        raise TestsFailed(said, remedy="Mend what it names, and merge again.")
    with database.read() as connection:
        at = now(connection)
    record = ledger.keep(MERGE, {**_fact(standing, wish), "merged_at": at})
    commit = do(wanted, standing.tip, record)
    return _noted(database, standing, commit, at)


def refuse_moved(standing: Standing, head: str | None) -> None:
    """Refuse what was asked for another commit than the branch has now; None is asked for whichever it has.

    Raises:
        Conflict: The branch moved.
    """
    if head is not None and head != standing.tip:
        now = (standing.tip or "nothing")[:12]
        raise Conflict(
            f"This was for {head[:12]}, and {standing.change.branch} is at {now} now.",
            remedy="Look at what changed since, and say it again for that.",
        )


def _obstacles(standing: Standing, wish: Wish) -> Iterator[str]:
    change, tip = standing.change, standing.tip
    if tip is None:
        yield f"The branch {change.branch} is gone. Push it again, or close the change."
        return
    if standing.verdict != "passed":
        says = {"failed": "The tests say no", "running": "The tests are running", "not_run": "Nothing was tested"}
        yield f"{says[standing.verdict]}: {standing.why}"
    yield from standing.against
    yield from standing.holds
    if standing.loosened and not standing.approvals and not (wish.reason and wish.is_maintainer):
        yield (
            f"It is judged by the rules of {change.target}, and loosens them: {'; '.join(standing.loosened)}. "
            "A maintainer may merge it so, with a reason that stands in the audit."
        )
    if not wish.reason:
        yield from standing.missing
    elif standing.missing and not wish.is_maintainer:
        yield "Only a maintainer may merge without the approvals that the project asks for."


def _fact(standing: Standing, wish: Wish) -> dict[str, object]:
    change = standing.change
    return {
        "project": change.project,
        "number": change.number,
        "branch": change.branch,
        "target": change.target,
        "head": standing.tip,
        "verdict": standing.verdict,
        "unreviewed": standing.unreviewed,
        "overridden": bool(standing.missing),
        "missing": list(standing.missing),
        "approvals": list(standing.approvals),
        "reason": wish.reason,
        **({"loosened": list(standing.loosened)} if standing.loosened else {}),
    }


def _noted(database: Database, standing: Standing, commit: str, at: int) -> Change:
    change = standing.change
    with database.write() as connection:
        merged = replace(
            change, state="merged", merge_commit=commit, closed_at=at, unreviewed=standing.unreviewed,
            head=standing.tip or change.head,
        )  # fmt: skip
        connection.execute(
            update(schema.change)
            .where(schema.change.c.project == change.project, schema.change.c.number == change.number)
            .values(
                state=merged.state,
                merge_commit=commit,
                closed_at=merged.closed_at,
                head=merged.head,
                unreviewed=int(merged.unreviewed),
            )
        )
    return merged


def message(change: Change, record: Address) -> str:
    """Return the message of the commit that merges *change*, which names the record that bears it out."""
    return (
        f"Merge {change.branch} into {change.target} (change {change.number})\n\n{change.title}\n\n"
        f"Change: {change.number}\nRecord: {record}\n"
    )


def merged_by(connection: Connection, change: Change) -> Wish:
    """Return the wish by which a merged change was merged, as the facts of the index have it."""
    table = schema.fact
    here = (table.c.project == change.project) & (table.c.kind == MERGE)
    rows = connection.execute(select(table.c.actor, table.c.body).where(here))
    found = [
        Wish(row.actor, reason=str(row.body["reason"]))
        for row in rows
        if (row.body["number"], row.body["head"]) == (change.number, change.head)
    ]
    return found[-1] if found else Wish("")


def refuse_others(change: Change, actor: str, *, is_maintainer: bool) -> None:
    """Let only the author or a maintainer close a change.

    Raises:
        NotAllowed: The actor is neither.
    """
    if not is_maintainer and actor != change.author:
        raise NotAllowed(
            f"Change {change.number} is {change.author}'s.", remedy="Ask them, or a maintainer, to close it."
        )
