"""The rules: what one updated ref makes the platform do under a branch model, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from roadworthy.platform.automate.rules.action import (
    Action,
    Apply,
    Check,
    Deploy,
    Nothing,
    Release,
    short,
    shown,
    typed,
)
from roadworthy.platform.automate.rules.branch import HEADS, TAGS, WORDS, is_protected, target_of, word_of
from roadworthy.platform.automate.rules.violations import violations

if TYPE_CHECKING:
    from roadworthy.platform.automate.rules.action import Domain, Scope
    from roadworthy.platform.automate.rules.branch import Rules
    from roadworthy.platform.automate.rules.update import Update

SCOPES: dict[str, Scope] = {
    "feature": "feature", "develop": "full", "release": "gates", "main": "gates", "hotfix": "gates"
}  # fmt: skip
_WHY = {
    "sampled": "a feature is tested on a sample (`ci.feature.params`) until a change of it to {target} is open.",
    "feature": "a feature is tested, and compared with production, before it goes to {target}.",
    "develop": "what was merged is run in full, as a release will be held against {target}.",
    "release": "a release passes every gate before it goes to {target}.",
    "main": "what versions are made of passes every gate.",
    "hotfix": "a fix goes to {target} by the short way, and passes every gate first.",
}


def decide(rules: Rules, update: Update) -> tuple[Action, ...]:
    """Return what is to be done about *update*: at least one action, each with its reason.

    A `Release` waits for the `Check` that stands before it; a `Deploy` waits for both.
    """
    if not update.ref.startswith(HEADS):
        return (_no_branch(update.ref),)
    branch = update.ref.removeprefix(HEADS)
    if update.after is None:
        return (_deleted(rules, branch, update.before),)
    word = word_of(rules, branch)
    found = answers(rules, branch, word, update.after, proposed=update.change is not None)
    return (*_applied(rules, branch, update.after), *found, *violations(rules, update))


def answers(rules: Rules, branch: str, word: str | None, commit: str, *, proposed: bool = False) -> tuple[Action, ...]:
    """Return what a commit on a branch for *word* asks for, the profile aside; *proposed*: a change of it is open."""
    if word is None:
        return (_unknown(rules, branch),)
    if word not in SCOPES:
        return (_without(branch, word),)
    if not rules.checks:
        return (_elsewhere(branch, commit),)
    target = target_of(rules, word)
    domain: Domain = "protected" if is_protected(rules, branch) else "branch"
    is_sampled = word == "feature" and bool(rules.sample) and not proposed
    why = _WHY["sampled" if is_sampled else word].format(target=shown(target))
    scope: Scope = "sampled" if is_sampled else SCOPES[word]
    sample = rules.sample if is_sampled else {}
    check = Check(commit, branch, target, domain, scope, f"{shown(branch)}: {why}", sample)
    deployed = _deployed(rules, branch, commit)
    released = (Release(commit, f"What is on {shown(branch)} becomes a version when its check passes."),)
    makes = word == "main" or any(isinstance(one, Deploy) and one.deploy == "auto" for one in deployed)
    return (check, *(released if makes else ()), *deployed)


def _applied(rules: Rules, branch: str, commit: str) -> tuple[Action, ...]:
    if branch != rules.default:
        return ()
    return (Apply(commit, f"The profile.yaml on {shown(branch)} is the wanted state of the workspace."),)


def _deployed(rules: Rules, branch: str, commit: str) -> tuple[Action, ...]:
    return tuple(_deploy(rules, place.name, place.deploy, branch, commit) for place in rules.places
                 if place.branch == branch)  # fmt: skip


def _deploy(rules: Rules, name: str, deploy: str, branch: str, commit: str) -> Action:
    if not is_protected(rules, branch):
        return Nothing(
            f"The environment {name} takes from {shown(branch)}, which anyone of the project can push to.",
            f"Let it take from {shown(rules.main)}: `environments: {{{name}: {{from: {shown(rules.main)}}}}}`.",
        )
    if deploy == "auto":
        return Deploy(name, commit, "auto", f"The environment {name} takes from {shown(branch)} by itself.")
    return Deploy(name, commit, "approved", f"The environment {name} takes from {shown(branch)} when a person says so.")


def _no_branch(ref: str) -> Nothing:
    if ref.startswith(TAGS):
        return Nothing(
            f"{shown(ref.removeprefix(TAGS))} is a tag: it starts nothing. One that names a version or a deployment is "
            "a claim, which counts when a signed record bears it out.",
            "Versions are made by merging to the main branch; `roadworthy history` tells which tags count.",
        )
    return Nothing(
        f"{shown(ref)} is neither a branch nor a tag: no rule reads it.", f"Push to a branch, below {HEADS}."
    )


def _deleted(rules: Rules, branch: str, before: str | None) -> Nothing:
    name = shown(branch)
    back = f"`git push origin {short(before or '')}:{typed(HEADS + branch)}`"
    if is_protected(rules, branch):
        return Nothing(f"{name} was deleted: nothing can be merged to it.", f"Put it back: {back}.")
    return Nothing(
        f"{name} was deleted: nothing of it is left to check.", f"If that was not meant, put it back: {back}."
    )


def _unknown(rules: Rules, branch: str) -> Nothing:
    if rules.branches == "gitflow":
        name = typed(f"feature/{branch.rpartition('/')[2] or 'NAME'}")
        return Nothing(
            f"Gitflow has no branch such as {shown(branch)}.",
            f"Rename it: `git branch -m {name}`, or hotfix/… or release/…; or write `branches: trunk` in profile.yaml.",
        )
    return Nothing(
        f"No pattern under `branches` in profile.yaml matches {shown(branch)}.",
        f"Add one, such as `{shown(branch)}: feature`, on {shown(rules.default)}.",
    )


def _without(branch: str, word: str) -> Nothing:
    if word == "nothing":
        return Nothing(
            f"`branches` in profile.yaml says that nothing is done about {shown(branch)}.",
            "If something should be: give its pattern another word, such as `feature`.",
        )
    return Nothing(
        f"`branches` in profile.yaml says {shown(word)!r} of {shown(branch)}, which is no word for a branch.",
        f"Write one of {', '.join(WORDS)}.",
    )


def _elsewhere(branch: str, commit: str) -> Nothing:
    return Nothing(
        f"The forge's own runners check {short(commit)} on {shown(branch)}: profile.yaml says `ci: {{runner: forge}}`.",
        "To have it checked, and released and deployed, here: `ci: {runner: platform}`.",
    )
