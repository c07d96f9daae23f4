"""What goes against the branch model: a change to the wrong branch, a missing merge back, a direct push."""

from __future__ import annotations

from typing import TYPE_CHECKING

from roadworthy.platform.automate.rules.action import Violation, short, shown, typed
from roadworthy.platform.automate.rules.branch import (
    FIXES,
    HEADS,
    has_releases,
    is_protected,
    may_go,
    targets_of,
    word_of,
)

if TYPE_CHECKING:
    from roadworthy.platform.automate.rules.branch import Rules
    from roadworthy.platform.automate.rules.update import Update


def violations(rules: Rules, update: Update) -> tuple[Violation, ...]:
    """Return what about *update* goes against *rules*; each is told once, by its reason."""
    if not update.ref.startswith(HEADS) or update.after is None:
        return ()
    branch = update.ref.removeprefix(HEADS)
    found = (
        update.change and wrong_target(rules, branch, update.change.target, update.change.number),
        _direct(rules, branch, update),
        _not_merged_back(rules, branch, update),
    )
    return tuple(one for one in found if one)


def wrong_target(rules: Rules, branch: str, target: str, number: int | None = None) -> Violation | None:
    """Return what is wrong about a change from *branch* to *target*; None when it may go there."""
    word = word_of(rules, branch)
    if word is None or word == "nothing":
        return None  # which is told as such
    if may_go(rules, word, target):
        return None
    allowed = targets_of(rules, word)
    what = "A change" if number is None else f"Change {number}"
    reason = f"{what} from {shown(branch)} goes to {shown(target)}; {_may(rules, word)}"
    if word == "develop":
        fix = f"Make a branch for the release of {shown(branch)}, and open the change from it to {rules.main}."
    elif allowed:
        fix = f"Close it, and open one to {' or '.join(shown(one) for one in allowed)}."
    else:
        fix = "Close it, and open one from a branch of your own."
    return Violation(reason, fix)


def _may(rules: Rules, word: str) -> str:
    names = " or ".join(shown(one) for one in targets_of(rules, word))
    if not names:
        return f"from {word} it may go nowhere by itself."
    return f"from a branch for {word} it may go to {names} only{_or_as_a_fix(rules, word)}."


def goes(rules: Rules, word: str) -> str:
    """Return in words where a change from a branch for *word* may go; empty when nowhere."""
    names = " or ".join(shown(one) for one in targets_of(rules, word))
    return f"{names}{_or_as_a_fix(rules, word)}" if names else ""


def _or_as_a_fix(rules: Rules, word: str) -> str:
    return ", or as a fix to a branch for release" if word in FIXES and has_releases(rules) else ""


def _direct(rules: Rules, branch: str, update: Update) -> Violation | None:
    if update.before is None or update.merged is not None or not is_protected(rules, branch):
        return None
    return Violation(
        f"{shown(branch)} was moved to {short(update.after or '')} by a push and not by the merge of a change.",
        "Nothing is undone. Push to a branch of your own the next time, and `roadworthy change open`.",
    )


def _not_merged_back(rules: Rules, branch: str, update: Update) -> Violation | None:
    develop = rules.develop
    if branch != rules.main or develop is None or update.ahead == 0:
        return None
    name, main = shown(develop), shown(branch)
    if update.ahead is None:
        return Violation(
            f"There is no branch {name}, where features come together.", f"`git push origin {main}:{name}`"
        )
    commits = "1 commit" if update.ahead == 1 else f"{update.ahead} commits"
    return Violation(
        f"{main}, at {short(update.after or '')}, has {commits} that {name} lacks: the merge back is due.",
        f"Merge {main} back: `roadworthy change open --from {typed(branch)} --to {typed(develop)}`.",
    )
