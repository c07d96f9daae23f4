"""A notice: one thing that happened, as it waits to be told; and a message, which tells one or many of them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, Self, cast

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


MOST = 50  # notices that a message has in full; of more it says how many
TEST = "test"  # what happened when somebody tries a channel


@dataclass(frozen=True, slots=True)
class Notice:
    """What happened.

    Attributes:
        happening: The word for it; `test` when somebody tries a channel.
        says: One sentence. Names in it were chosen by anybody: whoever shows it makes them harmless.
        place: Where on the platform more is said, a path.
        at: Milliseconds since 1970.
        names: The exact names, for programs.
    """

    happening: str
    says: str
    place: str
    at: int
    names: Mapping[str, object] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return it as it is kept, and as programs get it."""
        named = {"happening": self.happening, "says": self.says, "place": self.place, "at": self.at}
        return {**named, "names": dict(self.names)}

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Self:
        """Return what was kept."""
        return cls(kept["happening"], kept["says"], kept["place"], kept["at"], kept["names"])


@dataclass(frozen=True, slots=True)
class Message:
    """What one channel is told at once.

    Attributes:
        notices: What happened, the oldest first.
        more: How many further notices there are, of which nothing but their number is told.
        url: Where users find the platform.
    """

    project: str
    to: str
    notices: tuple[Notice, ...]
    more: int
    url: str

    @property
    def id(self) -> str:
        """The same each time that the same is told to the same channel, by which a receiver knows it again."""
        told = [self.project, self.to, [one.as_json() for one in self.notices], self.more]
        return f"msg_{hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:32]}"

    @property
    def title(self) -> str:
        """What it is about, in a line."""
        number = len(self.notices) + self.more
        return f"{self.project}: {self.notices[0].says if number == 1 else f'{number} things happened'}"

    def link(self, notice: Notice) -> str:
        """Return where more is said of a notice."""
        return self.url + notice.place


class Alert(Protocol):
    """A way to tell somebody."""

    def send(self, message: Message) -> None:
        """Tell it. May be repeated: a receiver knows a message again by its id.

        Raises:
            Unreachable: It was not taken; another try may help.
            NotAllowed, UsageError: It will not be taken, however often it is tried.
        """


class Post(Protocol):
    """Gives something to an address of the web."""

    def __call__(self, url: str, body: bytes, headers: Mapping[str, str]) -> None:
        """Send *body* to *url*; done when it was taken. No fault that is raised repeats the URL, which may be secret.

        Raises:
            Unreachable: It was not taken; another try may help.
            NotAllowed, UsageError: It will not be, or is not to be reached.
        """


def payload(to: str, notices: Sequence[Notice], more: int = 0) -> dict[str, Any]:
    """Return what the job carries that tells *notices* to a channel: the first of them, and how many more there are."""
    kept = [one.as_json() for one in notices[:MOST]]
    return {"to": to, "notices": kept, "more": more + len(notices) - len(kept)}


def notices_of(kept: Mapping[str, Any]) -> tuple[Notice, ...]:
    """Return the notices that a job carries."""
    return tuple(Notice.of(one) for one in cast("Iterable[Mapping[str, Any]]", kept["notices"]))
