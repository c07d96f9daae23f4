"""Changes: those of a project, and how one of them stands."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from roadworthy.app.server import changes as changing
from roadworthy.platform.change.change import changes as listed_changes
from roadworthy.platform.change.merge import obstacles

if TYPE_CHECKING:
    from roadworthy.app.server.platform import Platform
    from roadworthy.platform.change.change import State
    from roadworthy.platform.change.merge import Wish

Json = dict[str, Any]


def changes(platform: Platform, name: str, state: State | None) -> list[Json]:
    """Return the changes of a project, the newest first."""
    platform.known(name)
    with platform.database.read() as connection:
        return [one.as_json() for one in listed_changes(connection, name, state)]


def standing(platform: Platform, name: str, number: int, wish: Wish) -> Json:
    """Return how a change stands, and what keeps it from being merged for *wish*."""
    platform.known(name)
    found = changing.standing(platform, name, number)
    is_open = found.change.state == "open"
    tip = found.tip if is_open else found.change.head
    job = None if tip is None else changing.check_of(platform, name, tip, found.change.target)
    result = (job.result or {}) if job is not None else {}
    return {
        "change": found.change.as_json(),
        "tip": found.tip,
        "verdict": found.verdict,
        "why": found.why,
        "obstacles": list(obstacles(found, wish)) if is_open else [],
        "loosened": list(found.loosened),
        "gates": list(result.get("gates", [])),
        "job": None if job is None else job.id,
        "has_report": "page" in (result.get("reports") or {}),
        # Whether nothing else speaks against it than what a maintainer may say a reason for.
        "may_override": is_open and found.needs_reason and not obstacles(found, replace(wish, reason="-")),
    }
