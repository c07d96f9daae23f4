"""Removing a project: nobody reaches it from then on, for 30 days it can be brought back, and then it is deleted."""

from __future__ import annotations

import shutil
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import delete, select, update

from roadworthy.app.server.index import note
from roadworthy.app.server.operate import in_place, serve
from roadworthy.app.server.platform import SPEAKER
from roadworthy.errors import Conflict, NotFound
from roadworthy.ledger.objects.write import make_folder, storage_errors
from roadworthy.platform.automate import jobs
from roadworthy.platform.change.change import changes
from roadworthy.platform.identity.audit import Entry
from roadworthy.platform.store import schema
from roadworthy.platform.store.database import hold, now
from roadworthy.platform.workspace.keep import KEPT_MS, forget_tombstones
from roadworthy.platform.workspace.project import latest, state_removed, state_restored

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Connection

    from roadworthy.app.server.platform import Platform
    from roadworthy.platform.workspace.project import Project

_PURGED = ".purged"  # where the buckets of projects whose time has passed lie until all else of them is deleted
_REASON = "The project was removed."


def plan_removal(platform: Platform, name: str) -> tuple[str, ...]:
    """Return what removing the project *name* does, a line each.

    Raises:
        NotFound: There is no such project.
    """
    platform.known(name)
    with platform.database.read() as connection:
        until = _day(now(connection) + KEPT_MS)
        opened, waiting = len(changes(connection, name, "open")), len(_open_jobs(connection, name))
    return (
        f"- project {name}: nobody reaches its pages, its repository and its bucket any more",
        *(f"- environment {one.environment}: {one.version} answers no more" for one in in_place(platform, name)),
        *((f"- {waiting} jobs that wait or run are cancelled",) if waiting else ()),
        *((f"- {opened} open changes stay as they are, out of reach",) if opened else ()),
        f"Until {until} `roadworthy project restore {name}` brings all of it back; then it is deleted.",
    )


def remove(platform: Platform, name: str, actor: str) -> None:
    """Remove the project *name*: stated, then nobody reaches it. May be repeated.

    Raises:
        NotFound: There is no such project.
    """
    platform.known(name)
    ledger = platform.home.ledger(name, actor)
    state_removed(ledger, name)
    settle_project(platform, name, actor)


def restore(platform: Platform, name: str, actor: str) -> None:
    """Bring a removed project back as it was; one that is there is left as it is. May be repeated.

    Raises:
        NotFound: There is no such project.
        Conflict: Its 30 days have passed.
    """
    with platform.database.read() as connection:
        at = now(connection)
    ledger = platform.home.ledger(name, actor) if name in _all(platform) else None
    there = None if ledger is None else latest(ledger)
    if ledger is None or there is None:
        raise NotFound(f"No project {name!r} was removed.", remedy="`roadworthy project list --removed` names them.")
    if _is_over(there, at):
        raise Conflict(
            f"{name} was removed more than 30 days ago.",
            remedy="Restore it from a copy of the platform's home; or make it anew, and push to it.",
        )
    state_restored(ledger, name)
    settle_project(platform, name, actor)
    for one in in_place(platform, name):
        serve(platform, name, one.environment)
    platform.wake.set()


def settle_projects(platform: Platform) -> None:
    """Finish what a crash left of removing or restoring, and put right rows that somebody changed by hand."""
    for name in _all(platform):
        if platform.home.bucket(name).is_dir():
            settle_project(platform, name, SPEAKER)


def settle_project(platform: Platform, name: str, actor: str) -> None:
    """Make the row, the repository, the jobs and the services of a project as what was stated last has it."""
    ledger = platform.home.ledger(name, actor)
    found = latest(ledger)
    if found is None:
        return
    removed, table = found.state == "removed", schema.project
    with platform.database.write() as connection:
        hold(connection, name)
        row = connection.execute(select(table).where(table.c.name == name)).one()
        differs = dict(row._mapping) != found.row()  # noqa: SLF001 - SQLAlchemy's public name for it
        if differs:
            connection.execute(update(table).where(table.c.name == name).values(found.row()))
            note(connection, name, ledger, found.record)
            (_cancel if removed else _renew)(connection, name)
            what = "project.remove" if removed else "project.restore"
            entry = Entry(actor, what, name, name, {"record": str(found.record)})
            platform.audit.once(connection, entry, "record")
    if removed:
        platform.troubles.pop(name, None)
        platform.services.drop(name)
    with suppress(NotFound):  # a repository that is gone is told by `drift`
        (platform.forge.remove if removed else platform.forge.restore)(name)


def removed(platform: Platform) -> dict[str, int]:
    """Return the projects that were removed and can be brought back, each with the time until which it can."""
    table = schema.project
    asked = select(table.c.name, table.c.removed_at).where(table.c.state == "removed").order_by(table.c.name)
    with platform.database.read() as connection:
        return {row.name: row.removed_at + KEPT_MS for row in connection.execute(asked)}


def purge(platform: Platform, at: int | None = None) -> tuple[str, ...]:
    """Delete what was removed more than 30 days ago, for good, and return the names of the projects.

    Args:
        platform: Where.
        at: The time, in milliseconds since 1970; that of the database when it is None.
    """
    away = platform.home.bucket(_PURGED)
    with platform.database.write() as connection:
        at = now(connection) if at is None else at
        forget_tombstones(connection, at)
    for name in _all(platform):
        found = latest(platform.home.ledger(name, SPEAKER)) if platform.home.bucket(name).is_dir() else None
        if found is None or not _is_over(found, at):  # the signed record counts, and not what a row says
            continue
        with platform.database.write() as connection:
            entry = Entry(SPEAKER, "project.purge", name, name, {"record": str(found.record)})
            platform.audit.once(connection, entry, "record")
        with storage_errors(away):
            make_folder(away)
            platform.home.bucket(name).rename(away / name)
    done = tuple(sorted(place.name for place in away.iterdir())) if away.is_dir() else ()
    for name in done:
        _delete(platform, name, away / name)
    return done


def _delete(platform: Platform, name: str, bucket: Path) -> None:
    """Delete all that is left of a project; its bucket last, by which it is known that something is left."""
    home = platform.home
    platform.forge.purge(name)
    platform.identity.project_secrets.forget(name)  # a project made later under this name is another
    platform.identity.alert_secrets.forget(name)
    for place in (home.work / name, home.secret(name)):
        shutil.rmtree(place, ignore_errors=True)
    with platform.database.write() as connection:
        for number in connection.execute(select(schema.job.c.id).where(schema.job.c.project == name)).scalars():
            home.job_log(number).unlink(missing_ok=True)
        for table in reversed(schema.TABLES.sorted_tables):
            if table is not schema.audit:
                owner = table.c.name if table is schema.project else table.c.project
                connection.execute(delete(table).where(owner == name))
    shutil.rmtree(bucket, ignore_errors=True)


def _all(platform: Platform) -> tuple[str, ...]:
    with platform.database.read() as connection:
        return tuple(connection.execute(select(schema.project.c.name).order_by(schema.project.c.name)).scalars())


def _is_over(found: Project, at: int) -> bool:
    return found.removed_at is not None and found.removed_at + KEPT_MS <= at


def _open_jobs(connection: Connection, name: str) -> list[int]:
    return [one.id for one in jobs.listed(connection, name, ("queued", "running"), limit=100_000)]


def _cancel(connection: Connection, name: str) -> None:
    for number in _open_jobs(connection, name):
        jobs.cancel(connection, number, _REASON)


def _renew(connection: Connection, name: str) -> None:
    """Queue again what was cancelled because the project was removed."""
    for one in _cancelled(connection, name):
        jobs.retry(connection, one)


def _cancelled(connection: Connection, name: str) -> Iterator[int]:
    found = jobs.listed(connection, name, frozenset({"cancelled"}), limit=100_000)
    yield from (one.id for one in found if one.reason == _REASON)


def _day(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d")
