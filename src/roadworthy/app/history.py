"""What the history shows: versions and deployments of the project's model, as of any day."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from roadworthy.app.local import declared
from roadworthy.errors import UsageError
from roadworthy.ledger.repo.git import git
from roadworthy.ledger.versions.names import DeploymentName, VersionName
from roadworthy.ledger.versions.read import history

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from roadworthy.app.local import Local
    from roadworthy.ledger.repo.repository import Repository
    from roadworthy.ledger.versions.read import History, Version

UNREVIEWED = "Unreviewed"  # the trailer of a merge's message
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def history_of(local: Local, model: str | None, as_of: datetime | None) -> Mapping[str, History]:
    """Return the history of *model*, or of every model that the project declares or ever tagged, by name."""
    wanted = {model} if model is not None else _models(local)
    return {name: history(local.repo, local.ledger, name, folder=local.prefix, as_of=as_of) for name in sorted(wanted)}


def unheeded(seen: History, environment: str) -> tuple[str, ...]:
    """Return, in words, the deployments to *environment* that claim to be newer than the current one and do not count.

    Whoever acts on the current one should know of them: one whose record is damaged here is really in place.
    """
    current = seen.current(environment)
    than = f"is newer than {current.tag}" if current else "claims to be deployed"
    return tuple(f"{one.tag} {than}, and is ignored: {one.reason}" for one in seen.newer(environment))


def unreviewed(repo: Repository, versions: Iterable[Version]) -> frozenset[str]:
    """Return the commits of *versions* that a platform merged without anybody's approval, as their messages say."""
    commits = [one.commit for one in versions]
    if not commits:
        return frozenset()
    said = git(
        repo.root, "log", "--no-walk", f"--format=%H %(trailers:key={UNREVIEWED},valueonly,separator=%x2C)", *commits
    )
    lines = (line.partition(" ") for line in said.decode("utf-8", "replace").splitlines())
    return frozenset(commit for commit, _, value in lines if value.strip())


def moment(text: str) -> datetime:
    """Return the moment that the user wrote: ISO 8601, UTC unless it says otherwise; a day means its end.

    Raises:
        UsageError: It is no date.
    """
    try:
        found = datetime.fromisoformat(text)
    except ValueError as fault:
        raise UsageError(
            f"{text!r} is not a date.", remedy="Write it as 2026-01-31 or 2026-01-31T12:00:00+01:00."
        ) from fault
    if _DAY.fullmatch(text):
        found += timedelta(days=1) - timedelta(seconds=1)
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def _models(local: Local) -> set[str]:
    requirements = declared(local).requirements
    models = set() if requirements is None else {requirements.model}
    for tag in local.repo.tags():
        name = VersionName.parse(tag.name) or DeploymentName.parse(tag.name)
        if name is not None and name.folder == local.prefix:
            models.add(name.model)
    return models
