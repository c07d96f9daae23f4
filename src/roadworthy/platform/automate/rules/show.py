"""What each push would do under a profile: the rules, as a table."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, assert_never

from roadworthy.platform.automate.rules.action import Action, Apply, Check, Deploy, Nothing, Release, Violation, shown
from roadworthy.platform.automate.rules.branch import DEVELOP, GITFLOW, HEADS, TAGS, is_protected, word_of
from roadworthy.platform.automate.rules.decide import answers, decide
from roadworthy.platform.automate.rules.update import Update
from roadworthy.platform.automate.rules.violations import goes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from roadworthy.platform.automate.rules.branch import Rules


@dataclass(frozen=True, slots=True)
class Row:
    """One kind of push, what it does, and why.

    Attributes:
        push: Where to.
        does: What is done.
        why: The reason of each.
        takes: Whether the branch takes pushes; empty for what is none.
        goes: Where a change from it may go; empty when nowhere.
    """

    push: str
    does: tuple[str, ...]
    why: tuple[str, ...]
    takes: str = ""
    goes: str = ""


def show(rules: Rules) -> tuple[Row, ...]:
    """Return what each kind of push does under *rules*, as `decide` would do it."""
    return tuple(_rows(rules))


def _rows(rules: Rules) -> Iterator[Row]:
    commit = "COMMIT"
    for name, word in _kinds(rules):
        applied = decide(rules, Update(HEADS + name, commit, commit)) if name == rules.default else ()
        first = tuple(one for one in applied if isinstance(one, Apply))
        found = _row(shown(name), (*first, *answers(rules, name, word, commit)))
        takes = "merges of changes" if is_protected(rules, name) else "pushes"
        yield replace(found, takes=takes, goes=goes(rules, word or "nothing"))
        if word == "feature" and rules.sample:
            yield _row(f"{shown(name)}, proposed", answers(rules, name, word, commit, proposed=True))
    if not isinstance(rules.branches, str) or rules.branches == "gitflow":
        yield replace(_row("any other branch", answers(rules, "NAME", None, commit)), takes="pushes")
    yield _row("a tag", decide(rules, Update(f"{TAGS}NAME", None, commit)))
    yield _row("a deleted branch", decide(rules, Update(f"{HEADS}feature/NAME", commit, None)))
    for place in rules.places:
        if not is_protected(rules, place.branch):
            why = f"It takes from {shown(place.branch)}, which is not a protected branch under these rules."
            yield Row(f"environment {place.name}", ("never deployed to",), (why,))


def _kinds(rules: Rules) -> list[tuple[str, str | None]]:
    """Return the names of branches that stand for all, and the word for each."""
    if rules.branches == "trunk":
        return [(rules.main, "main"), ("any other branch", "feature")]
    if isinstance(rules.branches, str):
        named = [(f"{prefix}NAME", word) for prefix, word in GITFLOW.items()]
        return [*named, (DEVELOP, "develop"), (rules.main, "main")]
    mapped: list[tuple[str, str | None]] = list(rules.branches.items())
    if rules.default not in rules.branches:
        mapped += [(rules.default, word_of(rules, rules.default))]
    return mapped


def _row(push: str, actions: tuple[Action, ...]) -> Row:
    return Row(push, tuple(words(one) for one in actions), tuple(one.reason for one in actions))


def words(action: Action) -> str:
    """Return what *action* does, in a few words."""
    match action:
        case Check(target=target, scope=scope):
            return f"check against {shown(target)} ({scope})"
        case Apply():
            return "apply profile.yaml"
        case Release():
            return "make a version"
        case Deploy(environment=name, deploy=deploy):
            return f"deploy to {name}" + ("" if deploy == "auto" else ", when approved")
        case Nothing():
            return "nothing"
        case Violation():
            return "told"
        case _:
            assert_never(action)
