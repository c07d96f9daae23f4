"""Whatever deliveries tell, what the refs say is done, once, in one transaction, and can be asked for."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, update

from automated import (
    Repository,
    all_jobs,
    commit,
    events,
    kept_refs,
    make_projects,
    outcome_of,
    profile,
)
from roadworthy.errors import InvalidDeclaration, NotAProject, NotFound, Unreachable
from roadworthy.platform.automate.deliver import deliver, told
from roadworthy.platform.automate.lease import claim, complete
from roadworthy.platform.automate.reconcile import reconcile
from roadworthy.platform.store.schema import change, project

if TYPE_CHECKING:
    from roadworthy.platform.store.database import Database

A, B, C = commit("a"), commit("b"), commit("c")


@pytest.fixture(autouse=True)
def _projects(database: Database) -> None:
    make_projects(database, "flights")


@pytest.fixture
def repository() -> Repository:
    """Give a repository whose two long branches stand at one commit."""
    return Repository({"refs/heads/main": A, "refs/heads/develop": A})


def hook(database: Database, ref: str, after: str | None, actor: str = "ada") -> int:
    """Deliver what a hook tells of a moved ref."""
    update = {"ref": ref, "before": None, "after": after or "0" * 40}
    return deliver(database, "flights", "hook", {"actor": actor, "updates": [update]})


def open_change(database: Database, branch: str, target: str, **more: Any) -> None:
    """Open a change."""
    row = {"project": "flights", "number": 1, "branch": branch, "target": target, "title": "t", "author": "ada",
           "state": "open", "opened_at": 1, "head": B, "unreviewed": 0, "record": "blake3:0", **more}  # fmt: skip
    with database.write() as connection:
        connection.execute(insert(change).values(row))


def finish(database: Database, kind: str) -> str:
    """Claim a job, say that it passed, and return its key."""
    one = claim(database, "runner", [kind], 60)
    assert one is not None
    with database.write() as connection:
        complete(connection, one.id, one.fence, "passed")
    return one.key


def test_a_first_push_is_answered_ref_by_ref(database: Database, repository: Repository) -> None:
    """The default branch comes first; each event has its jobs, and the refs are kept."""
    first, second = reconcile(database, "flights", repository)
    kept = events(database)

    assert [(one["id"], one["kind"], one["ref"]) for one in kept] == [
        (first, "create", "refs/heads/main"), (second, "create", "refs/heads/develop")
    ]  # fmt: skip
    assert [one.get("did") for one in kept[0]["outcome"]] == [
        f"apply the profile.yaml of {A[:12]}", f"check {A[:12]} against main (gates)",
        f"make a version of {A[:12]}", f"deploy {A[:12]} to production",
    ]  # fmt: skip
    assert kept_refs(database) == repository.heads
    assert [one.payload["branch"] for one in all_jobs(database)] == ["main", "develop"]
    assert [one.cause for one in all_jobs(database)] == [first, second]


def test_reconciling_again_does_nothing(database: Database, repository: Repository) -> None:
    """Where nothing moved, nothing is read but the refs, and nothing is written."""
    reconcile(database, "flights", repository)
    repository.looks.clear()

    assert reconcile(database, "flights", repository) == []
    assert repository.looks == ["refs"]
    assert len(events(database)) == 2


def test_a_version_and_its_deployment_follow_the_check(database: Database, repository: Repository) -> None:
    """They are asked for one after the other, each when the one before has passed."""
    reconcile(database, "flights", repository)
    assert claim(database, "server", ["release", "deploy"], 60) is None

    assert finish(database, "check").endswith("/gates/main")
    assert finish(database, "release") == f"flights/release/{A}"
    assert finish(database, "deploy").endswith("/production")


def test_a_branch_that_goes_back_is_deployed_again(database: Database, repository: Repository) -> None:
    """Its commit was checked before; the environment follows the branch all the same."""
    for at in (A, B, A):
        repository.push("develop", at)
        reconcile(database, "flights", repository)
        while claim_and_pass(database):
            pass

    staging = [one.payload["commit"] for one in all_jobs(database, "deploy") if one.payload["environment"] == "staging"]
    assert staging == [A, B, A]
    assert len(all_jobs(database)) == 3
    assert "was done, and passed" in events(database)[-1]["outcome"][0]["note"]


def claim_and_pass(database: Database) -> bool:
    """Pass the next job of any kind; return whether there was one."""
    one = claim(database, "anyone", ["apply", "check", "release", "deploy"], 60)
    if one is not None:
        with database.write() as connection:
            complete(connection, one.id, one.fence, "passed")
    return one is not None


def test_a_hook_gives_the_event_its_actor(database: Database, repository: Repository) -> None:
    """The delivery that told of exactly this is its cause, and is told what came of it."""
    reconcile(database, "flights", repository)
    repository.push("feature/x", B)
    number = hook(database, "refs/heads/feature/x", B)
    (found,) = reconcile(database, "flights", repository)

    assert (events(database)[-1]["delivery"], events(database)[-1]["actor"]) == (number, "ada")
    assert outcome_of(database, number) == f"event {found}: refs/heads/feature/x is at {B[:12]}."


def test_what_a_hook_says_of_who_it_was_is_only_text(database: Database, repository: Repository) -> None:
    """A name that no database or terminal takes as it is, is kept escaped."""
    hook(database, "refs/heads/main", A, actor="a\x00\x1b[2J\ud800" + "x" * 1000)
    reconcile(database, "flights", repository)

    assert events(database)[0]["actor"].startswith("a\\x00\\x1b[2J?xxx")
    assert len(events(database)[0]["actor"]) == 200


def test_a_lost_delivery_is_no_loss(database: Database, repository: Repository) -> None:
    """What no hook told is found by looking, and nobody is named who was not."""
    repository.push("feature/x", B)
    reconcile(database, "flights", repository)

    assert events(database)[-1]["ref"] == "refs/heads/feature/x"
    assert (events(database)[-1]["delivery"], events(database)[-1]["actor"]) == (None, None)


def test_a_repeated_and_a_late_delivery_do_nothing_and_say_why(database: Database, repository: Repository) -> None:
    """One told the same again; the other told what is not so any more."""
    repository.push("develop", B)
    reconcile(database, "flights", repository)
    again = hook(database, "refs/heads/develop", B)
    late = hook(database, "refs/heads/develop", A)
    unread = deliver(database, "flights", "start", ["anything", 1])

    assert reconcile(database, "flights", repository) == []
    assert outcome_of(database, again) == f"nothing had changed: refs/heads/develop is at {B[:12]} already."
    assert outcome_of(database, late) == (
        f"nothing had changed: refs/heads/develop is at {B[:12]}, not at {A[:12]} any more."
    )
    assert outcome_of(database, unread) == "nothing had changed: every ref is where it was."


def test_a_newer_push_cancels_the_check_that_waits(database: Database, repository: Repository) -> None:
    """The event says so, and so does the job; and a commit that comes back is checked after all."""
    for at in (B, C):
        repository.push("feature/x", at)
        reconcile(database, "flights", repository)
    states = [(one.payload["commit"], one.state) for one in all_jobs(database)[2:]]
    assert states == [(B, "cancelled"), (C, "queued")]
    assert events(database)[-1]["outcome"][-1]["did"] == f"cancel the check of {B[:12]}"
    assert all_jobs(database)[2].reason == f"feature/x was pushed again: {C[:12]} is checked instead."

    repository.push("feature/x", B)
    reconcile(database, "flights", repository)
    assert [one.state for one in all_jobs(database)[2:]] == ["queued", "cancelled"]


def test_a_deleted_branch_is_told_and_its_check_cancelled(database: Database, repository: Repository) -> None:
    """Nothing is left to check."""
    repository.push("feature/x", B)
    reconcile(database, "flights", repository)
    repository.push("feature/x", None)
    reconcile(database, "flights", repository)

    assert events(database)[-1]["kind"] == "delete"
    assert all_jobs(database)[-1].state == "cancelled"
    assert "refs/heads/feature/x" not in kept_refs(database)


@pytest.mark.parametrize("fault", [
    NotAProject("There is no profile.yaml in aaaa.", remedy="Commit one."),
    InvalidDeclaration("profile.yaml:3:1: unknown key `branchs`.", remedy="Write `branches`."),
])  # fmt: skip
def test_without_a_profile_every_push_says_why_nothing_is_done(
    database: Database, repository: Repository, fault: Any
) -> None:
    """What is wrong with the file is the reason, and its remedy the fix."""
    repository.said = fault
    reconcile(database, "flights", repository)

    assert all_jobs(database) == []
    for one in events(database):
        assert fault.problem in one["outcome"][0]["why_not"]
        assert one["outcome"][0]["fix"] == fault.remedy


def test_before_there_is_a_default_branch_it_is_asked_for(database: Database) -> None:
    """A branch that comes first is told what is missing."""
    reconcile(database, "flights", Repository({"refs/heads/feature/x": A, "refs/tags/v1": A}))

    first, second = (one["outcome"][0] for one in events(database))
    assert "There is no branch main yet" in first["why_not"]
    assert "is a tag" in second["why_not"]


def test_a_violation_is_told_once(database: Database, repository: Repository) -> None:
    """A change to the wrong branch is no news at the next push."""
    open_change(database, "feature/x", "main")
    for at in (B, C):
        repository.push("feature/x", at)
        reconcile(database, "flights", repository)

    told_twice = [[it["why_not"] for it in one["outcome"] if "why_not" in it] for one in events(database)[2:]]
    assert [len(it) for it in told_twice] == [1, 0]
    assert "goes to main; from a branch for feature it may go to develop only" in told_twice[0][0]


def test_the_merge_of_a_change_is_no_direct_push(database: Database, repository: Repository) -> None:
    """Whoever merges writes the merge commit before the ref moves, so that it is known whenever it is looked at."""
    reconcile(database, "flights", repository)
    open_change(database, "feature/x", "develop", merge_commit=B)
    repository.push("develop", B)
    repository.lacking = 2
    repository.push("main", C)
    reconcile(database, "flights", repository)

    main, develop = (" ".join(it.get("why_not", "") for it in one["outcome"]) for one in events(database)[2:])
    assert "by a push and not by the merge of a change" not in develop
    assert "by a push and not by the merge of a change" in main
    assert "2 commits that develop lacks" in main


def test_names_of_refs_that_are_no_text_are_kept_and_told(database: Database, repository: Repository) -> None:
    """Git allows any bytes; the event shows them escaped, and looking again finds no difference."""
    hostile = [
        "refs/heads/feature/" + name for name in ("\udcff\udc80", "'; DROP TABLE ref;--", "\u202eevil", "x" * 200)
    ]
    for name in hostile:
        repository.move(name, commit(name))
    reconcile(database, "flights", repository)

    assert reconcile(database, "flights", repository) == []
    assert len(kept_refs(database)) == 2 + len(hostile)
    assert "refs/heads/feature/\\xff\\x80" in kept_refs(database)


def test_a_project_that_is_gone_has_no_automation(database: Database, repository: Repository) -> None:
    """Nothing is written for one that was removed, or never was."""
    with pytest.raises(NotFound, match="no project sales"):
        deliver(database, "sales", "hook", {})
    with database.write() as connection:
        connection.execute(update(project).values(state="removed"))
    with pytest.raises(NotFound, match="was removed"):
        reconcile(database, "flights", repository)


def test_a_repository_that_cannot_be_read_is_looked_at_again(database: Database, repository: Repository) -> None:
    """That is no verdict about the push: nothing is written, and the delivery waits."""
    repository.said = Unreachable("git does not answer.", remedy="Start it.")
    number = hook(database, "refs/heads/main", A)
    with pytest.raises(Unreachable):
        reconcile(database, "flights", repository)
    assert (kept_refs(database), events(database), outcome_of(database, number)) == ({}, [], None)

    repository.said = profile()
    assert len(reconcile(database, "flights", repository)) == 2


def test_many_who_reconcile_at_once_write_each_event_once(database: Database, repository: Repository) -> None:
    """A hook, the sweep and a person may all look at the same time."""
    threads = [threading.Thread(target=reconcile, args=(database, "flights", repository)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(events(database)) == 2
    assert len(all_jobs(database)) == 2


LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
KEYS = st.sampled_from(["actor", "updates", "ref", "after", "replay"]) | st.text()
PAYLOADS = st.recursive(LEAVES, lambda inside: st.lists(inside, max_size=3) | st.dictionaries(KEYS, inside, max_size=4))


@given(PAYLOADS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_payload_is_kept_and_none_is_trusted(database: Database, payload: Any) -> None:
    """A delivery is stored whatever it says; what cannot be read tells nothing."""
    assert deliver(database, "flights", "hook", payload) > 0
    assert all(isinstance(ref, str) for ref, _ in told(payload).refs)
    assert reconcile(database, "flights", Repository()) == []


BRANCHES = ["main", "develop", "feature/x", "feature/y", "hotfix/z", "unknown"]
STEP = st.tuples(
    st.sampled_from(BRANCHES), st.booleans(), st.lists(st.integers(0, 30), max_size=2), st.integers(0, 3)
)  # whose branch moves (or is deleted), which earlier deliveries arrive now, and whether somebody looks


@given(st.lists(STEP, min_size=1, max_size=25))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_lost_repeated_or_late_the_refs_are_the_truth(database: Database, steps: list[Any]) -> None:
    """The refs that are kept are the true ones, and each commit that was seen at a branch is checked by one job."""
    name = f"p{len(seen_projects)}"
    seen_projects.append(name)
    make_projects(database, name)
    repository = Repository({"refs/heads/main": commit("first")})
    said: list[dict[str, Any]] = []
    seen: set[str] = set()
    for number, (branch, deleted, arriving, look) in enumerate(steps):
        after = None if deleted and branch != "main" else commit((name, number))
        repository.push(branch, after)
        said.append({"actor": "ada", "updates": [{"ref": f"refs/heads/{branch}", "after": after or "0" * 40}]})
        for which in arriving:
            deliver(database, name, "hook", said[which % len(said)])
        if look == 0 or number == len(steps) - 1:
            seen |= {at for ref, at in repository.heads.items() if ref != "refs/heads/unknown"}
            reconcile(database, name, repository)

    checks = [one.payload["commit"] for one in all_jobs(database) if one.project == name]
    assert kept_refs(database, name) == repository.heads
    assert sorted(checks) == sorted(seen)
    assert reconcile(database, name, repository) == []


seen_projects: list[str] = []
