"""The feedback on a change: one for each verdict, told from records, whatever becomes of jobs and of the index."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import delete, func, select

from release_project import git
from roadworthy.app.server import changes
from roadworthy.app.server.loop import begin
from roadworthy.app.server.review import feedback
from roadworthy.app.server.sources import HomeSources
from roadworthy.errors import NotFound
from roadworthy.ledger.objects.address import Address
from roadworthy.platform.change.said import FEEDBACK, said
from roadworthy.platform.rebuild.rebuild import rebuild_project
from roadworthy.platform.store import schema
from web_story import PROJECT

if TYPE_CHECKING:
    from approving import Reviewed


def told(reviewed: Reviewed, number: int = 1) -> dict[str, Any]:
    """Return the feedback on a change."""
    found = feedback.shown(reviewed.platform, PROJECT, number)
    assert found is not None
    return found


def given(reviewed: Reviewed) -> int:
    """Return how often feedback was given on the change."""
    with reviewed.platform.database.read() as connection:
        return len(said(connection, PROJECT, 1, FEEDBACK))


def refuse(reviewed: Reviewed, text: str) -> None:
    """Push a commit whose check says no."""
    reviewed.push("train.py", text, check=False)
    reviewed.story.check(passes=False, measured=True)


def test_a_change_is_told_what_its_check_came_to(reviewed: Reviewed) -> None:
    """The verdict of the platform, what was measured, and a link to the page; for the commit that was checked."""
    found = told(reviewed)

    assert found["is_current"]
    assert found["head"] == reviewed.head == found["review"]["head"]["commit"]
    assert found["review"]["outcome"] == "ready"
    assert found["review"]["since"] is None
    assert "roc_auc" in found["review"]["metrics"]
    assert found["markdown"].startswith("<!-- roadworthy review of toy -->\n## ✓ Ready to merge")
    assert "[The page](</projects/toy/changes/1/review>)" in found["markdown"]


def test_a_change_opened_after_its_check_is_told_too(reviewed: Reviewed) -> None:
    """And one without a check yet is told nothing."""
    reviewed.push("a.py", "a = 1\n", branch="feature/late")
    late = reviewed.story.propose("feature/late", "Late")
    reviewed.push("b.py", "b = 1\n", check=False, branch="feature/none")
    none = reviewed.story.propose("feature/none", "None")
    reviewed.story.settle()

    assert told(reviewed, late)["review"]["head"]["name"] == "feature/late"
    assert feedback.shown(reviewed.platform, PROJECT, none) is None


def test_what_is_new_is_told_with_each_push(reviewed: Reviewed) -> None:
    """A finding comes, stays and goes; feedback that is of an earlier commit than the last says so."""
    refuse(reviewed, "a = 1\n")
    new = told(reviewed)["review"]["since"]
    refuse(reviewed, "a = 2\n")
    still = told(reviewed)["review"]["since"]
    before = reviewed.push("train.py", "a = 3\n", check=False)
    waiting = told(reviewed)
    reviewed.story.check(measured=True)
    gone = told(reviewed)

    assert [len(new[word]) for word in ("new", "unchanged", "gone")] == [1, 0, 0]
    assert [len(still[word]) for word in ("new", "unchanged", "gone")] == [0, 1, 0]
    assert (waiting["is_current"], waiting["head"] == before) == (False, False)
    assert [len(gone["review"]["since"][word]) for word in ("new", "unchanged", "gone")] == [0, 0, 1]
    assert gone["is_current"]
    assert given(reviewed) == 4


def test_the_same_verdict_is_told_once(reviewed: Reviewed) -> None:
    """However often the platform looks; and a branch that is put back finds what was said of that commit."""
    first = told(reviewed)
    refuse(reviewed, "a = 1\n")
    folder, head = reviewed.story.local.folder, first["head"]
    git(folder, "checkout", "-q", "feature/wind")
    git(folder, "reset", "-q", "--hard", head)
    git(reviewed.platform.forge.path(PROJECT), "fetch", "-q", str(folder), "+feature/wind:feature/wind")
    reviewed.story.settle()
    for _ in range(2):
        feedback.give(reviewed.platform, PROJECT)

    assert told(reviewed) == first
    assert given(reviewed) == 2


def test_a_check_that_did_not_run_to_its_end_is_told(reviewed: Reviewed) -> None:
    """Its reason is the finding, and nothing is said of tests that were not made."""
    reviewed.push("train.py", "a = 1\n", check=False)
    reviewed.story.end(reviewed.story.claim(), "failed")
    found = told(reviewed)

    assert [one["why"] for one in found["review"]["findings"]] == ["The pipeline did not run to its end."]
    assert found["review"]["checks"] == []
    assert "###" not in found["markdown"].replace("### Since", "")


def test_a_rebuild_tells_the_same(reviewed: Reviewed) -> None:
    """From an index that was made again, with jobs forgotten and the branch gone: to the letter."""
    refuse(reviewed, "a = 1\n")
    before = told(reviewed)
    changes.close(reviewed.platform, PROJECT, 1, "carl")
    closed = told(reviewed)
    reviewed.platform.forge.update(PROJECT, "refs/heads/feature/wind", reviewed.head, None)
    with reviewed.platform.database.write() as connection:
        for table in (schema.fact, schema.change, schema.job):
            connection.execute(delete(table))
    rebuild_project(reviewed.platform.database, HomeSources(reviewed.platform.home, reviewed.platform.own), PROJECT)

    assert closed == before
    assert told(reviewed) == before


def test_a_crash_before_it_was_told_is_made_good(reviewed: Reviewed) -> None:
    """At the next start: once, and with its entry in the audit."""
    reviewed.push("train.py", "a = 1\n", check=False)
    job = reviewed.story.claim()
    reviewed.platform.judged.clear()
    reviewed.story.end(job, "failed")
    with reviewed.platform.database.write() as connection:
        last = said(connection, PROJECT, 1, FEEDBACK)[-1]
        connection.execute(delete(schema.fact).where(schema.fact.c.address == last.record))
    reviewed.platform.home.ledger(PROJECT, "").records.path(Address(last.record)).unlink()
    begin(reviewed.platform, PROJECT)
    begin(reviewed.platform, PROJECT)
    with reviewed.platform.database.read() as connection:
        asked = select(func.count()).where(schema.audit.c.action == "change.feedback")
        audited = connection.execute(asked).scalar_one()

    assert given(reviewed) == 2
    assert audited == 3  # the one that was lost stands there too


def test_what_was_deleted_is_told_clearly(reviewed: Reviewed) -> None:
    """Feedback whose bytes are gone is not found, with what to do; the next verdict is told all the same."""
    with reviewed.platform.database.read() as connection:
        (one,) = said(connection, PROJECT, 1, FEEDBACK)
    objects = reviewed.platform.home.ledger(PROJECT, "").objects
    objects.path(Address(one.body["document"])).unlink()

    with pytest.raises(NotFound):
        told(reviewed)
    refuse(reviewed, "a = 1\n")
    assert told(reviewed)["is_current"]
