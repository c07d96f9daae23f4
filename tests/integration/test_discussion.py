"""Comments and commands on a real platform: said once, found again, carried out once, by one permission check."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete, select

from approving import ROLES, Reviewed
from roadworthy.app.server import changes
from roadworthy.app.server.loop import begin
from roadworthy.app.server.platform import SPEAKER
from roadworthy.app.server.review import discuss, show
from roadworthy.app.server.review.discuss import INTERRUPTED
from roadworthy.app.server.review.obey import Order
from roadworthy.errors import NotFound, UsageError
from roadworthy.platform.change.discussion import Anchor
from roadworthy.platform.change.said import COMMAND, COMMENT
from roadworthy.platform.identity.actor import Actor, Scope
from roadworthy.platform.store import schema
from web_story import PROJECT

if TYPE_CHECKING:
    from typing import Any


def talk(reviewed: Reviewed) -> list[dict[str, Any]]:
    """Return the comments of the change."""
    found: list[dict[str, Any]] = show.discussion(reviewed.platform, PROJECT, reviewed.number)["comments"]
    return found


def typed(reviewed: Reviewed, who: str, text: str, *, change: int = 1) -> list[tuple[bool, str]]:
    """Return what is answered to commands in the terminal."""
    order = Order(PROJECT, change, None, Actor(who), ROLES.get(who, "reader"))
    found = discuss.chat(reviewed.platform, PROJECT, text, order)
    return [(one.body["done"], one.body["answer"]) for one in found]


def test_a_comment_on_a_line_survives_what_comes_before_it(reviewed: Reviewed) -> None:
    """It is found by what the line says, and said to be gone when it is."""
    reviewed.push("train.py", "a = 1\nb = 2\nc = 3\n")
    remark = discuss.Remark("Why 2?", Anchor("line", "train.py", 2))
    discuss.comment(reviewed.platform, PROJECT, 1, remark, discuss.Speaker(Actor("rita"), "contributor"))
    reviewed.push("train.py", "import os\n\na = 1\nb = 2\nc = 3\n", check=False)
    (moved,) = talk(reviewed)
    reviewed.push("train.py", "a = 1\nc = 3\n", check=False)
    (gone,) = talk(reviewed)

    assert (moved["anchor"]["line"], moved["anchor"]["line_now"], moved["anchor"]["text"]) == (2, 4, "b = 2")
    assert (gone["anchor"]["line_now"], gone["anchor"]["is_there"]) == (None, False)
    with pytest.raises(NotFound, match="no text file"):
        reviewed.comment("rita", "x", anchor=Anchor("line", "none.py", 1))  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="has 2 lines"):
        reviewed.comment("rita", "x", anchor=Anchor("line", "train.py", 9))  # type: ignore[arg-type]


def test_what_is_sent_twice_is_said_once(reviewed: Reviewed) -> None:
    """Under its key; and the command in it is carried out once, whatever the text says the second time."""
    first = reviewed.comment("otto", "/hold the labels", key="k")
    again = reviewed.comment("otto", "/unhold", key="k")
    other = reviewed.comment("rita", "mine", key="k")

    assert first == again
    assert first != other
    assert [[one["name"] for one in each["commands"]] for each in talk(reviewed)] == [["hold"], []]
    assert changes.standing(reviewed.platform, PROJECT, 1).holds == ("otto holds it: the labels",)


def test_answers_and_resolutions_are_kept(reviewed: Reviewed) -> None:
    """An answer names a comment of the same change; who resolved it is told; it may be opened again."""
    first = reviewed.comment("rita", "Why?")
    reviewed.comment("carl", "Because.", answers=first.record)
    discuss.resolve(reviewed.platform, PROJECT, 1, (first.record, True), "carl")
    closed = [one["resolved_by"] for one in talk(reviewed)]
    discuss.resolve(reviewed.platform, PROJECT, 1, (first.record, False), "rita")

    assert closed == ["carl", None]
    assert [one["resolved_by"] for one in talk(reviewed)] == [None, None]
    assert talk(reviewed)[1]["answers"] == first.record
    with pytest.raises(NotFound):
        reviewed.comment("carl", "x", answers="blake3:" + "0" * 64)
    with pytest.raises(NotFound):
        discuss.resolve(reviewed.platform, PROJECT, 1, ("blake3:" + "0" * 64, True), "carl")


def test_commands_take_a_change_from_review_to_the_merge(reviewed: Reviewed) -> None:
    """Each is answered: done, or not and why."""
    said = [
        *typed(reviewed, "rita", "/status\n/test\n/why roc\n/compare develop\n/help"),
        *typed(reviewed, "rita", "/approve software\n/approve analysis\n/aprove analysis\n/approve analsis"),
        *typed(reviewed, "otto", "/approve analysis\n/hold"),
        *typed(reviewed, "carl", "/merge\n/unhold"),
        *typed(reviewed, "otto", "/unhold"),
        *typed(reviewed, "carl", "/merge\n/merge\n/status"),
    ]

    assert [done for done, _ in said] == [
        True, True, True, True, True, True, False, False, False, True, True, False, False, True, True, False, True,
    ]  # fmt: skip
    words = [answer for _, answer in said]
    assert "Nobody approved it yet from the analysis perspective" in words[0]
    assert "nothing is run again" in words[1]
    assert words[2] == "roc_auc: passed. 0.71, at least 0.66 was asked."
    assert "roc_auc: 1 \N{RIGHTWARDS ARROW} 1" in words[3]
    assert "one person cannot give both" in words[6]
    assert "Did you mean `/approve`?" in words[7]
    assert "Did you mean `/approve analysis`?" in words[8]
    assert "otto holds it" in words[11]
    assert words[14].startswith("Merged into develop as ")
    assert words[16] == "Change 1 is merged."


def test_a_command_asks_for_the_same_role_as_its_page(reviewed: Reviewed) -> None:
    """A reader asks, a contributor does, a maintainer deploys; a token does no more than its scope."""
    assert [done for done, _ in typed(reviewed, "zoe", "/status\n/hold\n/merge\n/deploy staging")] == [
        True, False, False, False,
    ]  # fmt: skip
    assert "it asks for a maintainer of toy" in typed(reviewed, "carl", "/rollback production")[0][1]
    limited = Actor("mona", token_scopes=frozenset({Scope.READ}))
    order = Order(PROJECT, 1, None, limited, "maintainer")
    (refused,) = discuss.chat(reviewed.platform, PROJECT, "/hold", order)
    assert not refused.body["done"]


def test_versions_are_deployed_and_put_back_by_commands(reviewed: Reviewed) -> None:
    """By maintainers, about no change; what cannot be done says why."""
    said = typed(reviewed, "mona", "/deploy nowhere\n/deploy production\n/rollback production", change=0)

    assert [done for done, _ in said] == [False, True, False]
    assert said[1][1].startswith("production is now v")


@pytest.mark.parametrize("name", ["reproduce", "redteam", "incident", "retrain"])
def test_what_is_not_there_yet_says_what_to_do_instead(reviewed: Reviewed, name: str) -> None:
    """And is not answered as if it had been done."""
    ((done, answer),) = typed(reviewed, "mona", f"/{name} now")

    assert not done
    assert f"/{name} is not there yet." in answer
    assert len(answer) > 60


def test_a_command_is_for_the_commit_that_was_seen(reviewed: Reviewed) -> None:
    """What was pushed meanwhile is neither approved nor merged."""
    before = reviewed.head
    reviewed.push("train.py", "x = 1\n")
    said = reviewed.comment("rita", "/approve software\n/merge\n/test", head=before)
    (found,) = [one for one in talk(reviewed) if one["record"] == said.record]

    assert [one["done"] for one in found["commands"]] == [False, False, False]
    assert all(f"This was for {before[:12]}" in one["answer"] for one in found["commands"])
    assert {one["head"] for one in found["commands"]} == {before}


def test_code_quotes_and_our_own_words_are_no_commands(reviewed: Reviewed) -> None:
    """Only what somebody says themselves."""
    reviewed.comment("mona", "> /hold\n\n```\n/hold\n```\nNo.")
    reviewed.comment(SPEAKER, "/hold")

    assert [one["commands"] for one in talk(reviewed)] == [[], []]
    assert changes.standing(reviewed.platform, PROJECT, 1).holds == ()
    with pytest.raises(UsageError, match="no command in this"):
        typed(reviewed, "mona", "hello")


def test_everything_that_is_said_stands_in_the_audit(reviewed: Reviewed) -> None:
    """Once, by whoever said it; refused commands too."""
    reviewed.comment("rita", "/hold\n/merge")
    reviewed.approve("otto", "analysis")
    with reviewed.platform.database.read() as connection:
        table = schema.audit
        asked = select(table.c.action, table.c.actor, table.c.detail).order_by(table.c.seq)
        rows = [row for row in connection.execute(asked) if row.action.startswith(("change.", "chat."))]

    assert [(row.action, row.actor, row.detail.get("done")) for row in rows[1:]] == [
        ("change.feedback", "platform", None), ("change.comment", "rita", None),
        ("change.hold", "rita", None), ("chat.command", "rita", True),
        ("chat.command", "rita", False), ("change.approval", "otto", None),
    ]  # fmt: skip
    assert reviewed.platform.audit.verify().faults == ()


def test_what_a_crash_left_is_put_right_and_done_no_second_time(reviewed: Reviewed) -> None:
    """A record without its row and its entry gets both; a command without an answer is answered, not carried out."""
    kept = reviewed.comment("otto", "/hold")
    platform = reviewed.platform
    with platform.database.write() as connection:
        connection.execute(delete(schema.fact).where(schema.fact.c.kind.in_((COMMENT, "hold"))))
    ledger = platform.home.ledger(PROJECT, "otto")
    body = {**kept.body, "key": "lost", "made": "2026-01-01T00:00:00.000000+00:00", "text": "/rollback production"}
    ledger.keep(COMMENT, body)
    begin(platform, PROJECT)
    begin(platform, PROJECT)
    found = {one["text"]: one["commands"] for one in talk(reviewed)}

    assert [one["answer"] for one in found["/rollback production"]] == [INTERRUPTED]
    assert [one["done"] for one in found["/hold"]] == [True]
    with platform.database.read() as connection:
        asked = select(schema.audit.c.detail).where(schema.audit.c.action == "change.comment")
        assert len(connection.execute(asked).all()) == 2
        commands = select(schema.fact.c.body).where(schema.fact.c.kind == COMMAND)
        assert len(connection.execute(commands).all()) == 2
