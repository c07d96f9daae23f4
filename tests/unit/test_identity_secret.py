"""Secrets are random and hidden; passwords are hashed slowly, and none is too simple."""

from __future__ import annotations

import re

import pytest
from argon2 import extract_parameters
from hypothesis import given
from hypothesis import strategies as st

from roadworthy.errors import UsageError
from roadworthy.platform.identity import password
from roadworthy.platform.identity.invitations import Guest
from roadworthy.platform.identity.secret import Secret, identifier


def test_a_secret_is_random_and_never_shown_by_accident() -> None:
    """Its repr, its string and a format of it hold nothing of it."""
    secret = Secret.fresh()
    shown = f"{secret} {secret!r} {[secret]}"

    assert re.fullmatch(r"[a-z2-7]{52}", secret.reveal())
    assert secret.reveal() not in shown
    assert secret.digest("rw-token") not in shown
    assert len({Secret.fresh().reveal() for _ in range(100)} | {identifier() for _ in range(100)}) == 200


def test_a_guest_does_not_show_the_password() -> None:
    """Nor does what stands for somebody who follows an invitation."""
    assert "canary" not in repr(Guest("ada", "canary password"))


@given(st.text(), st.text())
def test_a_digest_belongs_to_one_secret_and_one_purpose(one: str, other: str) -> None:
    """What is kept of it for one purpose is of no use for another."""
    one, other = (text.encode("utf-8", "replace").decode() for text in (one, other))
    kept = Secret(one).digest("rw-token")

    assert Secret(other).matches(kept, "rw-token") == (one == other)
    assert not Secret(one).matches(kept, "rw-session")


def test_a_password_matches_itself_alone() -> None:
    """Letters that look and mean the same are the same, typed on whatever keyboard."""
    kept = password.hashed("caf\u00e9 au lait long")

    assert password.matches(kept, "cafe\u0301 au lait long")
    assert not password.matches(kept, "cafe au lait long")
    assert not password.matches(None, "caf\u00e9 au lait long")
    assert not password.matches("not a hash", "caf\u00e9 au lait long")
    assert "caf" not in kept


def test_nobody_is_compared_with_a_hash_as_slow_as_all_others() -> None:
    """The parameters of what an unknown account is compared with are those in force."""
    assert extract_parameters(password.NOBODY) == extract_parameters(password.hashed("any password"))
    assert not password.is_outdated(password.NOBODY)
    assert password.is_outdated("$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$" + "A" * 43)


@pytest.mark.parametrize("wrong", ["short", "x" * 300, "xxxxxxxxxxxxxxxx", "ada-lovelace", "ADA is the name"])
def test_a_password_that_is_easily_guessed_is_refused(wrong: str) -> None:
    """The refusal says what to do, and not what was typed."""
    with pytest.raises(UsageError) as caught:
        password.check(wrong, "ada")

    assert wrong not in str(caught.value)
