"""A platform at work: everything that its routes, its loop and its jobs share."""

from __future__ import annotations

import threading
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import select

from roadworthy.adapters.forge.embedded.forge import EmbeddedForge
from roadworthy.app.outside.reach import Outside
from roadworthy.app.server.children.processes import Processes
from roadworthy.app.server.children.serving import Services
from roadworthy.app.server.home import opened
from roadworthy.errors import NotFound
from roadworthy.ledger import ledger
from roadworthy.platform.automate.lease import give_back
from roadworthy.platform.identity.audit import Audit
from roadworthy.platform.identity.identity import open_identity
from roadworthy.platform.identity.limit import Limits
from roadworthy.platform.identity.members import Members
from roadworthy.platform.identity.refused import Refused
from roadworthy.platform.identity.secret import Secret
from roadworthy.platform.store import schema
from roadworthy.platform.store.platform import open_platform

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from roadworthy.app.server.home import Home
    from roadworthy.ledger.ledger import Ledger
    from roadworthy.platform.identity.identity import Identity
    from roadworthy.platform.store.database import Database

SPEAKER = "platform"  # who states what nobody asked for
LEASE = 30.0  # seconds that a runner may be silent


@dataclass(frozen=True, slots=True)
class Platform:
    """What is joined.

    Attributes:
        home: Its folder.
        database: The index.
        identity: Accounts, tokens and sessions.
        forge: The repositories.
        own: The platform's own ledger, which holds the audit.
        audit: Who did what.
        processes: Runners and services.
        services: What is deployed, answering.
        say: Takes a line for whoever runs the server.
        lease: Seconds that a runner may be silent.
        runner: What the platform's own runners show.
        limits: How often one may ask, and try a password or a token.
        refused: What was refused, and is to be told to the audit.
        receiving: Project, ref and object of what was let in and not told of yet: it may be seen before it is told.
        judged: Projects in which a check ended or a change was opened since feedback was last given there.
        wake: Set when something may be to be done.
        troubles: By project, what is wrong with it that only people can mend.
        outside: What is reached of the world outside, and how.
        moving: Held while a branch and the row that tells of it are moved, and while they are compared.
    """

    home: Home
    database: Database
    identity: Identity
    forge: EmbeddedForge
    own: Ledger
    audit: Audit
    processes: Processes
    services: Services
    say: Callable[[str], None]
    lease: float = LEASE
    runner: Secret = field(default_factory=Secret.fresh)
    limits: Limits = field(default_factory=Limits)
    refused: Refused = field(default_factory=Refused)
    receiving: set[tuple[str, str, str | None]] = field(default_factory=set)
    judged: set[str] = field(default_factory=set)
    wake: threading.Event = field(default_factory=threading.Event)
    troubles: dict[str, tuple[str, ...]] = field(default_factory=dict)
    outside: Outside = field(default_factory=Outside)
    moving: threading.RLock = field(default_factory=threading.RLock)

    @property
    def members(self) -> Members:
        """Who has which role in which project."""
        return Members(self.database)

    def projects(self) -> tuple[str, ...]:
        """Return the names of the projects that there are."""
        table = schema.project
        with self.database.read() as connection:
            asked = select(table.c.name).where(table.c.state == "active").order_by(table.c.name)
            return tuple(connection.execute(asked).scalars())

    def known(self, project: str) -> str:
        """Return *project* when there is one of that name.

        Raises:
            NotFound: There is none.
        """
        if project not in self.projects():
            raise NotFound(f"There is no project {project!r}.", remedy="`roadworthy project list` names them.")
        return project


def own_ledger(home: Home) -> Ledger:
    """Return the ledger of the platform itself, which holds the audit."""
    return ledger.open_bucket(home.folder / "audit", home.key, SPEAKER)


@contextmanager
def open_at(
    folder: Path, say: Callable[[str], None], database: str | None = None, *, lease: float = LEASE,
    outside: Outside | None = None,
) -> Iterator[Platform]:  # fmt: skip
    """Give the platform in *folder*, made when it is not there; nothing of it runs before it is told to.

    Args:
        folder: Its home.
        say: Takes a line for whoever runs the server.
        database: The URL of the index; a file in the home when it is None.
        lease: Seconds that a runner may be silent.
        outside: What is reached of the world outside, and how: what is public, and no mail, when it is None.

    Raises:
        Conflict: Another server works in it.
        StorageError, IntegrityError, Unreachable, UsageError: It cannot be opened.
    """
    with opened(folder) as home, ExitStack() as stack:
        home.public_key()
        index = open_platform(database or home.database)
        stack.callback(index.close)
        identity = open_identity(home.identities)
        stack.callback(identity.close)
        forge = EmbeddedForge.open(home.repositories, wait=5.0)
        stack.callback(forge.close)
        processes = Processes(say)
        processes.when_ended(lambda name: give_back(index, name))  # a runner that is dead keeps no job waiting
        stack.callback(processes.close)
        own = own_ledger(home)
        yield Platform(
            home, index, identity, forge, own, Audit(own), processes, Services(home, processes), say, lease,
            outside=outside or Outside(),
        )  # fmt: skip
