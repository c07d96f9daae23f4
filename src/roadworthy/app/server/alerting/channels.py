"""The channels of a project: set, tried, forgotten; an address goes in, and never comes out."""

from __future__ import annotations

import base64
import re
import secrets
from dataclasses import replace
from time import time
from typing import TYPE_CHECKING, get_args

from roadworthy.adapters.alert.webhook import PREFIX
from roadworthy.adapters.outgoing.http.client import split
from roadworthy.app.outside.reach import MAIL, SIGNED, kind_of, lacks
from roadworthy.app.server import witness
from roadworthy.declare.form import Alert
from roadworthy.errors import NotFound, UsageError
from roadworthy.platform.alert.notice import TEST, Notice
from roadworthy.platform.alert.tell import KIND, ask_test, channels, hurry
from roadworthy.platform.identity.audit import Entry
from roadworthy.platform.identity.projects.alert_secrets import Reached
from roadworthy.platform.workspace.plan import Remove

if TYPE_CHECKING:
    from roadworthy.app.server.platform import Platform
    from roadworthy.platform.workspace.plan import Step

_FORM = get_args(Alert)[1]
_KEY = 24  # bytes of a secret


def set_channel(platform: Platform, project: str, to: str, url: str, actor: str) -> str | None:
    """Keep where a channel is reached, and tell it what waits; return the secret that what it is sent is signed with.

    Raises:
        UsageError: It is no channel that has an address, or the address is none.
    """
    platform.known(project)
    if kind_of(_checked(to)) == MAIL:
        raise UsageError(
            f"{to} needs nothing to be set: it is its own address.", remedy="Try it: `roadworthy alert test`."
        )
    split(url)
    key = PREFIX + base64.b64encode(secrets.token_bytes(_KEY)).decode() if kind_of(to) == SIGNED else None
    platform.identity.alert_secrets.set(project, to, Reached(url, key), actor)
    witness.state(platform, Entry(actor, "alert.set", to, project, {}))
    with platform.database.write() as connection:
        hurry(connection, project, to)
    return key


def remove_channel(platform: Platform, project: str, to: str, actor: str) -> None:
    """Forget where a channel is reached.

    Raises:
        NotFound: Nobody had set it.
    """
    platform.identity.alert_secrets.remove(platform.known(project), to)
    witness.state(platform, Entry(actor, "alert.remove", to, project, {}))


def try_channel(platform: Platform, project: str, to: str, actor: str) -> int:
    """Ask that a channel is told of a test, and return the job.

    Raises:
        UsageError: It is no channel.
        NotFound: It is neither in profile.yaml nor set.
    """
    platform.known(project)
    with platform.database.write() as connection:
        declared = channels(connection, project)
        if _checked(to) not in declared and platform.identity.alert_secrets.find(project, to) is None:
            raise NotFound(f"{project} has no channel {to}.", remedy="`roadworthy alert list` names those it has.")
        says = f"{actor} tries whether alerts of {project} arrive here."
        notice = Notice(TEST, says, f"/projects/{project}", round(time() * 1000), {"actor": actor})
        return ask_test(connection, project, to, notice)


def warned(platform: Platform, project: str, steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """Return *steps*, where those that make a channel say what it lacks."""
    known = platform.identity.alert_secrets.named(project)
    return tuple(_warned(platform, one, is_set=one.name in known) for one in steps)


def _warned(platform: Platform, step: Step, *, is_set: bool) -> Step:
    lack = None if step.kind != KIND or isinstance(step, Remove) else lacks(platform.outside, step.name, is_set=is_set)
    return step if lack is None or isinstance(step, Remove) else replace(step, why=f"{step.why}; {lack}")


def _checked(to: str) -> str:
    if not re.fullmatch(_FORM.pattern, to):
        raise UsageError(f"{to!r} is no channel.", remedy=f"Write it as profile.yaml does, such as `{_FORM.example}`.")
    return to
