"""Tokens: what a program shows instead of a password. Each is limited in what it may do, and in time."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import insert, select, update

from roadworthy.errors import NotAllowed, NotFound, UsageError
from roadworthy.platform.identity.accounts import one_line
from roadworthy.platform.identity.actor import Scope
from roadworthy.platform.identity.schema import account, token
from roadworthy.platform.identity.secret import Secret, identifier
from roadworthy.platform.store.database import now

if TYPE_CHECKING:
    from sqlalchemy import Row

    from roadworthy.platform.store.database import Database

PREFIX = "rwt_"
LONGEST_DAYS = 366
_ID = re.compile(r"[a-z2-7]{12}")
_FORM = re.compile(r"rwt_(?P<id>[a-z2-7]{12})_(?P<secret>[a-z2-7]{52})")
_PURPOSE = "rw-token"
_DAY = 24 * 3600 * 1000
_NOTED_EVERY = 60_000  # milliseconds between two notes of when a token was used: not a write for each request
_LABEL = 100  # characters


def named(text: str) -> str:
    """Return the public half of a token's text, by which it is found; empty when it is no token's."""
    form = _FORM.fullmatch(text)
    return form["id"] if form else ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a new token is to be for."""

    label: str
    scopes: frozenset[Scope]
    days: int = 90
    project: str | None = None


@dataclass(frozen=True, slots=True)
class Token:
    """A token, without its secret."""

    id: str
    account: str
    label: str
    scopes: frozenset[Scope]
    project: str | None
    created_at: int
    expires_at: int
    last_used_at: int | None


@dataclass(frozen=True, slots=True)
class Tokens:
    """Where tokens are kept."""

    database: Database

    def create(self, name: str, wanted: Wanted) -> tuple[Token, Secret]:
        """Make a token of the account *name*; its text is in the secret, and nowhere else.

        Raises:
            UsageError: It has no label or scope, or would last too long.
        """
        label = one_line(wanted.label, _LABEL + 1)
        _check(label, wanted)
        own, secret = identifier(), Secret.fresh()
        with self.database.write() as connection:
            time = now(connection)
            scopes = frozenset(wanted.scopes)
            made = Token(own, name, label, scopes, wanted.project, time, time + wanted.days * _DAY, None)
            connection.execute(
                insert(token).values(
                    id=own, account=name, hash=secret.digest(_PURPOSE), label=label, scopes=" ".join(sorted(scopes)),
                    project=wanted.project, created_at=time, expires_at=made.expires_at,
                )
            )  # fmt: skip
        return made, Secret(f"{PREFIX}{own}_{secret.reveal()}")

    def verify(self, text: str) -> Token:
        """Return the token that *text* is, and note that it was used.

        Raises:
            NotAllowed: It is none, or it expired, was revoked, or its account was disabled.
        """
        form = _FORM.fullmatch(text)
        asked = select(token, account.c.disabled_at).join(account).where(token.c.id == (form["id"] if form else ""))
        with self.database.read() as connection:
            row, time = connection.execute(asked).one_or_none(), now(connection)
        if form is None or row is None or not Secret(form["secret"]).matches(row.hash, _PURPOSE):
            raise NotAllowed("This is no token of this platform.", remedy="Make one on the page of your account.")
        why = _why_not(row, time)
        if why:
            raise NotAllowed(f"The token {row.label} {why}.", remedy="Make another on the page of your account.")
        self._note(row.id, row.last_used_at, time)
        return _token(row)

    def is_known(self, own: str) -> bool:
        """Whether there is, or was, a token with the public half *own*."""
        with self.database.read() as connection:
            asked = select(token.c.id).where(token.c.id == (own if _ID.fullmatch(own) else ""))
            return connection.execute(asked).first() is not None

    def of(self, name: str) -> tuple[Token, ...]:
        """Return the tokens of an account that can be used, the newest first."""
        with self.database.read() as connection:
            asked = select(token).where(
                token.c.account == name, token.c.revoked_at.is_(None), token.c.expires_at > now(connection)
            )
            rows = connection.execute(asked.order_by(token.c.created_at.desc(), token.c.id))
            return tuple(_token(row) for row in rows)

    def revoke(self, name: str, own: str) -> None:
        """End the token *own* of the account *name*.

        Raises:
            NotFound: The account has no such token, or it was revoked before.
        """
        with self.database.write() as connection:
            ours = (
                token.c.id == (own if _ID.fullmatch(own) else ""),
                token.c.account == name,
                token.c.revoked_at.is_(None),
            )
            done = connection.execute(update(token).where(*ours).values(revoked_at=now(connection)))
            if not done.rowcount:
                raise NotFound(f"{name} has no token {own}.", remedy="See the tokens on the page of your account.")

    def _note(self, own: str, before: int | None, time: int) -> None:
        if before is not None and time - before < _NOTED_EVERY:
            return
        with self.database.write() as connection:
            connection.execute(update(token).where(token.c.id == own).values(last_used_at=time))


def _check(label: str, wanted: Wanted) -> None:
    if not 1 <= len(label) <= _LABEL:
        raise UsageError(
            f"A token has a label of 1 to {_LABEL} characters.", remedy="Say what it is for, such as `laptop`."
        )
    if not wanted.scopes:
        raise UsageError("A token without a scope may do nothing.", remedy="Give it `read`, `write` or `admin`.")
    if not 1 <= wanted.days <= LONGEST_DAYS:
        raise UsageError(f"A token lasts 1 to {LONGEST_DAYS} days.", remedy="Make another when it has expired.")


def _why_not(row: Row[tuple[object, ...]], time: int) -> str | None:
    if row.revoked_at is not None:
        return "was revoked"
    if row.expires_at <= time:
        return "has expired"
    return "is of an account that was disabled" if row.disabled_at is not None else None


def _token(row: Row[tuple[object, ...]]) -> Token:
    scopes = frozenset(Scope(word) for word in row.scopes.split())
    return Token(
        row.id, row.account, row.label, scopes, row.project, row.created_at, row.expires_at, row.last_used_at
    )  # fmt: skip
