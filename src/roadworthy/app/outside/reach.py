"""What the server reaches of the world outside, and which adapter tells which kind of channel."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from roadworthy.adapters.alert.chat import Mattermost, Slack
from roadworthy.adapters.alert.email import Email, Server
from roadworthy.adapters.alert.webhook import Webhook
from roadworthy.adapters.outgoing.http.allowed import Allowed
from roadworthy.adapters.outgoing.http.client import Client
from roadworthy.errors import NotAllowed, Unreachable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from roadworthy.platform.alert.notice import Alert, Post
    from roadworthy.platform.identity.projects.alert_secrets import Reached

MAIL, SIGNED = "email", "webhook"
_KINDS: Mapping[str, Callable[[Post, Reached], Alert]] = {
    "slack": lambda post, reached: Slack(post, reached.url),
    "mattermost": lambda post, reached: Mattermost(post, reached.url),
    SIGNED: lambda post, reached: Webhook(post, reached.url, reached.secret or ""),
}


@dataclass(frozen=True, slots=True)
class Outside:
    """What an administrator set: what may be reached by HTTP, and through which server mail goes; none: no mail."""

    post: Client = field(default_factory=Client)
    mail: Server | None = None

    def alert(self, to: str, reached: Reached | None) -> Alert:
        """Return what tells the channel *to*.

        Raises:
            Unreachable: It cannot be told yet: its address was not set.
            NotAllowed: There is no mail here.
        """
        kind, _, name = to.partition(":")
        if kind == MAIL:
            if self.mail is None:
                raise NotAllowed(
                    "This platform sends no mail.",
                    remedy="An administrator names a mail server: `roadworthy up --smtp`.",
                )
            return Email(self.mail, name)
        if reached is None:
            raise Unreachable(f"The address of {to} has not been set.", remedy=f"Set it: `{setting(to)}`.")
        return _KINDS[kind](self.post, reached)


def outside_of(allowed: Iterable[str], smtp: str | None) -> Outside:
    """Return what an administrator set, as it was typed.

    Raises:
        UsageError: It cannot be read.
    """
    return Outside(Client(Allowed.of(allowed)), None if smtp is None else Server.of(smtp))


def kind_of(to: str) -> str:
    """Return the kind of a channel, the word before its colon."""
    return to.partition(":")[0]


def setting(to: str) -> str:
    """Return the command that sets the address of a channel."""
    return f"roadworthy alert set '{to}'"


def lacks(outside: Outside, to: str, *, is_set: bool) -> str | None:
    """Return what a channel lacks before anybody can be told, in words; None when it lacks nothing."""
    if kind_of(to) == MAIL:
        return None if outside.mail is not None else "this platform sends no mail: an administrator sets `up --smtp`"
    return None if is_set else f"its address has not been set: `{setting(to)}`"
