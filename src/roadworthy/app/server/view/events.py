"""Events and deliveries: what was told, and what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from roadworthy.app.server.context import Reading
from roadworthy.errors import NotFound
from roadworthy.platform.automate import explain

if TYPE_CHECKING:
    from roadworthy.app.server.platform import Platform

Json = dict[str, Any]


def events(platform: Platform, name: str, before: int | None) -> list[Json]:
    """Return a page of the events of a project, explained, the newest first."""
    platform.known(name)
    with platform.database.read() as connection:
        return list(explain.listed(connection, name, before=before))


def deliveries(platform: Platform, name: str, before: int | None) -> list[Json]:
    """Return a page of the deliveries to a project, each with what came of it, the newest first."""
    platform.known(name)
    with platform.database.read() as connection:
        return explain.delivered(connection, name, before=before)


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


def _in(name: str, what: str, found: Json) -> Json:
    if found["project"] != name:
        raise NotFound(f"{name} has no {what} {found[what]}.", remedy="`roadworthy events list` lists them.")
    return found
