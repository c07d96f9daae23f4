"""Reconciling: the refs as they are, held against the refs as they were, and each difference answered.

Deliveries are hints; refs are the truth. Whatever was told, lost, told twice or in another order: what is compared is
a listing of the repository with the table of refs, and everything that follows is written in one transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import delete, select

from roadworthy.errors import NotAProject, NotFound, UsageError
from roadworthy.platform.automate import deliveries, event, jobs
from roadworthy.platform.automate.plan import plan
from roadworthy.platform.automate.rules.action import Action, Nothing, Violation, short, shown
from roadworthy.platform.automate.rules.branch import HEADS, TAGS, Rules, rules_of
from roadworthy.platform.automate.rules.decide import decide
from roadworthy.platform.automate.rules.update import OpenChange, Update
from roadworthy.platform.store.schema import change as changes
from roadworthy.platform.store.schema import ref as table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import Connection

    from roadworthy.declare.profile import Profile
    from roadworthy.platform.automate.deliveries import Delivery
    from roadworthy.platform.store.database import Database


class Context(Protocol):
    """The project's repository, as far as its automation reads it. Every method may be repeated."""

    def refs(self) -> Mapping[str, str]:
        """Return every ref's whole name and its object. It is called while the project is locked: be quick."""
        ...

    def default(self) -> str:
        """Return the name of the branch whose profile is the wanted state, such as `main`."""
        ...

    def profile(self, commit: str) -> Profile:
        """Return the profile that stands in *commit*.

        Raises:
            NotAProject, NotFound, UsageError: There is none, or it has faults; the event tells them.
        """
        ...

    def ahead(self, commit: str, of: str) -> int:
        """Return how many commits *commit* has in its history that *of* lacks."""
        ...


@dataclass(frozen=True, slots=True)
class _Known:
    """What was read of the repository for one listing of its refs."""

    refs: Mapping[str, str]
    rules: Rules | None
    why: Nothing | None
    ahead: int | None


def reconcile(
    database: Database,
    project: str,
    context: Context,
    also: Callable[[Connection, list[int]], object] = lambda _, __: None,
) -> list[int]:
    """Answer every ref that is not where it was, and every delivery that waits; return the new events' numbers.

    The repository is read before the database is locked; the listing that counts is made while it is, so that an
    older one never overwrites a newer one. Repeating it does nothing.

    Args:
        database: The platform's.
        project: Its name.
        context: Its repository.
        also: Done in the same transaction, with the new events' numbers.

    Raises:
        NotFound: There is no such project, or it was removed.
    """
    with database.read() as connection:
        waiting = deliveries.waiting(connection, project)
        before = _kept(connection, project)
    listing = _listed(context)
    if listing == before and not waiting:
        return []
    known = _know(context, listing) if listing != before else None
    with database.write() as connection:
        event.lock(connection, project)
        # Before the listing: what a delivery that is here tells of has happened, and is seen.
        waiting = deliveries.waiting(connection, project)
        listing = _listed(context)
        moved = _moved(_kept(connection, project), listing, context.default())
        if moved and (known is None or known.refs != listing):
            known = _know(context, listing)
        made = {one.ref: _answer(connection, project, one, known, waiting) for one in moved if known is not None}
        deliveries.handle(connection, waiting, listing, made)
        also(connection, list(made.values()))
    return list(made.values())


def _listed(context: Context) -> dict[str, str]:
    # git names refs by bytes; a database by characters. A backslash stands in no ref, so this is one to one.
    names = {name: found for name, found in context.refs().items() if name != "HEAD"}
    return {deliveries.written(name): found for name, found in names.items()}


def _kept(connection: Connection, project: str) -> dict[str, str]:
    rows = connection.execute(select(table.c.name, table.c.object).where(table.c.project == project))
    return {row.name: row.object for row in rows}


def _moved(before: Mapping[str, str], after: Mapping[str, str], default: str) -> list[Update]:
    """Return what differs: the default branch first, whose profile the others are answered by."""
    names = sorted(before.keys() | after.keys(), key=lambda name: (name != HEADS + default, name))
    return [Update(name, before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name)]


def _know(context: Context, refs: Mapping[str, str]) -> _Known:
    default = context.default()
    stands = partial(_Known, refs, None, ahead=0)
    head = refs.get(HEADS + default)
    if head is None:
        return stands(why=Nothing(
            f"There is no branch {shown(default)} yet, whose profile.yaml would say what is to be done.",
            f"Push {shown(default)} with a profile.yaml, and then this branch again with a new commit.",
        ))  # fmt: skip
    try:
        rules = rules_of(context.profile(head), default)
    except (NotAProject, NotFound, UsageError) as fault:
        told = f"The profile on {shown(default)} does not say what is to be done. {fault.problem}"
        return stands(why=Nothing(told, fault.remedy))
    main, develop = refs.get(HEADS + rules.main), rules.develop and refs.get(HEADS + rules.develop)
    ahead = context.ahead(main, develop) if main and develop else None
    return _Known(refs, rules, None, ahead)


def _answer(connection: Connection, project: str, moved: Update, known: _Known, waiting: list[Delivery]) -> int:
    """Write the event of a moved ref, ask for its jobs, and keep where it is now."""
    told_by = deliveries.that_told(waiting, moved.ref, moved.after)
    number = event.write(connection, event.NewEvent(
        project, _kind(moved), moved.ref, moved.before, moved.after,
        None if told_by is None else told_by.id, None if told_by is None else told_by.actor_of(moved.ref, moved.after),
    ))  # fmt: skip
    update = _with_changes(connection, project, moved, known.ahead)
    actions = _untold(connection, project, update.ref, _actions(known, update))
    outcome = [
        *_asked_for(connection, project, number, update, actions),
        *_superseded(connection, project, update, known),
    ]
    event.settle(connection, number, outcome)
    _keep(connection, project, update)
    return number


def _kind(moved: Update) -> event.Kind:
    if moved.after is None:
        return "delete"
    if moved.ref.startswith(TAGS):
        return "tag"
    return "create" if moved.before is None else "push"


def _with_changes(connection: Connection, project: str, moved: Update, ahead: int | None) -> Update:
    if not moved.ref.startswith(HEADS) or moved.after is None:
        return moved
    branch = moved.ref.removeprefix(HEADS)
    mine = select(changes.c.number, changes.c.target).where(changes.c.project == project)
    opened = connection.execute(
        mine.where(changes.c.state == "open", changes.c.branch == branch).limit(1)
    ).one_or_none()
    merged = connection.execute(
        mine.where(changes.c.merge_commit == moved.after, changes.c.target == branch).limit(1)
    ).one_or_none()
    return Update(
        moved.ref, moved.before, moved.after, OpenChange(*opened) if opened else None,
        merged[0] if merged else None, ahead,
    )  # fmt: skip


def _actions(known: _Known, update: Update) -> tuple[Action, ...]:
    if known.rules is not None:
        return decide(known.rules, update)
    if known.why is not None and update.ref.startswith(HEADS) and update.after is not None:
        return (known.why,)
    return decide(Rules(), update)  # a tag or a deletion, about which no profile says anything


def _untold(connection: Connection, project: str, ref: str, actions: tuple[Action, ...]) -> list[Action]:
    """Leave out the violations that an earlier event of the ref has told."""
    against = {one.reason for one in actions if isinstance(one, Violation)}
    told = against and against & event.reasons_told(connection, project, ref)
    return [one for one in actions if not (isinstance(one, Violation) and one.reason in told)]


def _asked_for(
    connection: Connection, project: str, number: int, update: Update, actions: list[Action]
) -> list[dict[str, Any]]:
    planned = plan(project, number, update.before, actions)
    asked = {one.key: jobs.enqueue(connection, one, number, again=True) for one in planned.jobs}
    notes = {key: {"note": one.note} for key, one in asked.items() if one.note}
    return [{**told, **notes.get(told.get("job", ""), {})} for told in planned.told]


def _superseded(connection: Connection, project: str, update: Update, known: _Known) -> list[dict[str, Any]]:
    if not update.ref.startswith(HEADS) or update.before is None:
        return []
    branch = update.ref.removeprefix(HEADS)
    heads = {found for name, found in known.refs.items() if name.startswith(HEADS)}
    since = f"{shown(branch)} was deleted." if update.after is None else (
        f"{shown(branch)} was pushed again: {short(update.after)} is checked instead.")  # fmt: skip
    cancelled = jobs.supersede(connection, project, branch, heads, since)
    return [{"did": f"cancel the check of {short(one.payload['commit'])}", "why": since, "job": one.key}
            for one in cancelled]  # fmt: skip


def _keep(connection: Connection, project: str, update: Update) -> None:
    here = (table.c.project == project) & (table.c.name == update.ref)
    connection.execute(delete(table).where(here))
    if update.after is not None:
        connection.execute(table.insert().values(project=project, name=update.ref, object=update.after))
