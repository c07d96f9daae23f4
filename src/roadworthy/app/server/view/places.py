"""Where versions are: the environments of a project, what is deployed in each, and what was before."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from functools import lru_cache
from time import time
from typing import TYPE_CHECKING, Any

from roadworthy.app.history import unreviewed
from roadworthy.app.server.at_commit import declared_at, on_platform
from roadworthy.app.server.operate import in_place
from roadworthy.app.server.platform import SPEAKER
from roadworthy.errors import InvalidDeclaration, NotFound
from roadworthy.ledger.versions.read import history as history_of
from roadworthy.operate.release.rollback import previous

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from roadworthy.app.server.home import Home
    from roadworthy.app.server.platform import Platform
    from roadworthy.declare.profile import Environment
    from roadworthy.ledger.versions.read import History, Version

Json = dict[str, Any]
_MAIN = "refs/heads/main"
_FRESH = 60  # seconds after which what is damaged is looked at again: it may be mended


@dataclass(frozen=True, slots=True)
class Seen:
    """What main declares of environments, and what there is of versions; nothing of either while it declares none."""

    description: str = ""
    declared: Mapping[str, Environment] = field(default_factory=dict)
    history: History | None = None

    @property
    def versions(self) -> tuple[Version, ...]:
        """The versions that count, the oldest first."""
        return () if self.history is None else self.history.versions


def seen(platform: Platform, name: str) -> Seen:
    """Return what main of a project declares, and its versions and deployments."""
    refs = platform.forge.refs(name)
    if _MAIN not in refs:
        return Seen()
    of = tuple((ref, at) for ref, at in sorted(refs.items()) if ref == _MAIN or ref.startswith("refs/tags/"))
    return _seen(platform.home, name, of, int(time() / _FRESH))


@lru_cache(maxsize=256)
def _seen(home: Home, name: str, refs: tuple[tuple[str, str], ...], minute: int) -> Seen:
    del minute  # of the key alone, as the rest of the refs
    local = on_platform(home, name, SPEAKER)
    try:
        with declared_at(local, dict(refs)[_MAIN]) as project:
            profile, requirements = project.profile, project.requirements
    except (NotFound, InvalidDeclaration):
        return Seen()
    model = None if requirements is None else requirements.model
    history = None if model is None else history_of(local.repo, local.ledger, model, folder=local.prefix)
    return Seen(profile.description, profile.environments, history)


def environments(platform: Platform, name: str, found: Seen) -> list[Json]:
    """Return the environments of a project: where each takes from, what is there since when, and what was before."""
    urls = platform.services.urls(name)
    there = () if found.history is None else found.history.environments
    return [_environment(found, one, urls.get(one)) for one in dict.fromkeys((*found.declared, *there))]


def _environment(found: Seen, name: str, url: str | None) -> Json:
    declared = found.declared.get(name)
    current = None if found.history is None else found.history.current(name)
    return {
        "environment": name,
        "takes_from": None if declared is None else declared.from_,
        "deploy": None if declared is None else declared.deploy,
        "version": None if current is None else current.version,
        "tag": None if current is None else current.tag,
        "at": None if current is None else _milliseconds(current.at),
        "rollback": current is not None and current.rollback,
        "before": previous(found.history.of(name)) if found.history is not None else None,
        "url": url if current is not None else None,
    }


def deployed(platform: Platform, name: str) -> list[Json]:
    """Return what is deployed in each environment, and where it answers."""
    urls = platform.services.urls(name)
    return [{**asdict(one), "url": urls.get(one.environment)} for one in in_place(platform, name)]


def history(platform: Platform, name: str) -> Json:
    """Return the versions and deployments of a project that count, and the tags that do not."""
    platform.known(name)
    found = seen(platform, name).history
    if found is None:
        return {"versions": [], "deployments": [], "ignored": []}
    marked = unreviewed(on_platform(platform.home, name, SPEAKER).repo, found.versions)
    return {
        "versions": [
            {
                "version": one.name, "tag": one.tag, "commit": one.commit, "record": one.record,
                "at": one.at.isoformat(), "unreviewed": one.commit in marked,
            }
            for one in found.versions
        ],
        "deployments": [
            {
                "environment": one.environment, "number": one.number, "version": one.version, "tag": one.tag,
                "rollback": one.rollback, "record": one.record, "at": one.at.isoformat(),
            }
            for one in found.deployments
        ],
        "ignored": [{"tag": one.tag, "reason": one.reason} for one in found.ignored],
    }  # fmt: skip


def _milliseconds(at: datetime) -> int:
    return round(at.timestamp() * 1000)
