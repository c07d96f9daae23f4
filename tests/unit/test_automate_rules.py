"""What a push does follows from the profile and the name of the branch, and is always told with its reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadworthy.declare.profile import ContinuousIntegration, Environment, Profile
from roadworthy.platform.automate.rules.action import Action, Apply, Check, Deploy, Nothing, Release, Violation
from roadworthy.platform.automate.rules.branch import HEADS, WORDS, Place, Rules, is_protected, rules_of
from roadworthy.platform.automate.rules.decide import decide
from roadworthy.platform.automate.rules.show import show, words
from roadworthy.platform.automate.rules.update import OpenChange, Update
from roadworthy.platform.automate.rules.violations import wrong_target
from roadworthy.platform.forge.receive import Rules as Received
from roadworthy.platform.workspace.resource import excepted, protected

if TYPE_CHECKING:
    from collections.abc import Mapping

OLD, NEW = "a" * 40, "b" * 40
PLACES = (Place("production", "main", "approved"), Place("staging", "develop", "auto"), Place("live", "main", "auto"))
GITFLOW = Rules("gitflow", places=PLACES)
TRUNK = Rules("trunk", places=PLACES)
MAPPED = Rules({"team/*": "feature", "team/old/*": "nothing", "next": "develop", "live": "main", "odd": "whatever"})


def pushed(rules: Rules, branch: str, **known: object) -> tuple[Action, ...]:
    """Return what a push to *branch*, by the merge of a change, does."""
    return decide(rules, Update(HEADS + branch, OLD, NEW, **{"merged": 7, **known}))  # type: ignore[arg-type]


def told(rules: Rules, branch: str) -> list[str]:
    """Return it in words."""
    return [words(action) for action in pushed(rules, branch)]


@pytest.mark.parametrize(("branch", "does"), [
    ("feature/wind", ["check against develop (feature)"]),
    ("bugfix/wind", ["check against develop (feature)"]),
    ("develop", ["check against main (full)", "make a version", "deploy to staging"]),
    ("release/1.4", ["check against main (gates)"]),
    ("hotfix/wind", ["check against main (gates)"]),
    ("main", ["apply profile.yaml", "check against main (gates)", "make a version",
              "deploy to production, when approved", "deploy to live"]),
    ("wind", ["nothing"]),
    ("feature/", ["nothing"]),
])  # fmt: skip
def test_gitflow_gives_each_branch_its_work(branch: str, does: list[str]) -> None:
    """The work of a branch is what its name says."""
    assert told(GITFLOW, branch) == does


def test_trunk_holds_every_branch_against_main() -> None:
    """There is one long branch, and any name for the others."""
    assert told(TRUNK, "anything/at-all") == ["check against main (feature)"]
    assert told(TRUNK, "main")[:3] == ["apply profile.yaml", "check against main (gates)", "make a version"]


@pytest.mark.parametrize(("branch", "does"), [
    ("team/wind", ["check against next (feature)"]),
    ("team/old/wind", ["nothing"]),
    ("next", ["check against live (full)"]),
    ("live", ["check against live (gates)", "make a version"]),
    ("odd", ["nothing"]),
    ("elsewhere", ["nothing"]),
    ("main", ["apply profile.yaml", "check against live (gates)", "make a version"]),
])  # fmt: skip
def test_a_mapping_gives_each_pattern_a_word(branch: str, does: list[str]) -> None:
    """The longest pattern that matches counts; the branch of the profile is never forgotten."""
    assert told(MAPPED, branch) == does


def test_commits_of_protected_branches_are_a_trust_domain_of_their_own() -> None:
    """What a member pushes to an own branch writes no cache that a release reads."""
    checks = [one for name in ("main", "develop", "release/1", "feature/x") for one in pushed(GITFLOW, name)
              if isinstance(one, Check)]  # fmt: skip

    assert [one.domain for one in checks] == ["protected", "protected", "branch", "branch"]
    assert is_protected(MAPPED, "main")
    assert not is_protected(MAPPED, "team/wind")


def test_an_environment_never_takes_from_a_branch_that_anyone_can_push_to() -> None:
    """Nothing is deployed by itself that nobody had to review."""
    rules = Rules("gitflow", places=(Place("staging", "feature/x", "auto"),))

    _, refused = pushed(rules, "feature/x")
    assert isinstance(refused, Nothing)
    assert "from: main" in refused.fix


def test_where_the_forge_checks_nothing_is_released_unchecked() -> None:
    """The platform applies the profile, and says who checks."""
    actions = pushed(Rules(places=PLACES, checks=False), "main")

    assert [type(one) for one in actions] == [Apply, Nothing]


def test_rules_are_read_from_the_profile() -> None:
    """The environments, the model and the runner are what the file says."""
    profile = Profile(
        "roadworthy/v1alpha1",
        "flights",
        branches="trunk",
        ci=ContinuousIntegration(runner="forge"),
        environments={"staging": Environment(from_="develop", deploy="auto")},
    )

    assert rules_of(profile, "main") == Rules("trunk", "main", (Place("staging", "develop", "auto"),), checks=False)


@pytest.mark.parametrize(("branch", "target", "fix"), [
    ("feature/x", "main", "to develop"),
    ("develop", "main", "Make a branch for the release"),
    ("hotfix/x", "feature/y", "main or develop"),
    ("main", "release/1", "to develop"),
    ("develop", "release/1", "Make a branch for the release"),
    ("release/1", "release/2", "main or develop"),
])  # fmt: skip
def test_a_change_to_the_wrong_branch_is_told_with_the_right_one(branch: str, target: str, fix: str) -> None:
    """Gitflow has one way for each branch."""
    found = wrong_target(GITFLOW, branch, target, 3)

    assert found is not None
    assert found.reason.startswith(f"Change 3 from {branch} goes to {target}; ")
    assert fix in found.fix
    assert found in pushed(GITFLOW, branch, change=OpenChange(3, target))


@pytest.mark.parametrize(("branch", "target"), [
    ("feature/x", "develop"), ("release/1", "main"), ("release/1", "develop"), ("hotfix/x", "main"),
    ("main", "develop"), ("bugfix/x", "release/1"), ("feature/x", "release/1"), ("hotfix/x", "release/1"),
])  # fmt: skip
def test_a_change_to_the_right_branch_is_no_violation(branch: str, target: str) -> None:
    """Whoever does as the model says hears nothing."""
    assert wrong_target(GITFLOW, branch, target) is None


def test_a_mapping_without_releases_makes_main_of_develop() -> None:
    """There, nothing stands between the two."""
    assert wrong_target(MAPPED, "next", "live") is None
    assert wrong_target(MAPPED, "team/x", "live") is not None


def test_a_missing_merge_back_is_told() -> None:
    """What was mended on main is lost with the next release when develop lacks it."""
    (one,) = (it for it in pushed(GITFLOW, "main", ahead=2) if isinstance(it, Violation))
    (none,) = (it for it in pushed(GITFLOW, "main", ahead=None) if isinstance(it, Violation))

    assert "2 commits that develop lacks" in one.reason
    assert "--from main --to develop" in one.fix
    assert "git push origin main:develop" in none.fix
    assert not [it for it in pushed(TRUNK, "main", ahead=None) if isinstance(it, Violation)]


def test_a_direct_push_is_told_and_a_first_push_is_none() -> None:
    """Someone has to make the branch; later commits come by changes."""
    direct = decide(GITFLOW, Update(f"{HEADS}develop", OLD, NEW))
    first = decide(GITFLOW, Update(f"{HEADS}develop", None, NEW))
    feature = decide(GITFLOW, Update(f"{HEADS}feature/x", OLD, NEW))

    assert [type(one) for one in direct] == [Check, Release, Deploy, Violation]
    assert not [one for one in (*first, *feature) if isinstance(one, Violation)]


@pytest.mark.parametrize(("ref", "after", "says"), [
    ("refs/tags/delay@v1.0.0", NEW, "signed record"),
    ("refs/tags/delay@v1.0.0", None, "signed record"),
    ("refs/heads/feature/x", None, "was deleted"),
    ("refs/heads/main", None, "nothing can be merged"),
    ("refs/notes/commits", NEW, "neither a branch nor a tag"),
])  # fmt: skip
def test_what_starts_nothing_says_why(ref: str, after: str | None, says: str) -> None:
    """A tag, a deletion and a ref of another kind are told."""
    (found,) = decide(GITFLOW, Update(ref, OLD, after))

    assert isinstance(found, Nothing)
    assert says in found.reason


def test_a_command_to_copy_holds_no_other_command() -> None:
    """A branch may be named as a shell would like it."""
    (unknown,) = pushed(GITFLOW, "$(reboot);'")
    (deleted,) = decide(GITFLOW, Update(f"{HEADS}feature/`id`", OLD, None))

    assert isinstance(unknown, Nothing)
    assert isinstance(deleted, Nothing)
    assert """`git branch -m 'feature/$(reboot);'"'"''`""" in unknown.fix
    assert "'refs/heads/feature/`id`'" in deleted.fix


NAMES = st.one_of(
    st.text(max_size=30),
    st.sampled_from(["main", "develop", "feature/x", "release/1", "hotfix/y", "wind", "next"]),
).map(lambda name: HEADS + name) | st.text(max_size=30)
COMMITS = st.sampled_from([None, OLD, NEW])
MODELS: st.SearchStrategy[str | Mapping[str, str]] = st.sampled_from(["gitflow", "trunk"]) | st.dictionaries(
    st.text(max_size=8) | st.sampled_from(["*", "feature/*", "main"]), st.sampled_from([*WORDS, "other"]), max_size=4
)
CHANGES = st.none() | st.builds(OpenChange, st.integers(1, 9), st.text(max_size=9))


@given(
    MODELS,
    st.sampled_from(["main", "develop", "live"]),
    st.builds(Update, NAMES, COMMITS, COMMITS, CHANGES, st.none() | st.just(4), st.none() | st.integers(0, 3)),
)
def test_every_update_of_every_ref_has_an_answer(model: str | Mapping[str, str], default: str, update: Update) -> None:
    """There is no silent no-op: at least one action, each with a reason that prints; a version only after a check."""
    actions = decide(Rules(model, default, PLACES), update)

    assert actions
    assert all(one.reason.strip() and one.reason.isprintable() for one in actions)
    assert all(one.fix.strip() for one in actions if isinstance(one, Nothing | Violation))
    kinds = [type(one) for one in actions]
    assert Check in kinds or not {Release, Deploy} & set(kinds)


@given(MODELS)
def test_every_model_can_be_shown(model: str | Mapping[str, str]) -> None:
    """The table has a row for each kind of push, and a reason for whatever it does."""
    rows = show(Rules(model, places=PLACES))

    assert {"a tag", "a deleted branch"} <= {row.push for row in rows}
    assert all(row.does and row.why for row in rows)


def test_what_takes_pushes_and_where_changes_go_is_shown() -> None:
    """A release takes fixes by both ways; what versions are made of takes merges alone."""
    rows = {row.push: row for row in show(GITFLOW)}

    assert (rows["release/NAME"].takes, rows["release/NAME"].goes) == ("pushes", "main or develop")
    assert (rows["main"].takes, rows["main"].goes) == ("merges of changes", "develop")
    assert rows["bugfix/NAME"].goes == "develop, or as a fix to a branch for release"
    assert rows["any other branch"].takes == "pushes"
    assert {row.push: row.goes for row in show(TRUNK)}["any other branch"] == "main"


def test_a_push_to_a_release_is_no_violation() -> None:
    """As Gitflow has it, what mends a release is committed there."""
    actions = decide(GITFLOW, Update(f"{HEADS}release/1", OLD, NEW))

    assert not [one for one in actions if isinstance(one, Violation)]


@given(MODELS, st.sampled_from(["main", "develop", "release/1", "feature/x", "live", "wind", "a"]))
def test_what_is_refused_is_what_the_rules_protect(model: str | Mapping[str, str], branch: str) -> None:
    """A push is judged by the patterns that were applied: they say of every branch what the rules say."""
    profile = Profile("roadworthy/v1alpha1", "flights", branches=model)  # type: ignore[arg-type]
    applied = Received(protected(profile), excepted=excepted(profile))

    assert applied.protects(branch) == is_protected(rules_of(profile, "main"), branch)


def test_an_environment_that_no_push_reaches_is_shown() -> None:
    """Whoever wrote it finds out before waiting for it."""
    rows = {row.push: row for row in show(TRUNK)}

    assert rows["environment staging"].does == ("never deployed to",)
    assert rows["main"].does[0] == "apply profile.yaml"


def test_a_feature_is_run_on_a_sample_until_a_change_is_open() -> None:
    """Its push is answered soon; once it is proposed, as a merge needs it."""
    rules = Rules("gitflow", sample={"prepare.rows": 100})
    alone, proposed = (pushed(rules, "feature/wind", change=one) for one in (None, OpenChange(3, "develop")))
    (sampled,), (whole,) = ([one for one in found if isinstance(one, Check)] for found in (alone, proposed))

    assert (sampled.scope, sampled.sample) == ("sampled", {"prepare.rows": 100})
    assert (whole.scope, whole.sample) == ("feature", {})
    assert told(rules, "develop")[0] == "check against main (full)"
    assert {"feature/NAME", "feature/NAME, proposed"} <= {row.push for row in show(rules)}
