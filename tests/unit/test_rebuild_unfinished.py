"""Which branches a rebuild leaves to be found again."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadworthy.ledger.objects.address import Address
from roadworthy.ledger.records.record import Record
from roadworthy.platform.change.verdict import Checked
from roadworthy.platform.rebuild.unfinished import Evidence, evidence, is_finished, reconciled

HEAD, OTHER = "a" * 40, "b" * 40
PASSED = Checked("flights", HEAD, "main", "main", "gates", "passed", "Every test holds.")
RELEASING = replace(PASSED, releases=True, deploys=("production",))
WHOLE = Evidence((RELEASING,), frozenset({HEAD}), frozenset({("production", HEAD)}))
checks = st.builds(
    replace, st.just(PASSED), commit=st.sampled_from([HEAD, OTHER]), branch=st.sampled_from(["main", "develop"]),
    outcome=st.sampled_from(["passed", "failed"]), releases=st.booleans(),
    deploys=st.sampled_from([(), ("production",), ("staging", "production")]),
)  # fmt: skip


@pytest.mark.parametrize(("facts", "finished"), [
    (Evidence(), False),
    (Evidence((PASSED,)), True),
    (Evidence((replace(PASSED, commit=OTHER),)), False),
    (Evidence((replace(PASSED, branch="develop"),)), False),
    (Evidence((replace(RELEASING, outcome="failed"),)), True),
    (Evidence((RELEASING,)), False),
    (Evidence((RELEASING,), frozenset({HEAD})), False),
    (Evidence((RELEASING,), frozenset({HEAD}), frozenset({("staging", HEAD)})), False),
    (WHOLE, True),
    (replace(WHOLE, deployed=WHOLE.deployed | {("production", OTHER)}), True),  # a rollback is not taken back
    (replace(WHOLE, checks=(replace(PASSED, outcome="failed"), replace(RELEASING, deploys=("staging",)))), False),
])  # fmt: skip
def test_a_branch_is_finished_when_all_that_was_to_follow_is_there(facts: Evidence, *, finished: bool) -> None:
    """A verdict on its head, and of one that passed the version and every deployment."""
    assert is_finished("main", HEAD, facts) is finished


def test_only_unfinished_branches_are_left_out() -> None:
    """Tags start nothing, so they are never left out."""
    refs = {"refs/heads/main": HEAD, "refs/heads/feature/wind": OTHER, "refs/tags/delay@v1.0.0": OTHER}

    assert reconciled(refs, WHOLE) == {"refs/heads/main": HEAD, "refs/tags/delay@v1.0.0": OTHER}


@given(st.lists(checks, max_size=4), st.booleans())
def test_what_is_done_later_unfinishes_nothing(listed: list[Checked], released: bool) -> None:  # noqa: FBT001
    """More versions and deployments never make a finished branch unfinished."""
    less = Evidence(tuple(listed), frozenset({HEAD} if released else ()))
    more = Evidence(less.checks, frozenset({HEAD}), frozenset({("production", HEAD), ("staging", OTHER)}))

    assert is_finished("main", HEAD, more) or not is_finished("main", HEAD, less)


def test_a_deployment_is_of_the_commit_of_its_version() -> None:
    """A deployment names the record of its version, which names the commit; one of a version that is lost is none."""
    version, deployment, stray = (Address.of(name) for name in (b"version", b"deployment", b"stray"))
    held = {
        version: Record("version", {"commit": HEAD}, "ada", "2026-01-31T12:00:00Z"),
        deployment: Record("deployment", {"environment": "production", "version_record": version}, "ada", ""),
        stray: Record("deployment", {"environment": "staging", "version_record": stray}, "ada", ""),
    }

    assert evidence([PASSED], held, {}) == Evidence((PASSED,), frozenset({HEAD}), frozenset({("production", HEAD)}))


def test_what_a_crash_kept_from_being_tagged_is_to_be_done() -> None:
    """A record alone makes no deployment: where its tag is missing, the branch is unfinished."""
    version, deployment = Address.of(b"version"), Address.of(b"deployment")
    held = {
        version: Record("version", {"commit": HEAD, "tag": "delay@v1.0.0"}, "ada", ""),
        deployment: Record(
            "deployment",
            {"environment": "production", "version_record": version, "tag": "delay#production#1"},
            "ada",
            "",
        ),
    }
    released = {"refs/tags/delay@v1.0.0": OTHER}

    assert not is_finished("main", HEAD, evidence([RELEASING], held, {}))
    assert not is_finished("main", HEAD, evidence([RELEASING], held, released))
    assert is_finished("main", HEAD, evidence([RELEASING], held, {**released, "refs/tags/delay#production#1": OTHER}))
