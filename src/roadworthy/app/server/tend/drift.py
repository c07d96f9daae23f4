"""Drift: what was changed by hand, past git, is put right where facts say how it should be, and told where not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from roadworthy.app.server.operate import apply_profile
from roadworthy.app.server.platform import SPEAKER
from roadworthy.errors import InvalidDeclaration, NotFound, UsageError
from roadworthy.ledger.objects.folder import addresses_in
from roadworthy.platform.identity.audit import Entry
from roadworthy.platform.store.schema import fact, job, ref
from roadworthy.platform.workspace.plan import line
from roadworthy.platform.workspace.resource import DEFAULT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from roadworthy.app.server.platform import Platform

_HEAD = f"refs/heads/{DEFAULT}"
RESTORE = "Stop the platform, restore it from a copy of the home, `roadworthy rebuild`, and start again."


def mend_project(platform: Platform, project: str) -> None:
    """Find what was changed by hand in *project*: its workspace is put right; what is gone is told, and nothing done.

    Also made so is what a lost job was to make so.
    """
    found = tuple(_gone(platform, project))
    if found and project not in platform.projects():
        return  # removed meanwhile
    _tell(platform, project, found)
    if not found and (head := _settled(platform, project)) is not None:
        _apply(platform, project, head)


def mend_hooks(platform: Platform) -> None:
    """Put right the hooks that judge pushes, if somebody changed them."""
    changed = platform.forge.mend()
    if not changed:
        return
    platform.say(f"Somebody changed the hooks that judge pushes, {', '.join(changed)}: they were put right.")
    with platform.database.write() as connection:
        platform.audit.state(connection, Entry(SPEAKER, "forge.mend", "hooks", None, {"changed": list(changed)}))


def _gone(platform: Platform, project: str) -> Iterator[str]:
    try:
        platform.forge.path(project)
    except NotFound:
        yield f"Its repository is gone. {RESTORE}"
    with platform.database.read() as connection:
        known = connection.execute(select(fact.c.address).where(fact.c.project == project)).scalars().all()
    kept = set(addresses_in(platform.home.bucket(project) / "records", ".json"))
    missing = sum(1 for address in known if address not in kept)
    if missing:
        yield f"Its bucket lacks {missing} of the {len(known)} facts that were stated. {RESTORE}"


def _tell(platform: Platform, project: str, found: tuple[str, ...]) -> None:
    if found == platform.troubles.get(project, ()):
        return
    platform.troubles[project] = found
    with platform.database.write() as connection:
        for one in found:
            platform.say(f"{project}: {one}")
            platform.audit.once(connection, Entry(SPEAKER, "project.trouble", project, project, {"what": one}), "what")


def _settled(platform: Platform, project: str) -> str | None:
    """Return the commit whose profile is to be applied; None while an event that asks for it is yet to be answered."""
    head = platform.forge.refs(project).get(_HEAD)
    at = select(ref.c.object).where(ref.c.project == project, ref.c.name == _HEAD)
    waits = select(job.c.id).where(
        job.c.project == project, job.c.kind == "apply", job.c.state.in_(("queued", "running"))
    )
    with platform.database.read() as connection:
        is_answered = connection.execute(at).scalar_one_or_none() == head
        return head if is_answered and connection.execute(waits).first() is None else None


def _apply(platform: Platform, project: str, commit: str) -> None:
    try:
        steps = apply_profile(platform, project, commit)
    except (InvalidDeclaration, NotFound, UsageError):
        return  # the event of the push tells it
    for step in steps:
        platform.say(f"{project}: {line(step)}")
