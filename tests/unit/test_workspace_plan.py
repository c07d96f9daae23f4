"""A plan: from what there is to what profile.yaml asks for, with the reason of every step."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadworthy.declare.profile import (
    AlertChannel,
    Environment,
    Profile,
    Storage,
    Training,
    TrainOn,
)
from roadworthy.platform.workspace.apply import apply
from roadworthy.platform.workspace.plan import Add, Modify, Remove, There, line, plan
from roadworthy.platform.workspace.resource import KINDS, Key, Resource, protected, wanted

PROFILE = Profile(
    apiVersion="roadworthy/v1alpha1",
    project="flights",
    members={"user:ada": "maintainer", "group:data-science": "contributor"},
    storage=Storage(quota="50GiB"),
    environments={"production": Environment(from_="main")},
    train=Training(on=TrainOn(schedule="0 3 * * 1 Europe/Stockholm")),
    alerts=(AlertChannel("slack:#flight-ops", ("deploy", "alarm")),),
)
NOTHING = There({}, {})
Rows = dict[Key, dict[str, object]]
VALUES = st.dictionaries(st.sampled_from(["role", "quota", "cron"]), st.integers(0, 2) | st.none(), max_size=2)
KEYS = st.tuples(st.sampled_from(KINDS), st.sampled_from(["a", "b", "c"]))
TABLES = st.dictionaries(KEYS, VALUES, max_size=8)


class Table:
    """A host that is a table."""

    def __init__(self, rows: dict[Any, Any]) -> None:
        self.rows = dict(rows)

    def put(self, kind: Any, name: str, value: Any) -> None:
        """Put a row."""
        self.rows[kind, name] = value

    def remove(self, kind: Any, name: str) -> None:
        """Remove a row."""
        self.rows.pop((kind, name), None)


def test_a_new_profile_asks_for_everything_in_it() -> None:
    """Members, bucket, branches, checks, environments, schedules and alerts, in the order in which they are made."""
    steps = plan(wanted(PROFILE), NOTHING)

    assert [(step.sign, step.kind, step.name) for step in steps] == [
        ("+", "project", "flights"),
        ("+", "member", "ada"),
        ("+", "member", "group:data-science"),
        ("+", "bucket", "flights"),
        ("+", "branch", "develop"),
        ("+", "branch", "main"),
        ("+", "ci", "checks"),
        ("+", "environment", "production"),
        ("+", "schedule", "train"),
        ("+", "alert", "slack:#flight-ops"),
    ]
    assert {step.why for step in steps} == {"profile.yaml asks for it"}


@given(TABLES, TABLES, TABLES)
def test_the_plan_of_an_applied_plan_is_empty(asked: Any, actual: Any, applied: Any) -> None:
    """Whatever there was, after its steps there is what is wanted, and nothing else."""
    resources = [Resource(kind, name, value) for (kind, name), value in asked.items()]
    host = Table(actual)
    apply(plan(resources, There(actual, applied)), host)

    assert host.rows == asked
    assert plan(resources, There(host.rows, asked)) == ()


def test_what_the_profile_changed_and_what_a_hand_changed_are_told_apart() -> None:
    """Drift is what differs from what was applied last."""
    asked = [Resource("member", "ada", {"role": "maintainer"})]
    was: Rows = {("member", "ada"): {"role": "reader"}}
    is_now: Rows = {("member", "ada"): {"role": "contributor"}}

    [by_profile] = plan(asked, There(was, was))
    [by_hand] = plan(asked, There(is_now, was))

    assert by_profile == Modify(
        "member", "ada", {"role": "maintainer"}, {"role": "reader"}, "profile.yaml changed: role reader → maintainer"
    )
    assert isinstance(by_hand, Modify)
    assert by_hand.drift
    assert by_hand.why == "somebody changed it by hand: role contributor → maintainer"


def test_what_is_not_asked_for_any_more_is_put_away_last() -> None:
    """Removals come after everything that is made, and say that they can be undone."""
    actual: Rows = {("member", "eve"): {"role": "reader"}, ("environment", "old"): {"from": "main"}}
    steps = plan([Resource("project", "flights", {})], There(actual, {("environment", "old"): {"from": "main"}}))

    assert [(type(step), step.name) for step in steps] == [(Add, "flights"), (Remove, "old"), (Remove, "eve")]
    assert "30 days" in steps[1].why
    assert "by hand" in steps[2].why


def test_what_was_removed_and_comes_back_is_said_so() -> None:
    """Within its 30 days it is brought back as it was."""
    [step] = plan([Resource("bucket", "flights", {})], There({}, {}, frozenset({("bucket", "flights")})))

    assert line(step) == "+ bucket flights: it was removed, and is wanted again"


@pytest.mark.parametrize(("branches", "patterns"), [
    ("gitflow", ("main", "develop")),
    ("trunk", ("main",)),
    ({"master": "main", "work/*": "feature", "release-*": "release"}, ("main", "master")),
    ({"main": "feature", "next": "develop"}, ("main", "next")),
])  # fmt: skip
def test_the_branches_that_only_merges_reach(branches: Any, patterns: tuple[str, ...]) -> None:
    """Each way of working protects those that others build on, and the default branch whatever it says."""
    assert protected(Profile("roadworthy/v1alpha1", "flights", branches=branches)) == patterns
