"""Two perspectives on a real repository: approvals bound to what was seen, and merges refused without them."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete

from roadworthy.app.server import changes
from roadworthy.app.server.changes import Wanted, open_change
from roadworthy.app.server.review import opinion, show
from roadworthy.app.server.sources import HomeSources
from roadworthy.app.server.view import changes as view
from roadworthy.errors import Conflict, NotAllowed, RoadworthyError, TestsFailed, UsageError
from roadworthy.platform.change.merge import Wish
from roadworthy.platform.change.said import APPROVAL, said
from roadworthy.platform.identity.actor import Actor
from roadworthy.platform.rebuild.rebuild import rebuild_project
from roadworthy.platform.store import schema
from roadworthy.platform.store.database import now
from web_story import PROJECT

if TYPE_CHECKING:
    from approving import Reviewed


def test_a_change_is_merged_when_two_people_approved_it(reviewed: Reviewed) -> None:
    """Before that the server refuses, whoever asks; after it, it is not called unreviewed, and names the approvals."""
    with pytest.raises(TestsFailed, match=r"from the software perspective: user:rita or user:mona may"):
        reviewed.merge("mona")
    given = [reviewed.approve("rita", "software"), reviewed.approve("otto", "analysis")]
    done = reviewed.merge()
    (fact,) = [record.body for _, record in reviewed.platform.home.ledger(PROJECT, "").records.all("merge")]

    assert (done.state, done.unreviewed) == ("merged", False)
    assert fact["approvals"] == [one.record for one in given]
    assert view.overrides(reviewed.platform, PROJECT, done.closed_at or 0) == []


def test_who_may_not_approve_is_refused_by_the_server(reviewed: Reviewed) -> None:
    """The author, a stranger, and whoever gave the other approval; nothing is kept of it."""
    reviewed.approve("rita", "software")
    for who, perspective, kind in (
        ("carl", "software", NotAllowed), ("zoe", "analysis", NotAllowed), ("rita", "analysis", Conflict),
    ):  # fmt: skip
        with pytest.raises(kind):
            reviewed.approve(who, perspective)  # type: ignore[arg-type] # a perspective

    with reviewed.platform.database.read() as connection:
        assert [one.actor for one in said(connection, PROJECT, reviewed.number, APPROVAL)] == ["rita"]


def test_whoever_wrote_a_commit_of_it_is_an_author(reviewed: Reviewed) -> None:
    """Also where somebody else opened the change."""
    reviewed.push("train.py", "x = 1\n", author="rita")

    with pytest.raises(NotAllowed, match="rita made this change"):
        reviewed.approve("rita", "software")
    assert show.review(reviewed.platform, PROJECT, 1, Actor("rita"))["may"] == []
    assert show.review(reviewed.platform, PROJECT, 1, Actor("mona"))["may"] == ["software"]


def test_one_person_sending_both_at_once_gives_one(reviewed: Reviewed) -> None:
    """Of two requests at the same moment the second sees the first."""
    faults: list[RoadworthyError] = []

    def give(perspective: str) -> None:
        try:
            reviewed.approve("rita", perspective)  # type: ignore[arg-type]
        except RoadworthyError as fault:
            faults.append(fault)

    threads = [threading.Thread(target=give, args=(one,)) for one in ("software", "analysis")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [type(fault) for fault in faults] == [Conflict]
    assert len(reviewed.missing()) == 1


def test_an_approval_races_a_push_and_loses(reviewed: Reviewed) -> None:
    """Who saw one commit does not approve another; and one that was given is stale once code was pushed."""
    before = reviewed.head
    reviewed.approve("rita", "software")
    after = reviewed.push("train.py", "x = 1\n", check=False)

    with pytest.raises(Conflict, match=f"This was for {before[:12]}"):
        reviewed.approve("otto", "analysis", head=before)
    with pytest.raises(Conflict, match="nothing to approve yet"):
        reviewed.approve("otto", "analysis", head=after)
    assert "The software approval of rita is stale: the code, model and report changed since." in reviewed.missing()
    with pytest.raises(Conflict, match=f"This was for {before[:12]}"):
        changes.merge(reviewed.platform, PROJECT, 1, Wish("mona", is_maintainer=True, reason="so", head=before))


def test_who_approves_again_sees_only_what_changed(reviewed: Reviewed) -> None:
    """The files between what they approved and what there is; the same model and report are not named."""
    given = reviewed.approve("rita", "software")
    reviewed.push("train.py", "x = 1\n")
    (stale,) = show.review(reviewed.platform, PROJECT, 1, Actor("rita"))["opinions"]
    exactly = show.approval(reviewed.platform, PROJECT, 1, given.record)

    assert (stale["stands"], stale["changed"], stale["files"]) == (False, ["code"], ["train.py"])
    assert "+x = 1" in exactly["patch"]
    assert "params.yaml" not in exactly["patch"]
    reviewed.approve("rita", "software")
    assert len(reviewed.missing()) == 1


def test_what_needs_no_review_makes_nothing_stale(reviewed: Reviewed) -> None:
    """`review: {paths: {"docs/**": none}}`: a word in the docs is no other code; a pin is other data."""
    reviewed.approve("rita", "software")
    reviewed.approve("otto", "analysis")
    reviewed.push("docs/model.md", "A word.\n")
    assert reviewed.missing() == ()
    reviewed.push("data/rows.csv.pin", "address: blake3:x\n")

    assert [line.partition("stale: ")[2] for line in reviewed.missing()] == ["the data changed since."] * 2


def test_the_profile_of_the_target_decides(reviewed: Reviewed) -> None:
    """A change cannot name its own reviewers, nor waive them."""
    profile = reviewed.story.local.folder / "profile.yaml"
    text = profile.read_text(encoding="utf-8").replace("docs/**", "**").replace("[user:rita, user:mona]", "[carl]")
    reviewed.push("profile.yaml", text)

    assert len(reviewed.missing()) == 2
    with pytest.raises(NotAllowed):
        reviewed.approve("carl", "software")


def test_a_change_of_waived_paths_needs_no_approval(reviewed: Reviewed) -> None:
    """And is not called unreviewed: the project says so of its docs."""
    reviewed.push("docs/a.md", "text\n", branch="feature/docs")
    number = reviewed.story.propose("feature/docs", "Say more")
    done = changes.merge(reviewed.platform, PROJECT, number, Wish("carl"))

    assert (done.state, done.unreviewed) == ("merged", False)
    assert show.review(reviewed.platform, PROJECT, 1, Actor("rita"))["needed"] == ["software", "analysis"]


def test_an_override_takes_a_maintainer_and_a_reason_and_is_seen_for_a_month(reviewed: Reviewed) -> None:
    """In the audit for ever; on the page of the project for 30 days."""
    with pytest.raises(TestsFailed, match="Only a maintainer"):
        reviewed.merge("carl", "it burns")
    with pytest.raises(TestsFailed):
        reviewed.merge("mona")
    done = reviewed.merge("mona", "it burns")
    at = done.closed_at or 0
    (shown,) = view.overrides(reviewed.platform, PROJECT, at + 29 * 86_400_000)

    assert done.unreviewed
    assert (shown["who"], shown["reason"], len(shown["missing"])) == ("mona", "it burns", 2)
    assert view.overrides(reviewed.platform, PROJECT, at + 31 * 86_400_000) == []


def test_two_people_merge_at_once_and_it_is_merged_once(reviewed: Reviewed) -> None:
    """Both are told the same merge."""
    reviewed.approve("rita", "software")
    reviewed.approve("otto", "analysis")
    done: list[str | None] = []
    threads = [
        threading.Thread(target=lambda who=who: done.append(reviewed.merge(who).merge_commit))
        for who in ("mona", "carl")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(done) == 2
    assert len(set(done)) == 1
    assert len(list(reviewed.platform.home.ledger(PROJECT, "").records.all("merge"))) == 1


def test_a_hold_keeps_a_change_from_being_merged(reviewed: Reviewed) -> None:
    """Even for a maintainer with a reason, until it is let go."""
    opinion.keep(reviewed.platform, PROJECT, 1, "wait for the labels", (Actor("otto"), ""))
    with pytest.raises(TestsFailed, match="otto holds it: wait for the labels"):
        reviewed.merge("mona", "it burns")
    with pytest.raises(NotAllowed):
        opinion.let_go(reviewed.platform, PROJECT, 1, is_maintainer=False, of=(Actor("rita"), ""))
    opinion.let_go(reviewed.platform, PROJECT, 1, is_maintainer=True, of=(Actor("mona"), ""))

    assert reviewed.merge("mona", "it burns").state == "merged"


def test_who_might_be_asked_is_listed_and_asked_once(reviewed: Reviewed) -> None:
    """Only those who may approve it, never its author."""
    listed = show.suggestions(reviewed.platform, PROJECT, 1)
    first = opinion.ask(reviewed.platform, PROJECT, 1, ("rita", "software"), Actor("carl"))
    again = opinion.ask(reviewed.platform, PROJECT, 1, ("rita", "software"), Actor("carl"))

    assert [(one["who"], one["perspective"]) for one in listed] == [
        ("mona", "software"), ("rita", "software"), ("otto", "analysis"), ("rita", "analysis"),
    ]  # fmt: skip
    assert first == again
    assert [one["asked"] for one in show.suggestions(reviewed.platform, PROJECT, 1)] == [False, True, False, False]
    with pytest.raises(UsageError, match="carl may not give"):
        opinion.ask(reviewed.platform, PROJECT, 1, ("carl", "software"), Actor("rita"))


def test_what_was_approved_is_told_from_the_records_long_after(reviewed: Reviewed) -> None:
    """When it is merged, its branch gone and other things done: the checks, the page and the addresses as they were."""
    given = reviewed.approve("otto", "analysis")
    reviewed.approve("rita", "software")
    before = show.approval(reviewed.platform, PROJECT, 1, given.record)
    reviewed.merge()
    place = reviewed.platform.forge.path(PROJECT)
    reviewed.platform.forge.update(PROJECT, "refs/heads/feature/wind", reviewed.head, None)
    with reviewed.platform.database.read() as connection:
        assert now(connection) > given.at

    assert place.is_dir()
    assert show.approval(reviewed.platform, PROJECT, 1, given.record) == before
    assert {one["verdict"] for one in before["checks"]} == {"passed", "not_run"}
    assert b"A report." in show.report(reviewed.platform, PROJECT, 1, given.record)


def test_a_rebuild_restores_all_that_was_said(reviewed: Reviewed) -> None:
    """Approvals, comments, holds, requests and commands: the same answers from an index that was made again."""
    given = reviewed.approve("rita", "software")
    reviewed.comment("otto", "Too few rows.\n/hold the labels\n/merge")
    opinion.ask(reviewed.platform, PROJECT, 1, ("otto", "analysis"), Actor("carl"))
    platform = reviewed.platform

    def told() -> list[object]:
        exactly = show.approval(platform, PROJECT, 1, given.record)
        talk, asked = show.discussion(platform, PROJECT, 1), show.suggestions(platform, PROJECT, 1)
        stands = changes.standing(platform, PROJECT, 1)
        return [exactly, talk, asked, stands.missing, stands.holds, show.review(platform, PROJECT, 1, Actor("rita"))]

    before = told()
    with platform.database.write() as connection:
        connection.execute(delete(schema.fact))
        connection.execute(delete(schema.change))
    rebuild_project(platform.database, HomeSources(platform.home, platform.own), PROJECT)

    assert told() == before
    assert before[4] == ("otto holds it: the labels",)


def test_a_closed_change_is_not_approved(reviewed: Reviewed) -> None:
    """Nor held, nor is anybody asked."""
    changes.close(reviewed.platform, PROJECT, 1, "carl")
    again = open_change(reviewed.platform, PROJECT, Wanted("feature/wind", "develop", "Again"), "carl")

    with pytest.raises(Conflict, match="is closed"):
        reviewed.approve("rita", "software")
    assert again.number == 2
