"""What the pages and the API call; put together in `app/`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from roadworthy.app.server import witness
from roadworthy.errors import Unreachable
from roadworthy.platform.identity.limit import Limits
from roadworthy.web.streams import Streams

if TYPE_CHECKING:
    from collections.abc import Mapping

    from roadworthy.app.server.platform import Platform
    from roadworthy.platform.identity.audit import Entry
    from roadworthy.platform.identity.identity import Identity
    from roadworthy.platform.identity.secret import Secret


class Members(Protocol):
    """Knows which projects there are, and who has which role in them."""

    def has(self, project: str) -> bool:
        """Whether there is a project of that name, which was not removed."""

    def roles(self, project: str) -> Mapping[str, str]:
        """Return the role of each member, by name or `group:NAME`; none for a project that is not there."""


@dataclass(frozen=True, slots=True)
class Services:
    """Everything behind the pages."""

    identity: Identity
    members: Members
    url: str  # as users type it, without a slash at its end
    runner: Secret | None = None  # what the platform's own runners show; none while they do not run
    limits: Limits = field(default_factory=Limits)
    platform: Platform | None = None  # what it all runs on; none where identities alone are served
    streams: Streams = field(default_factory=Streams)

    @property
    def at_work(self) -> Platform:
        """The platform that is served.

        Raises:
            Unreachable: None is: identities alone are.
        """
        if self.platform is None:
            raise Unreachable("No projects are served here.", remedy="Start the platform with `roadworthy up`.")
        return self.platform

    def state(self, entry: Entry) -> None:
        """State in the audit what somebody did; where identities alone are served there is none."""
        if self.platform is not None:
            witness.state(self.platform, entry)

    @property
    def is_secure(self) -> bool:
        """Whether users come by https, so that cookies are sent no other way."""
        return self.url.startswith("https://")
