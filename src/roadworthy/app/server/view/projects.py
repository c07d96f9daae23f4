"""Projects as they stand: one of them whole, and the line that it has in the list of all."""

from __future__ import annotations

from time import time
from typing import TYPE_CHECKING, Any

from roadworthy.app.server.tend.drift import RESTORE
from roadworthy.app.server.tend.schedules import coming
from roadworthy.app.server.view import branches, changes, health, jobs, places
from roadworthy.errors import IntegrityError, NotFound
from roadworthy.platform.automate.rules.branch import DEVELOP

if TYPE_CHECKING:
    from roadworthy.app.server.platform import Platform

Json = dict[str, Any]
_HEADS = "refs/heads/"
_FIRST = ("main", DEVELOP)
_FEW = 10  # jobs


def project(platform: Platform, name: str) -> Json:
    """Return a project as it stands.

    Raises:
        NotFound: There is none.
        IntegrityError: Its repository is gone.
    """
    _whole(platform, name)
    refs = platform.forge.refs(name)
    return {
        "name": name,
        "branches": {ref.removeprefix(_HEADS): at for ref, at in sorted(refs.items()) if ref.startswith(_HEADS)},
        "members": dict(platform.members.roles(name)),
        "troubles": list(platform.troubles.get(name, ())),
        "schedules": coming(platform, name),
        "environments": places.deployed(platform, name),
        "changes": changes.changes(platform, name, "open"),
        "overrides": changes.overrides(platform, name, round(time() * 1000)),
        "jobs": jobs.jobs(platform, name)[:_FEW],
    }


def overview(platform: Platform, name: str) -> Json:
    """Return what the page of a project shows besides its plan and its rules.

    Raises:
        NotFound: There is none.
        IntegrityError: Its repository is gone.
    """
    _whole(platform, name)
    seen, found = places.seen(platform, name), branches.branches(platform, name)
    environments = places.environments(platform, name, seen)
    return {
        "name": name,
        "description": seen.description,
        "troubles": platform.troubles.get(name, ()),
        "health": health.of(platform, name, found, environments),
        "schedules": coming(platform, name),
        "members": dict(platform.members.roles(name)),
        "branches": found,
        "checks": {one["name"]: one["check"] for one in found},
        "environments": environments,
        "versions": [one.name for one in reversed(seen.versions)],
        "changes": changes.changes(platform, name, "open"),
        "overrides": changes.overrides(platform, name, round(time() * 1000)),
        "jobs": jobs.jobs(platform, name)[:_FEW],
    }


def line(platform: Platform, name: str) -> Json:
    """Return what the list of projects shows of one: its main branches' checks, open changes, what is deployed where.

    One whose repository is gone is shown too, with its troubles.
    """
    try:
        seen = places.seen(platform, name)
        found = {one["name"]: one for one in branches.branches(platform, name)}
        environments = places.environments(platform, name, seen)
    except NotFound:
        seen, found, environments = places.Seen(), {}, []
    return {
        "name": name,
        "description": seen.description,
        "troubles": platform.troubles.get(name, ()),
        "health": health.of(platform, name, tuple(found.values()), environments),
        "branches": [found[one] for one in _FIRST if one in found],
        "is_empty": not found,
        "changes": len(changes.changes(platform, name, "open")),
        "environments": [one for one in environments if one["version"]],
    }


def _whole(platform: Platform, name: str) -> None:
    platform.known(name)
    try:
        platform.forge.path(name)
    except NotFound as fault:
        raise IntegrityError(f"The repository of {name} is gone.", remedy=RESTORE) from fault


def health_of(platform: Platform, name: str) -> Json:
    """Return how healthy a project is, with every reason.

    Raises:
        NotFound: There is none.
    """
    platform.known(name)
    found: Json = line(platform, name)["health"]
    return found
