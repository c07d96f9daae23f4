"""What is let in, decided from what is known: no git, no files."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadworthy.errors import UsageError
from roadworthy.platform.forge.names import LONGEST_REF, fault_of_ref, project_name, shown
from roadworthy.platform.forge.push import RefUpdate
from roadworthy.platform.forge.receive import Rules, State, judge

OLD, NEW, NONE = "1" * 40, "2" * 40, "0" * 40
RULES = Rules(("main", "develop", "release/*"), ("main", "develop"), frozenset({"robot"}))
KNOWN = State(RULES, "ada")


def update(name: str, before: str | None = OLD, after: str | None = NEW) -> RefUpdate:
    """Return an update of a branch, or of the ref that *name* is in full."""
    return RefUpdate(name if name.startswith("refs/") else f"refs/heads/{name}", before, after)


@pytest.mark.parametrize(
    ("change", "state", "reason"),
    [
        (update("main"), KNOWN, "it is changed by merges"),
        (update("release/1"), KNOWN, "it is changed by merges"),
        (update("main", None), KNOWN, "it begins at a commit that a protected branch holds"),
        (update("release/1", None), replace(KNOWN, empty=True), "it begins at a commit"),
        (update("main"), replace(KNOWN, actor="robot", forward=False), "not written anew"),
        (update("main", OLD, None), replace(KNOWN, actor="robot"), "is not removed"),
        (update("feature/x", None), replace(KNOWN, kind="blob"), "a branch names a commit"),
        (update("refs/notes/x"), KNOWN, "only branches and tags"),
        (update("refs/notes/x", OLD, None), KNOWN, "only branches and tags"),
        (update("-x", None), KNOWN, "begins with a dash"),
        (update("feature/x"), replace(KNOWN, missing=("data/a",)), "lacks the data of data/a."),
        (update("feature/x"), replace(KNOWN, missing=tuple(map(str, range(12)))), "8, 9 and 2 more."),
        (update("feature/x"), replace(KNOWN, unread="x is no pin."), "x is no pin"),
        (update("refs/tags/delay@v1.0.0", None), replace(KNOWN, claim="it is not."), "it is not."),
        (update("refs/tags/delay#production#1", OLD), KNOWN, "neither moved nor removed"),
        (update("refs/tags/x=delay@v1.0.0", OLD, None), KNOWN, "neither moved nor removed"),
    ],
)
def test_a_refusal_has_a_reason_and_a_fix(change: RefUpdate, state: State, reason: str) -> None:
    """Each says what is wrong, and what to do instead."""
    refusal = judge(change, state)

    assert refusal is not None
    assert reason in refusal.problem
    assert len(refusal.fix.split()) > 4


@pytest.mark.parametrize(
    ("change", "state"),
    [
        (update("feature/x"), replace(KNOWN, forward=False)),
        (update("feature/x", OLD, None), KNOWN),
        (update("main", None), replace(KNOWN, empty=True)),
        (update("develop", None), replace(KNOWN, held=True)),
        (update("release/1", None), replace(KNOWN, held=True)),
        (update("main"), replace(KNOWN, actor="robot")),
        (update("-x", OLD, None), KNOWN),
        (update("refs/tags/nightly", OLD), replace(KNOWN, kind="tag")),
        (update("refs/tags/delay@v1.0.0", None), replace(KNOWN, kind="tag")),
        (update("refs/tags/delay@1.0.0", OLD, None), KNOWN),
    ],
)
def test_what_is_allowed_is_let_in(change: RefUpdate, state: State) -> None:
    """Work goes on, and what was named badly can be removed."""
    assert judge(change, state) is None


@given(st.text())
def test_what_is_shown_is_printable_and_short(text: str) -> None:
    """No name moves the cursor, turns the text around, or fills the screen."""
    told = shown(text)

    assert told.isprintable()
    assert len(told) <= 10 * 121
    assert shown(text) == told


@given(st.text(max_size=300))
def test_a_name_without_a_fault_deceives_nobody(name: str) -> None:
    """It fits a file system, is no option and no commit, and holds no control character."""
    if fault_of_ref(name) is None:
        assert len(name.encode()) <= LONGEST_REF
        assert not any(part.startswith("-") for part in name.split("/"))
        assert not any(ord(letter) < ord(" ") for letter in name)


@given(st.text())
def test_a_project_is_never_a_path(text: str) -> None:
    """Whatever is accepted is one plain part of a path, which does not begin with a dot or a dash."""
    try:
        name = project_name(text)
    except UsageError:
        return

    assert name == text
    assert "/" not in name
    assert name[0].isalnum()
    assert name.isascii()


@pytest.mark.parametrize("name", ["flights", "flight-delay", "a", "A1", "a.b", "a_b", "x" * 100])
def test_plain_names_are_projects(name: str) -> None:
    """What profile.yaml accepts is accepted."""
    assert project_name(name) == name


def test_a_line_of_gits_is_read() -> None:
    """No object is None; what is no line of git's is refused."""
    assert RefUpdate.parse(f"{NONE} {NEW} refs/heads/a b") == RefUpdate("refs/heads/a b", None, NEW)
    assert RefUpdate.parse(f"{OLD} {NONE} refs/tags/x").tag == "x"
    for line in ("", "x", f"{OLD} {NEW}", f"{OLD} -x refs/heads/a"):
        with pytest.raises(ValueError, match=r".*"):
            RefUpdate.parse(line)
