"""Tokens and sessions: how long they are good, for what, and that nobody finds them where they are kept."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

from directory_contract import PASSWORD
from roadworthy.errors import NotAllowed, NotFound, UsageError
from roadworthy.platform.identity import schema
from roadworthy.platform.identity.actor import Actor, Scope
from roadworthy.platform.identity.invitations import Guest
from roadworthy.platform.identity.secret import Secret
from roadworthy.platform.identity.sessions import csrf
from roadworthy.platform.identity.tokens import Wanted

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Table

    from roadworthy.platform.identity.identity import Identity

READ = frozenset({Scope.READ})


@pytest.fixture
def people(identity: Identity) -> Identity:
    """Give the secrets, with Ada and Grace among them."""
    identity.accounts.create("ada", PASSWORD)
    identity.accounts.create("grace", None, is_admin=True)
    return identity


def outdate(identity: Identity, table: Table, column: str = "expires_at") -> None:
    """Let everything of a table have expired a millisecond ago."""
    with identity.database.write() as connection:
        connection.execute(update(table).values(**{column: int(time.time() * 1000) - 1}))


def test_a_token_stands_for_its_account_and_its_limits(people: Identity) -> None:
    """Whoever shows it is its account, with no more than was given."""
    made, secret = people.tokens.create("grace", Wanted("laptop", READ, days=1, project="flights"))

    assert people.by_token(secret.reveal()) == Actor("grace", is_admin=True, token_scopes=READ, project_limit="flights")
    assert secret.reveal().startswith(f"rwt_{made.id}_")
    assert made.expires_at - made.created_at == 24 * 3600 * 1000


def test_what_is_no_token_is_refused(people: Identity) -> None:
    """A character more, less or other, another's secret under its name: all the same."""
    _, secret = people.tokens.create("ada", Wanted("laptop", READ))
    _, other = people.tokens.create("ada", Wanted("desk", READ))
    text = secret.reveal()
    for wrong in (
        text[:-1],
        text + "a",
        text.upper(),
        f" {text}",
        text[:17] + other.reveal()[17:],
        "",
        "rwt_",
        "\ud800",
    ):
        with pytest.raises(NotAllowed, match="no token of this platform"):
            people.by_token(wrong)


def test_a_token_ends_when_it_is_revoked_or_expires_or_its_account_is_disabled(people: Identity) -> None:
    """The refusal says which, for only its holder sees it."""
    made, secret = people.tokens.create("ada", Wanted("laptop", READ))
    people.accounts.disable("ada")
    with pytest.raises(NotAllowed, match="laptop is of an account that was disabled"):
        people.by_token(secret.reveal())
    people.accounts.disable("ada", disabled=False)
    assert people.by_token(secret.reveal()).name == "ada"
    outdate(people, schema.token)
    with pytest.raises(NotAllowed, match="laptop has expired"):
        people.by_token(secret.reveal())
    people.tokens.revoke("ada", made.id)

    assert people.tokens.of("ada") == ()
    with pytest.raises(NotAllowed, match="laptop was revoked"):
        people.by_token(secret.reveal())


def test_nobody_revokes_anothers_token(people: Identity) -> None:
    """Nor one that is not there, nor one twice."""
    made, secret = people.tokens.create("ada", Wanted("laptop", READ))
    for name, own in (("grace", made.id), ("ada", "x"), ("ada", "x\0")):
        with pytest.raises(NotFound, match="has no token"):
            people.tokens.revoke(name, own)
    assert people.by_token(secret.reveal()).name == "ada"

    people.tokens.revoke("ada", made.id)
    with pytest.raises(NotFound, match="has no token"):
        people.tokens.revoke("ada", made.id)


def test_the_list_of_tokens_says_when_each_was_used(people: Identity) -> None:
    """It is noted at most once a minute, and the list has no secret."""
    _, secret = people.tokens.create("ada", Wanted("laptop", READ))
    (before,) = people.tokens.of("ada")
    people.by_token(secret.reveal())
    (first,) = people.tokens.of("ada")
    people.by_token(secret.reveal())
    (second,) = people.tokens.of("ada")

    assert before.last_used_at is None
    assert first.last_used_at is not None
    assert second == first
    assert secret.reveal().rpartition("_")[2] not in repr(first)


@pytest.mark.parametrize("wanted", [
    Wanted("", READ), Wanted(" \n", READ), Wanted("x" * 101, READ), Wanted("x", frozenset()), Wanted("x", READ, days=0),
    Wanted("x", READ, days=367),
])  # fmt: skip
def test_a_token_without_a_purpose_or_an_end_is_refused(people: Identity, wanted: Wanted) -> None:
    """Each has a label, a scope, and an end within a year."""
    with pytest.raises(UsageError):
        people.tokens.create("ada", wanted)


def test_a_session_stands_for_its_account_until_it_ends(people: Identity) -> None:
    """By signing out, or by time."""
    secret = people.sessions.begin("ada", "Firefox\n\0 on Linux")
    found = people.by_session(secret)
    assert found is not None
    actor, session = found
    assert actor == Actor("ada")
    assert (session.agent, session.csrf) == ("Firefox on Linux", csrf(secret))

    people.sessions.end(session.key)
    assert people.by_session(secret) is None
    late = people.sessions.begin("ada")
    outdate(people, schema.session)
    assert people.by_session(late) is None
    assert people.by_session(Secret("\ud800")) is None


def test_all_other_sessions_of_an_account_can_be_ended(people: Identity) -> None:
    """The one that asks goes on, and those of others."""
    mine, other, of_grace = (people.sessions.begin(name) for name in ("ada", "ada", "grace"))
    found = people.by_session(mine)
    assert found is not None
    ended = people.sessions.end_others("ada", keep=found[1].key)

    assert ended == 1
    assert people.by_session(other) is None
    assert people.by_session(of_grace) is not None
    assert [session.key for session in people.sessions.of("ada")] == [found[1].key]


def test_a_disabled_account_has_no_session(people: Identity) -> None:
    """Whoever is signed in is out at once."""
    secret = people.sessions.begin("ada")
    people.accounts.disable("ada")

    assert people.by_session(secret) is None


def test_no_secret_is_kept_or_shown(people: Identity, tmp_path: Path) -> None:
    """Neither the bytes of the database and its log, nor the repr of anything, hold one."""
    _, token = people.tokens.create("ada", Wanted("laptop", READ))
    session, invitation = people.sessions.begin("ada"), people.invitations.create()
    people.invitations.accept(invitation, Guest("babbage", PASSWORD))
    people.by_token(token.reveal())
    found = people.by_session(session)
    secrets = [token.reveal(), token.reveal()[17:], session.reveal(), csrf(session), invitation.reveal(), PASSWORD]
    shown = repr((people, found, token, session, invitation, people.tokens.of("ada"), people.sessions.of("ada")))
    with people.database.read() as connection:
        rows = [str(row) for table in schema.TABLES.sorted_tables for row in connection.execute(select(table))]
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir()) + "".join(rows).encode()

    assert len(rows) == 6
    assert [secret for secret in secrets if secret in shown or secret.encode() in kept] == []
