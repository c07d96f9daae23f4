"""Invitations: each makes one account, once, whoever asks at the same time."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from directory_contract import PASSWORD
from roadworthy.errors import Conflict, NotFound, RoadworthyError, UsageError
from roadworthy.platform.identity import schema
from roadworthy.platform.identity.invitations import Guest
from roadworthy.platform.identity.secret import Secret

if TYPE_CHECKING:
    from roadworthy.platform.identity.identity import Identity

GUESTS = 16


def test_an_invitation_makes_the_account_that_was_invited(identity: Identity) -> None:
    """With the name and password of whoever follows it, and the rights that were given."""
    secret = identity.invitations.create(is_admin=True, by="grace")
    made = identity.invitations.accept(secret, Guest("ada", PASSWORD, "Ada Lovelace"))

    assert (made.name, made.display, made.is_admin) == ("ada", "Ada Lovelace", True)
    assert identity.sign_in("ada", PASSWORD) == "ada"
    with pytest.raises(NotFound, match="no longer, good"):
        identity.invitations.accept(secret, Guest("babbage", PASSWORD))
    with pytest.raises(NotFound, match="no longer, good"):
        identity.invitations.find(secret)


def test_of_many_who_follow_one_link_at_once_one_gets_in(identity: Identity) -> None:
    """There is one account more, and all others are told that the link is used."""
    secret, start = identity.invitations.create(), threading.Barrier(GUESTS)
    made: list[str] = []
    told: list[type[BaseException]] = []

    def follow(number: int) -> None:
        start.wait()
        try:
            made.append(identity.invitations.accept(secret, Guest(f"guest{number}", PASSWORD)).name)
        except RoadworthyError as fault:
            told.append(type(fault))

    threads = [threading.Thread(target=follow, args=(number,)) for number in range(GUESTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(made) == 1
    assert told == [NotFound] * (GUESTS - 1)
    assert [account.name for account in identity.accounts.all()] == made


def test_a_link_that_failed_can_be_used_again(identity: Identity) -> None:
    """A name that is taken or a password that is too short does not use it up."""
    identity.accounts.create("ada", None)
    secret = identity.invitations.create()
    with pytest.raises(Conflict, match="ada already"):
        identity.invitations.accept(secret, Guest("ada", PASSWORD))
    with pytest.raises(UsageError, match="12 to 256"):
        identity.invitations.accept(secret, Guest("grace", "short"))

    assert identity.invitations.accept(secret, Guest("grace", PASSWORD)).name == "grace"


def test_a_link_expires(identity: Identity) -> None:
    """And one that nobody made is as good as that."""
    secret = identity.invitations.create()
    with identity.database.write() as connection:
        connection.execute(update(schema.invitation).values(expires_at=int(time.time() * 1000) - 1))

    for wrong in (secret, Secret.fresh(), Secret("")):
        with pytest.raises(NotFound, match="no longer, good"):
            identity.invitations.accept(wrong, Guest("ada", PASSWORD))


def test_a_link_for_an_account_sets_its_password(identity: Identity) -> None:
    """Under its own name, whatever name is given; and ends the sessions of the old one."""
    identity.accounts.create("ada", "analytical engine", display="Ada")
    session, secret = identity.sessions.begin("ada"), identity.invitations.create(account="ada", by="grace")
    made = identity.invitations.accept(secret, Guest("grace", PASSWORD, "Other"))

    assert (made.name, made.display) == ("ada", "Ada")
    assert identity.sign_in("ada", PASSWORD) == "ada"
    assert identity.by_session(session) is None
    assert [account.name for account in identity.accounts.all()] == ["ada"]


def test_a_link_for_a_disabled_account_does_not_let_it_in(identity: Identity) -> None:
    """Only an administrator does."""
    identity.accounts.create("ada", None)
    identity.accounts.disable("ada")
    secret = identity.invitations.create(account="ada", by="grace")

    with pytest.raises(NotFound, match="was disabled"):
        identity.invitations.accept(secret, Guest("ada", PASSWORD))


def test_the_first_link_is_there_until_somebody_administers(identity: Identity) -> None:
    """Each start makes a new one and ends the one before; with an administrator there is none."""
    first, second = identity.invitations.first(), identity.invitations.first()
    assert first is not None
    assert second is not None
    with pytest.raises(NotFound, match="no longer, good"):
        identity.invitations.accept(first, Guest("mallory", PASSWORD))
    made = identity.invitations.accept(second, Guest("grace", PASSWORD))

    assert made.is_admin
    assert identity.invitations.first() is None
