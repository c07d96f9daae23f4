"""Approvals: who may give which, what they are bound to, and when they stand."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadworthy.errors import Conflict, NotAllowed, RoadworthyError, UsageError
from roadworthy.platform.change.approval import Policy, Seen, approving, may_say, missing, opinions
from roadworthy.platform.change.hold import held, let_go
from roadworthy.platform.change.perspective import asked_for, listing, needed, word_for
from roadworthy.platform.change.reviewers import suggest
from roadworthy.platform.change.said import APPROVAL, HOLD, Said, moment

if TYPE_CHECKING:
    from roadworthy.platform.change.approval import Says
    from roadworthy.platform.change.perspective import Perspective

SEEN = Seen("code", "data", "model", "report")
POLICY = Policy(
    {"software": ("group:ml", "user:eva"), "analysis": ("group:science", "eva")}, ("software", "analysis"),
    frozenset({"carl"}),
)  # fmt: skip


def given_by(who: str, perspective: str, says: str = "yes", at: int = 0, **more: Any) -> Said:
    """Return what somebody said."""
    body = {
        "perspective": perspective, "says": says, "seen": SEEN.as_json(), "note": "", "files": [],
        "by": {"software": "group:ml", "analysis": "group:science"}[perspective], **more,
    }  # fmt: skip
    return Said(f"{who}{at}", APPROVAL, 1, who, f"2026-01-01T00:00:{at:02}.000000+00:00", "", body)


def test_only_the_perspectives_with_reviewers_are_asked_for() -> None:
    """A project that names nobody asks for nobody."""
    assert asked_for(("group:platform",), ()) == ("software",)
    assert asked_for((), ()) == ()


@pytest.mark.parametrize(("files", "wanted"), [
    (["docs/a.md", "docs/deep/b.md"], ()),
    (["docs/a.md", "src/a.py"], ("software",)),
    (["docs/a.md", "params.yaml"], ("software", "analysis")),
    (["docs/adr/1.md"], ("analysis",)),
    (["docs/adr/1.md", "src/a.py"], ("software", "analysis")),
    ([], ("software", "analysis")),
])  # fmt: skip
def test_paths_say_which_perspectives_a_change_needs(files: list[str], wanted: tuple[str, ...]) -> None:
    """The last pattern that matches decides; what none names needs all that the project asks for."""
    paths = {"docs/**": "none", "docs/adr/*": "analysis", "src/**": "software"}

    assert needed(files, ("software", "analysis"), paths) == wanted
    assert word_for("docs/adr/x", paths) == "analysis"
    assert word_for("docsx", paths) is None


@pytest.mark.parametrize(("name", "groups", "found"), [
    ("eva", (), "user:eva"), ("ada", ("ml",), "group:ml"), ("ml", (), None), ("ada", (), None),
])  # fmt: skip
def test_reviewers_are_named_or_in_a_group(name: str, groups: tuple[str, ...], found: str | None) -> None:
    """A group is no account of its name."""
    entries = ("group:ml", "user:eva")

    assert listing(entries, name, groups) == found


def test_two_people_approve_one_change() -> None:
    """One from each perspective, and then nothing of it is missing."""
    found = opinions([given_by("grace", "software"), given_by("ada", "analysis")], SEEN, POLICY)

    assert {name: one.said.actor for name, one in approving(found).items()} == {"software": "grace", "analysis": "ada"}
    assert missing(found, POLICY) == ()


def test_one_person_never_counts_for_both() -> None:
    """Not even where both were kept."""
    found = opinions([given_by("eva", "software"), given_by("eva", "analysis")], SEEN, POLICY)

    assert list(approving(found)) == ["software"]
    assert "Nobody approved it yet from the analysis perspective: group:science or eva may." in missing(found, POLICY)


@pytest.mark.parametrize("part", ["code", "data", "model", "report"])
def test_an_approval_is_stale_when_one_thing_changed(part: str) -> None:
    """And says which."""
    (one,) = opinions([given_by("grace", "software")], replace(SEEN, **{part: "other"}), POLICY)

    assert (one.approves, one.changed) == (False, (part,))
    assert f"The software approval of grace is stale: the {part} changed since." in missing((one,), POLICY)


def test_an_approval_stands_again_when_what_was_seen_is_back() -> None:
    """It is bound to contents, not to a commit: a change that is taken back is the one that was approved."""
    gone, back = (opinions([given_by("grace", "software")], one, POLICY) for one in (replace(SEEN, code="x"), SEEN))

    assert [one.approves for one in (*gone, *back)] == [False, True]


def test_the_last_word_counts() -> None:
    """A no after a yes stands against it; a yes after that does not; what was withdrawn is nobody's word."""
    words = [given_by("grace", "software", says, at) for at, says in enumerate(("yes", "no", "yes", "withdrawn"))]
    said = [missing(opinions(words[:count], SEEN, replace(POLICY, needed=("software",))), POLICY) for count in range(5)]

    assert [any("says no" in line for line in lines) for lines in said] == [False, False, True, False, False]
    assert opinions(words, SEEN, POLICY) == ()


def test_a_no_stands_after_a_push() -> None:
    """Until whoever said it says otherwise."""
    found = opinions([given_by("grace", "software", "no", note="the units")], replace(SEEN, code="x"), POLICY)

    assert "grace says no from the software perspective: the units" in missing(found, POLICY)


@pytest.mark.parametrize("policy", [
    replace(POLICY, authors=frozenset({"grace"})),
    replace(POLICY, reviewers={**POLICY.reviewers, "software": ("eva",)}),
])  # fmt: skip
def test_whoever_became_an_author_or_is_no_reviewer_any_more_does_not_count(policy: Policy) -> None:
    """Their yes and their no: the profile of now decides."""
    for says in ("yes", "no"):
        (one,) = opinions([given_by("grace", "software", says)], SEEN, policy)

        assert not one.counts
        assert not any("grace" in line for line in missing((one,), policy))


@pytest.mark.parametrize(("who", "perspective", "says", "before", "kind"), [
    (("carl", ("ml",)), "software", "yes", (), NotAllowed),
    (("rita", ()), "software", "yes", (), NotAllowed),
    (("rita", ("science",)), "software", "no", (), NotAllowed),
    (("eva", ()), "analysis", "yes", (given_by("eva", "software"),), Conflict),
    (("eva", ()), "software", "withdrawn", (), Conflict),
])  # fmt: skip
def test_who_may_not_approve_is_told_why(
    who: tuple[str, tuple[str, ...]], perspective: Perspective, says: Says, before: tuple[Said, ...],
    kind: type[RoadworthyError],
) -> None:  # fmt: skip
    """An author, a stranger, a reviewer from elsewhere, and whoever gave the other approval."""
    with pytest.raises(kind):
        may_say(who, perspective, says, POLICY, before)


def test_who_withdrew_the_one_may_give_the_other() -> None:
    """And whoever said no from one perspective may say yes from the other."""
    before = [given_by("eva", "software"), given_by("eva", "software", "withdrawn", 1)]

    assert may_say(("eva", ()), "analysis", "yes", POLICY, before) == "eva"
    assert may_say(("eva", ()), "analysis", "yes", POLICY, [given_by("eva", "software", "no")]) == "eva"
    with pytest.raises(UsageError, match="asks for no analysis approval"):
        may_say(("eva", ()), "analysis", "yes", replace(POLICY, reviewers={"software": ("eva",)}), [])


@given(st.lists(st.tuples(
    st.sampled_from(["eva", "grace", "ada", "carl"]), st.sampled_from(["software", "analysis"]),
    st.sampled_from(["yes", "no", "withdrawn"]),
), max_size=12))  # fmt: skip
def test_nothing_is_missing_only_with_two_people(words: list[tuple[str, str, str]]) -> None:
    """Whatever was said: a change that may be merged has a standing yes from each, of two people, none the author."""
    all_said = [given_by(*word, at) for at, word in enumerate(words)]
    found = opinions(all_said, SEEN, POLICY)
    counted = approving(found)

    if not missing(found, POLICY):
        people = {one.said.actor for one in counted.values()}
        assert len(people) == len(counted) == 2
        assert "carl" not in people


def hold(who: str, state: str, *of: str) -> Said:
    """Return a hold, or the end of some."""
    return Said(f"{who}{state}", HOLD, 1, who, "", "", {"state": state, "of": list(of or (who,)), "reason": ""})


def test_a_hold_is_let_go_by_its_owner_or_a_maintainer() -> None:
    """Each person's own; a maintainer's letting go is of all that there are."""
    both = [hold("ada", "held"), hold("eva", "held")]

    assert [one.actor for one in held(both)] == ["ada", "eva"]
    assert let_go(both, "ada", is_maintainer=False) == ["ada"]
    assert let_go(both, "mona", is_maintainer=True) == ["ada", "eva"]
    assert held([*both, hold("mona", "released", "ada", "eva")]) == ()
    with pytest.raises(NotAllowed, match="ada and eva hold"):
        let_go(both, "rita", is_maintainer=False)
    with pytest.raises(Conflict):
        let_go([], "ada", is_maintainer=True)


def test_no_two_things_are_said_at_the_same_time() -> None:
    """Whatever the clock says, what is said later has the later time."""
    future = "2999-01-01T00:00:00.999999+00:00"

    assert moment(future) == "2999-01-01T00:00:01.000000+00:00"
    assert moment(None) < future


def test_who_knows_the_files_and_has_time_is_asked_first() -> None:
    """History counts for, and open requests against; who was asked is marked."""
    reviews = [given_by("ada", "software", files=["a.py", "b.py"]), given_by("eva", "software", files=["a.py"])]
    found = suggest(
        {"software": ["ada", "eva", "zoe"]}, ["a.py", "b.py"], reviews, ["ada", "ada"], {("zoe", "software")}
    )

    assert [(one.who, one.history, one.load, one.asked) for one in found] == [
        ("eva", 1, 0, False), ("zoe", 0, 0, True), ("ada", 2, 2, False),
    ]  # fmt: skip
