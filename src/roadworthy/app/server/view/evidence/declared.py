"""What a commit declares beside its code: its model, its requirements, its failure modes, its text; read, never run."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from roadworthy.app.server.at_commit import declared_at, on_platform
from roadworthy.app.server.platform import SPEAKER
from roadworthy.app.server.reading.seen import text_at
from roadworthy.errors import InvalidDeclaration, NotFound, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from roadworthy.app.server.home import Home
    from roadworthy.app.server.platform import Platform
    from roadworthy.declare.failure_mode import FailureMode
    from roadworthy.declare.pipeline import Pipeline
    from roadworthy.declare.profile import Profile
    from roadworthy.declare.requirements import Requirements

MAIN = "refs/heads/main"
CARD = "docs/model_card.md"


@dataclass(frozen=True, slots=True)
class Said:
    """What a commit declares; nothing where it holds no project, and why when it cannot be read."""

    profile: Profile | None = None
    pipeline: Pipeline | None = None
    requirements: Requirements | None = None
    failure_modes: Mapping[str, FailureMode] = field(default_factory=dict)
    contracts: tuple[str, ...] = ()
    fault: str = ""


def head(platform: Platform, name: str) -> str | None:
    """Return the commit of main; None before anything was pushed."""
    platform.known(name)
    return platform.forge.refs(name).get(MAIN)


def said(platform: Platform, name: str, commit: str | None) -> Said:
    """Return what *commit* declares; of None, nothing."""
    return Said() if commit is None else _said(platform.home, name, commit)


@lru_cache(maxsize=256)
def _said(home: Home, name: str, commit: str) -> Said:
    try:
        with declared_at(on_platform(home, name, SPEAKER), commit) as found:
            return Said(
                found.profile, found.pipeline, found.requirements, dict(found.failure_modes), tuple(found.contracts)
            )
    except (NotFound, InvalidDeclaration, UsageError) as fault:
        return Said(fault=fault.problem)


def card(platform: Platform, name: str, commit: str) -> list[str] | None:
    """Return the lines of the model card in *commit*; None when it has none."""
    return text_at(platform, name, commit, CARD)


def settings(platform: Platform, name: str) -> dict[str, Any]:
    """Return what profile.yaml on main says, whole, with the commit that it stands in."""
    commit = head(platform, name)
    found = said(platform, name, commit)
    return {
        "commit": commit,
        "profile": None if found.profile is None else asdict(found.profile, dict_factory=_written),
        "fault": found.fault,
    }


def _written(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return fields under the keys that the file has: `from` is no name of Python's."""
    return {key.rstrip("_"): value for key, value in pairs}
