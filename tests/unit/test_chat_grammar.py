"""Commands in what people write: what is one, what is none, and what is told of those that are not understood."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadworthy.errors import UsageError
from roadworthy.platform.chat.command import COMMANDS
from roadworthy.platform.chat.grammar import Asked, read, understood

LIST = "help status test retrain compare approve hold unhold merge deploy rollback reproduce redteam incident why"


def test_every_command_is_there() -> None:
    """Those that the product promises; each says what it does, and those that are not there yet what to do instead."""
    assert set(COMMANDS) == set(LIST.split())
    assert all(one.does.endswith(".") for one in COMMANDS.values())
    assert {name for name, one in COMMANDS.items() if one.instead} == {"retrain", "reproduce", "redteam", "incident"}


@pytest.mark.parametrize(("text", "found"), [
    ("/status", [("status", "")]),
    ("Looks good.\n/approve software\r\n  /merge  ", [("approve", "software"), ("merge", "")]),
    ("/HOLD until the labels are in", [("hold", "until the labels are in")]),
    ("please /merge", []),
    ("> /merge", []),
    (">/merge", []),
    ("> they said\n\n/merge", [("merge", "")]),
    ("```\n/merge\n```\n/status", [("status", "")]),
    ("~~~sh\n/merge\n```\n/merge\n~~~", []),
    ("````\n```\n/merge\n````\n/help", [("help", "")]),
    ("```\n/merge", []),
    ("``` a `b`\n/merge", [("merge", "")]),
    ("    /merge", []),
    ("/usr/bin/python", []),
    ("/", []),
    ("//merge", []),
    ("/ merge", []),
    ("/merge.", []),
    ("`/merge`", []),
    ("", []),
])  # fmt: skip
def test_a_command_is_a_line_that_begins_with_a_slash(text: str, found: list[tuple[str, str]]) -> None:
    """Not what stands in code or in a quote, not a path, and nothing within a sentence."""
    assert [(one.name, one.rest) for one in read(text)] == found


@pytest.mark.parametrize(("name", "rest", "told"), [
    ("aprove", "software", r"Did you mean `/approve`\?"),
    ("rolback", "production", r"Did you mean `/rollback`\?"),
    ("xyzzy", "", "`/help` lists them"),
    ("deploy", "", r"typed so: `/deploy ENV \[VERSION\]`"),
    ("merge", "now", "typed so: `/merge`"),
    ("compare", "a b", "typed so: `/compare REF`"),
])  # fmt: skip
def test_what_is_not_understood_is_told_with_what_was_meant(name: str, rest: str, told: str) -> None:
    """Nothing is guessed and done."""
    with pytest.raises(UsageError, match=told):
        understood(Asked(f"/{name} {rest}", name, rest))


@pytest.mark.parametrize(("name", "rest", "words"), [
    ("approve", "analysis", ("analysis",)),
    ("why", "more is never less", ("more is never less",)),
    ("hold", "", ()),
    ("reproduce", "everything now", ()),
    ("deploy", "production  v1.0.0", ("production", "v1.0.0")),
])  # fmt: skip
def test_words_follow_a_command(name: str, rest: str, words: tuple[str, ...]) -> None:
    """As many as it takes, or one text; a command that is not there yet answers so, whatever follows it."""
    assert understood(Asked("", name, rest))[1] == words


def test_too_many_commands_are_refused_together() -> None:
    """None of them is carried out."""
    assert len(read("/status\n" * 10)) == 10
    with pytest.raises(UsageError, match="at most 10"):
        read("/status\n" * 11)


@given(st.text(max_size=200))
def test_nothing_that_is_quoted_is_a_command(text: str) -> None:
    """Whatever it is."""
    quoted = "\n".join(f"> {line}" for line in text.replace("\r", "\n").split("\n"))

    assert read(quoted) == ()
