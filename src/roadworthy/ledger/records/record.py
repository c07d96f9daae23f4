"""A record: one fact, who states it, and what it is about."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from roadworthy.ledger.objects.address import Address

Authority = Literal["local", "platform"]


@dataclass(frozen=True, slots=True)
class Record:
    """A fact. Becomes an in-toto Statement in a signed DSSE envelope, kept under the address of the envelope's bytes.

    Attributes:
        kind: `stage`, `run`, `proof`, `review`, `version`, `deployment` …; each room defines its own.
        subject: Names and addresses of what the fact is about.
        body: JSON values only: the fact itself.
        actor: Who states it, e.g. `Ada <ada@example.com>`.
        authority: `local` on a laptop; `platform` only from a server's key.
        at: When, in UTC, ISO 8601 with seconds and `Z`.
    """

    kind: str
    body: Mapping[str, object]
    actor: str
    at: str
    subject: Mapping[str, Address] = field(default_factory=dict)
    authority: Authority = "local"

    @property
    def milliseconds(self) -> int:
        """When, as tables count it: milliseconds since 1970.

        Raises:
            ValueError: `at` is of another form.
        """
        return int(datetime.strptime(self.at, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp()) * 1000
