"""What pages and the API show of a platform, as JSON values; and the little that is asked of its jobs."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from roadworthy.app.server import changes as changing
from roadworthy.app.server.at_commit import on_platform
from roadworthy.app.server.context import Reading, profile_now
from roadworthy.app.server.operate import in_place, planned, seen_at
from roadworthy.app.server.platform import SPEAKER
from roadworthy.errors import InvalidDeclaration, NotFound
from roadworthy.platform.automate import explain
from roadworthy.platform.automate import jobs as queue
from roadworthy.platform.automate.rules.branch import rules_of
from roadworthy.platform.automate.rules.show import show
from roadworthy.platform.change.change import changes as listed_changes
from roadworthy.platform.change.merge import obstacles
from roadworthy.platform.identity.audit import Entry
from roadworthy.platform.store import schema
from roadworthy.platform.workspace.plan import line

if TYPE_CHECKING:
    from roadworthy.app.server.platform import Platform
    from roadworthy.platform.automate.job import Job
    from roadworthy.platform.change.change import State
    from roadworthy.platform.change.merge import Wish

Json = dict[str, Any]
_PAGE = 100
_HEADS = "refs/heads/"
_JOB = (
    "id", "project", "kind", "state", "passed", "payload", "cause", "attempts", "owner", "result", "reason",
    "created_at", "finished_at",
)  # fmt: skip


def project(platform: Platform, name: str) -> Json:
    """Return a project as it stands.

    Raises:
        NotFound: There is none.
    """
    platform.known(name)
    refs = platform.forge.refs(name)
    urls = platform.services.urls(name)
    return {
        "name": name,
        "branches": {ref.removeprefix(_HEADS): at for ref, at in sorted(refs.items()) if ref.startswith(_HEADS)},
        "members": dict(platform.members.roles(name)),
        "environments": [{**asdict(one), "url": urls.get(one.environment)} for one in in_place(platform, name)],
        "changes": changes(platform, name, "open"),
        "jobs": jobs(platform, name, None)[:10],
    }


def plan(platform: Platform, name: str, revision: str) -> tuple[str, list[dict[str, str]]]:
    """Return the commit that *revision* names, and the steps to what it asks for.

    Raises:
        NotFound: There is no such commit, or no profile in it.
        InvalidDeclaration: Its profile has faults.
    """
    platform.known(name)
    commit = on_platform(platform.home, name, SPEAKER).repo.resolve(revision)
    steps = planned(platform, name, commit)
    return commit, [
        {"sign": one.sign, "kind": one.kind, "name": one.name, "why": one.why, "line": line(one)} for one in steps
    ]


def rules(platform: Platform, name: str) -> list[Json]:
    """Return what each push would do, by the profile of the default branch.

    Raises:
        NotFound: There is no profile yet.
    """
    platform.known(name)
    reading = Reading(platform, name)
    profile = profile_now(reading)
    if profile is None:
        raise NotFound(f"{name} has no profile.yaml on main yet.", remedy="Push one: `roadworthy new` makes it.")
    return [asdict(one) for one in show(rules_of(profile, reading.default()))]


def changes(platform: Platform, name: str, state: State | None) -> list[Json]:
    """Return the changes of a project, the newest first."""
    platform.known(name)
    with platform.database.read() as connection:
        return [one.as_json() for one in listed_changes(connection, name, state)]


def standing(platform: Platform, name: str, number: int, wish: Wish) -> Json:
    """Return how a change stands, and what keeps it from being merged for *wish*."""
    platform.known(name)
    found = changing.standing(platform, name, number)
    job = None if found.tip is None else changing.check_of(platform, name, found.tip, found.change.target)
    result = (job.result or {}) if job is not None else {}
    is_open = found.change.state == "open"
    return {
        "change": found.change.as_json(),
        "tip": found.tip,
        "verdict": found.verdict,
        "why": found.why,
        "obstacles": list(obstacles(found, wish)) if is_open else [],
        "gates": list(result.get("gates", [])),
        "job": None if job is None else job.id,
    }


def jobs(platform: Platform, name: str, before: int | None) -> list[Json]:
    """Return a page of the jobs of a project, the newest first."""
    platform.known(name)
    with platform.database.read() as connection:
        return [_job(one) for one in queue.listed(connection, name, before=before)]


def job(platform: Platform, name: str, number: int) -> Json:
    """Return a job of a project.

    Raises:
        NotFound: It has none of that number.
    """
    with platform.database.read() as connection:
        return _job(_of(name, queue.get(connection, number)))


def log(platform: Platform, name: str, number: int, offset: int) -> bytes:
    """Return what a job of a project printed, from *offset* on.

    Raises:
        NotFound: It has none of that number.
    """
    job(platform, name, number)
    try:
        with platform.home.job_log(number).open("rb") as file:
            file.seek(offset)
            return file.read()
    except FileNotFoundError:
        return b""


def cancel(platform: Platform, name: str, number: int, actor: str) -> Json:
    """Cancel a job of a project."""
    job(platform, name, number)
    with platform.database.write() as connection:
        found = queue.cancel(connection, number, f"{actor} cancelled it.")
        platform.audit.state(connection, Entry(actor, "job.cancel", str(number), name))
    return _job(found)


def retry(platform: Platform, name: str, number: int, actor: str) -> Json:
    """Queue a job of a project once more.

    Raises:
        Conflict: It waits, runs or has passed.
    """
    job(platform, name, number)
    with platform.database.write() as connection:
        found = queue.retry(connection, number)
        platform.audit.state(connection, Entry(actor, "job.retry", str(number), name))
    platform.wake.set()
    return _job(found)


def events(platform: Platform, name: str, before: int | None) -> list[Json]:
    """Return a page of the events of a project, explained, the newest first."""
    platform.known(name)
    with platform.database.read() as connection:
        return list(explain.listed(connection, name, before=before))


def event(platform: Platform, name: str, number: int) -> Json:
    """Return an event of a project, explained."""
    with platform.database.read() as connection:
        return _in(name, "event", explain.explain_event(connection, number))


def delivery(platform: Platform, name: str, number: int) -> Json:
    """Return a delivery to a project, explained."""
    with platform.database.read() as connection:
        return _in(name, "delivery", explain.explain_delivery(connection, number))


def replay(platform: Platform, name: str, number: int, actor: str) -> Json:
    """Look again at what a delivery told of, for *actor*."""
    delivery(platform, name, number)
    again = explain.replay(platform.database, number, Reading(platform, name), actor)
    platform.wake.set()
    return delivery(platform, name, again.delivery)


def history(platform: Platform, name: str) -> Json:
    """Return the versions and deployments of a project that count, and the tags that do not."""
    platform.known(name)
    local = on_platform(platform.home, name, SPEAKER)
    try:
        seen = seen_at(local, local.repo.resolve("main"))
    except (NotFound, InvalidDeclaration):
        seen = None
    if seen is None:
        return {"versions": [], "deployments": [], "ignored": []}
    return {
        "versions": [
            {"version": one.name, "tag": one.tag, "commit": one.commit, "record": one.record, "at": one.at.isoformat()}
            for one in seen.versions
        ],
        "deployments": [
            {
                "environment": one.environment, "number": one.number, "version": one.version, "tag": one.tag,
                "rollback": one.rollback, "record": one.record, "at": one.at.isoformat(),
            }
            for one in seen.deployments
        ],
        "ignored": [{"tag": one.tag, "reason": one.reason} for one in seen.ignored],
    }  # fmt: skip


def audit(platform: Platform, name: str | None, before: int | None) -> list[Json]:
    """Return a page of the audit, of one project or of all, the newest first."""
    table = schema.audit
    asked = select(table).order_by(table.c.seq.desc()).limit(_PAGE)
    if name is not None:
        asked = asked.where(table.c.project == platform.known(name))
    if before is not None:
        asked = asked.where(table.c.seq < before)
    with platform.database.read() as connection:
        return [dict(row) for row in connection.execute(asked).mappings()]


def _of(name: str, found: Job) -> Job:
    if found.project != name:
        raise NotFound(f"{name} has no job {found.id}.", remedy="`roadworthy jobs` lists them.")
    return found


def _in(name: str, what: str, found: Json) -> Json:
    if found["project"] != name:
        raise NotFound(f"{name} has no {what} {found[what]}.", remedy="`roadworthy events list` lists them.")
    return found


def _job(found: Job) -> Json:
    return {name: getattr(found, name) for name in _JOB}
