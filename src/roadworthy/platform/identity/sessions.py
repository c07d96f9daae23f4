"""Sessions: a browser in which somebody signed in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select

from roadworthy.platform.identity.accounts import one_line
from roadworthy.platform.identity.schema import account, session
from roadworthy.platform.identity.secret import Secret
from roadworthy.platform.store.database import now

if TYPE_CHECKING:
    from roadworthy.platform.store.database import Database

DAYS = 7
_LASTS = DAYS * 24 * 3600 * 1000
_PURPOSE = "rw-session"
_AGENT = 200  # characters


@dataclass(frozen=True, slots=True)
class Session:
    """A session, without its secret. Its *csrf* is what every form of it carries."""

    key: str  # of the row: a digest, from which the secret cannot be told
    account: str
    agent: str
    created_at: int
    expires_at: int
    csrf: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Sessions:
    """Where sessions are kept."""

    database: Database

    def begin(self, name: str, agent: str = "") -> Secret:
        """Begin a session of the account *name*; the secret is what its cookie holds."""
        secret = Secret.fresh()
        with self.database.write() as connection:
            time = now(connection)
            connection.execute(delete(session).where(session.c.account == name, session.c.expires_at <= time))
            connection.execute(
                insert(session).values(
                    hash=secret.digest(_PURPOSE),
                    account=name,
                    agent=one_line(agent, _AGENT),
                    created_at=time,
                    expires_at=time + _LASTS,
                )
            )
        return secret

    def find(self, secret: Secret) -> Session | None:
        """Return the session with that secret, when it goes on and its account may sign in."""
        asked = select(session).join(account).where(session.c.hash == secret.digest(_PURPOSE))
        with self.database.read() as connection:
            going = (session.c.expires_at > now(connection), account.c.disabled_at.is_(None))
            row = connection.execute(asked.where(*going)).one_or_none()
        if row is None:
            return None
        return Session(row.hash, row.account, row.agent, row.created_at, row.expires_at, csrf(secret))

    def of(self, name: str) -> tuple[Session, ...]:
        """Return the sessions of an account that go on, the newest first."""
        with self.database.read() as connection:
            asked = select(session).where(session.c.account == name, session.c.expires_at > now(connection))
            rows = connection.execute(asked.order_by(session.c.created_at.desc(), session.c.hash))
            return tuple(Session(row.hash, row.account, row.agent, row.created_at, row.expires_at) for row in rows)

    def end(self, key: str) -> None:
        """End the session with that key; it may have ended."""
        with self.database.write() as connection:
            connection.execute(delete(session).where(session.c.hash == key))

    def end_others(self, name: str, keep: str | None = None) -> int:
        """End all sessions of an account but that with the key *keep*, and return how many they were."""
        asked = delete(session).where(session.c.account == name)
        if keep is not None:
            asked = asked.where(session.c.hash != keep)
        with self.database.write() as connection:
            return int(connection.execute(asked).rowcount)


def csrf(secret: Secret) -> str:
    """Return what the forms of a session carry, which no other site can know: made of its secret, so never kept."""
    return secret.digest("rw-csrf")
