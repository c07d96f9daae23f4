"""Changes: opened once, told why they cannot be merged, merged with the fact first; on both databases."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete, insert

from roadworthy.errors import Conflict, NotAllowed, NotFound, TestsFailed, UsageError
from roadworthy.ledger import ledger
from roadworthy.platform.change.change import Change, change, changes
from roadworthy.platform.change.merge import (
    Standing,
    Wish,
    merge,
    message,
    obstacles,
    refuse_others,
)
from roadworthy.platform.change.propose import Proposal, close, follow, propose
from roadworthy.platform.store import schema

if TYPE_CHECKING:
    from pathlib import Path

    from roadworthy.ledger.ledger import Ledger
    from roadworthy.ledger.objects.address import Address
    from roadworthy.platform.store.database import Database

HEAD, LATER, MERGED = "a" * 40, "b" * 40, "c" * 40
PROPOSAL = Proposal("flights", "feature/wind", "develop", "Use the wind", "ada", HEAD)
ADA = Wish("ada")


@pytest.fixture
def bucket(tmp_path: Path) -> Ledger:
    """Return the bucket of the project, spoken for by Ada."""
    return ledger.open_bucket(tmp_path / "bucket", tmp_path / "key", "ada")


@pytest.fixture(autouse=True)
def _project(database: Database) -> None:
    with database.write() as connection:
        connection.execute(
            insert(schema.project).values(name="flights", state="active", created_at=1, record="blake3:0")
        )


def standing(found: Change, **changes_: object) -> Standing:
    """Return how *found* stands when nothing speaks against it, with *changes_*."""
    whole = Standing(found, tip=found.head, verdict="passed", why="Every test holds.")
    return replace(whole, **changes_)  # type: ignore[arg-type] # names of its fields


def merged(change_: Change, tip: str, record: Address) -> str:
    """Stand for the forge: the branch was merged."""
    assert change_.number
    assert tip
    assert record
    return MERGED


def test_a_change_is_opened_once(database: Database, bucket: Ledger) -> None:
    """The same branch to the same target is one change, however often it is proposed."""
    first = propose(database, bucket, PROPOSAL)
    again = propose(database, bucket, replace(PROPOSAL, title="Another title"))

    assert first == again
    assert (first.number, first.state, first.title) == (1, "open", "Use the wind")


def test_changes_are_numbered_in_their_project(database: Database, bucket: Ledger) -> None:
    """Each has the next number, and the newest is listed first."""
    for name in ("one", "two", "three"):
        propose(database, bucket, replace(PROPOSAL, branch=f"feature/{name}"))

    with database.read() as connection:
        found = changes(connection, "flights")
    assert [(one.number, one.branch) for one in found] == [
        (3, "feature/three"),
        (2, "feature/two"),
        (1, "feature/one"),
    ]


def test_proposals_at_once_have_different_numbers(database: Database, bucket: Ledger) -> None:
    """Eight people propose at the same moment: eight changes, and no number twice."""

    def work(at: int) -> None:
        propose(database, bucket, replace(PROPOSAL, branch=f"feature/{at}"))

    threads = [threading.Thread(target=work, args=(at,)) for at in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with database.read() as connection:
        found = changes(connection, "flights", "open")
    assert sorted(one.number for one in found) == list(range(1, 9))
    assert {one.branch for one in found} == {f"feature/{at}" for at in range(8)}


def test_a_record_that_a_crash_left_without_its_row_is_not_lost(database: Database, bucket: Ledger) -> None:
    """The next proposal puts the row there too, and takes the next number."""
    lost = propose(database, bucket, PROPOSAL)
    with database.write() as connection:
        connection.execute(delete(schema.change))

    found = propose(database, bucket, replace(PROPOSAL, branch="feature/rain"))

    assert found.number == 2
    with database.read() as connection:
        assert change(connection, "flights", 1) == lost


@pytest.mark.parametrize("proposal", [
    replace(PROPOSAL, target=PROPOSAL.branch),
    replace(PROPOSAL, title=" "),
    replace(PROPOSAL, title="x" * 251),
    replace(PROPOSAL, title="two\nlines"),
    replace(PROPOSAL, title="\u202eright to left"),
])  # fmt: skip
def test_a_proposal_that_makes_no_sense_is_refused(database: Database, bucket: Ledger, proposal: Proposal) -> None:
    """Nothing is kept of it."""
    with pytest.raises(UsageError):
        propose(database, bucket, proposal)

    with database.read() as connection:
        assert changes(connection, "flights") == ()


def test_a_merge_is_stated_before_it_is_made(database: Database, bucket: Ledger) -> None:
    """The record is kept when the branch is merged, and the row says so afterwards."""
    found = propose(database, bucket, PROPOSAL)
    seen: list[object] = []

    def do(one: Change, tip: str, record: Address) -> str:
        seen.append(bucket.records.read(record).body)
        assert f"Record: {record}" in message(one, record)
        assert tip == HEAD
        return MERGED

    done = merge(database, bucket, standing(found), ADA, do)

    assert seen == [
        {
            "project": "flights", "number": 1, "branch": "feature/wind", "target": "develop", "head": HEAD,
            "verdict": "passed", "unreviewed": True, "overridden": False, "missing": [], "approvals": [], "reason": "",
            "merged_at": done.closed_at,
        }
    ]  # fmt: skip
    assert (done.state, done.merge_commit, done.unreviewed) == ("merged", MERGED, True)
    with database.read() as connection:
        assert change(connection, "flights", 1) == done
    assert merge(database, bucket, standing(done), ADA, do) == done
    assert len(seen) == 1


@pytest.mark.parametrize(("against", "told"), [
    ({"tip": None}, "is gone"),
    ({"verdict": "failed", "why": "flips"}, "tests say no: flips"),
    ({"verdict": "running", "why": "job 7"}, "are running"),
    ({"verdict": "not_run", "why": "no job"}, "Nothing was tested"),
    ({"against": ("A feature goes into develop.",)}, "A feature goes into develop"),
    ({"missing": ("Nobody approved it yet from the software perspective.",)}, "software perspective"),
    ({"holds": ("grace holds it: wait for the labels",)}, "wait for the labels"),
])  # fmt: skip
def test_what_speaks_against_a_merge_is_told(
    database: Database, bucket: Ledger, against: dict[str, object], told: str
) -> None:
    """Nothing is merged, and every obstacle is named."""
    found = propose(database, bucket, PROPOSAL)

    with pytest.raises(TestsFailed, match=told):
        merge(database, bucket, standing(found, **against), ADA, merged)
    with database.read() as connection:
        assert change(connection, "flights", 1).state == "open"


def test_every_obstacle_is_told_at_once(database: Database, bucket: Ledger) -> None:
    """One look is enough to know all that is to be mended."""
    found = propose(database, bucket, PROPOSAL)
    said = obstacles(standing(found, verdict="failed", against=("One.", "Two."), missing=("Three.",)), ADA)

    assert len(said) == 4


@pytest.mark.parametrize(("wish", "may"), [
    (ADA, False),
    (Wish("ada", reason="it burns"), False),
    (Wish("ada", is_maintainer=True), False),
    (Wish("ada", is_maintainer=True, reason="it burns"), True),
])  # fmt: skip
def test_only_a_maintainer_with_a_reason_merges_unreviewed(
    database: Database, bucket: Ledger, wish: Wish, *, may: bool
) -> None:
    """Where approvals are asked for, going without takes both."""
    found = propose(database, bucket, PROPOSAL)

    assert (obstacles(standing(found, missing=("Nobody approved it.",)), wish) == ()) is may


def test_a_merge_that_fails_leaves_the_change_open(database: Database, bucket: Ledger) -> None:
    """Branches that conflict are told, and can be mended and merged."""
    found = propose(database, bucket, PROPOSAL)

    def conflict(*_: object) -> str:
        raise Conflict("params.yaml conflicts.", remedy="Merge develop into it.")

    with pytest.raises(Conflict):
        merge(database, bucket, standing(found), ADA, conflict)
    assert merge(database, bucket, standing(found), ADA, merged).state == "merged"


def test_a_closed_change_is_not_merged_and_a_merged_one_not_closed(database: Database, bucket: Ledger) -> None:
    """What has ended has ended."""
    first = close(database, bucket, "flights", propose(database, bucket, PROPOSAL).number)
    second = merge(database, bucket, standing(propose(database, bucket, PROPOSAL)), ADA, merged)

    assert first.state == "closed"
    assert close(database, bucket, "flights", 1) == first
    with pytest.raises(Conflict, match="closed"):
        merge(database, bucket, standing(first), ADA, merged)
    with pytest.raises(Conflict, match="merged"):
        close(database, bucket, "flights", second.number)


def test_a_push_moves_the_open_changes_of_its_branch(database: Database, bucket: Ledger) -> None:
    """Others stay as they are."""
    propose(database, bucket, PROPOSAL)
    propose(database, bucket, replace(PROPOSAL, branch="feature/rain"))
    with database.write() as connection:
        follow(connection, "flights", "feature/wind", LATER)

    with database.read() as connection:
        assert [one.head for one in changes(connection, "flights")] == [HEAD, LATER]


def test_a_change_that_is_not_there_is_not_found(database: Database) -> None:
    """Its number is told."""
    with database.read() as connection, pytest.raises(NotFound, match="no change 7"):
        change(connection, "flights", 7)


def test_only_the_author_or_a_maintainer_closes(database: Database, bucket: Ledger) -> None:
    """Nobody else's change is closed by a contributor."""
    found = propose(database, bucket, PROPOSAL)
    refuse_others(found, "ada", is_maintainer=False)
    refuse_others(found, "grace", is_maintainer=True)

    with pytest.raises(NotAllowed):
        refuse_others(found, "grace", is_maintainer=False)


def test_a_reason_lets_no_hold_go(database: Database, bucket: Ledger) -> None:
    """A maintainer overrides approvals that are missing; a hold is let go by a command of its own."""
    found = propose(database, bucket, PROPOSAL)
    held = standing(found, missing=("Nobody approved it.",), holds=("grace holds it.",))

    assert obstacles(held, Wish("ada", is_maintainer=True, reason="it burns")) == ("grace holds it.",)


@pytest.mark.parametrize(("stands", "unreviewed", "overridden"), [
    ({}, True, False),
    ({"approvals": ("blake3:1",)}, False, False),
    ({"exempt": True}, False, False),
    ({"missing": ("No analysis.",), "approvals": ("blake3:1",)}, True, True),
])  # fmt: skip
def test_a_merge_says_who_approved_it_and_whether_it_was_overridden(
    database: Database, bucket: Ledger, stands: dict[str, object], *, unreviewed: bool, overridden: bool
) -> None:
    """Unreviewed is what nobody approved, or not everybody who was to; not what the project waived by its path."""
    found = propose(database, bucket, PROPOSAL)
    done = merge(database, bucket, standing(found, **stands), Wish("ada", is_maintainer=True, reason="so"), merged)
    (said,) = [record.body for _, record in bucket.records.all("merge")]

    assert done.unreviewed is unreviewed
    assert (said["unreviewed"], said["overridden"]) == (unreviewed, overridden)
    assert said["approvals"] == list(stands.get("approvals", ()))  # type: ignore[call-overload] # a tuple


def test_what_was_asked_for_another_commit_is_not_merged(database: Database, bucket: Ledger) -> None:
    """Whoever saw one commit does not merge the one that was pushed meanwhile."""
    found = propose(database, bucket, PROPOSAL)

    with pytest.raises(Conflict, match=f"This was for {LATER[:12]}"):
        merge(database, bucket, standing(found), replace(ADA, head=LATER), merged)
    assert merge(database, bucket, standing(found), replace(ADA, head=HEAD), merged).state == "merged"


LOOSER = ("this change lowers quality.roc_auc.at_least in requirements.yaml: 0.66 → 0.5",)


@pytest.mark.parametrize(("wish", "may"), [
    (ADA, False),
    (Wish("ada", reason="The old bound was a typing error."), False),
    (Wish("ada", is_maintainer=True), False),
    (Wish("ada", is_maintainer=True, reason="The old bound was a typing error."), True),
])  # fmt: skip
def test_a_loosened_rule_needs_a_maintainer_with_a_reason(
    database: Database, bucket: Ledger, wish: Wish, *, may: bool
) -> None:
    """Each rule is named among what keeps the change; the merge's record names them too."""
    stands = standing(propose(database, bucket, PROPOSAL), loosened=LOOSER)
    said = obstacles(stands, wish)

    assert (said == ()) is may
    assert all(LOOSER[0] in one for one in said)
    if may:
        merge(database, bucket, stands, wish, merged)
        assert [record.body["loosened"] for _, record in bucket.records.all("merge")] == [list(LOOSER)]
