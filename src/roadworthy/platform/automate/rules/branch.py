"""What a branch is for, by its name: `branches` of the profile, read as one of six words."""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Literal, cast, get_args

if TYPE_CHECKING:
    from collections.abc import Mapping

    from roadworthy.declare.profile import Profile

Word = Literal["feature", "develop", "release", "main", "hotfix", "nothing"]
WORDS: tuple[Word, ...] = get_args(Word)
HEADS, TAGS = "refs/heads/", "refs/tags/"
GITFLOW: Mapping[str, Word] = {
    "feature/": "feature", "bugfix/": "feature", "release/": "release", "hotfix/": "hotfix"
}  # fmt: skip
DEVELOP = "develop"
FIXES = frozenset({"feature", "hotfix"})  # words of branches that may hold a fix for a release that is prepared


@dataclass(frozen=True, slots=True)
class Place:
    """An environment, as far as a push concerns it."""

    name: str
    branch: str
    deploy: Literal["auto", "approved"]


@dataclass(frozen=True, slots=True)
class Rules:
    """What the profile says about pushes.

    Attributes:
        branches: `gitflow`, `trunk`, or patterns of branch names and the word for each.
        default: The branch whose `profile.yaml` is the wanted state.
        places: The environments.
        sample: `ci.feature.params`: what features are run with until a change is open.
        checks: Whether the platform's own runners check; `ci: {runner: forge}` leaves it to the forge's.
    """

    branches: str | Mapping[str, str] = "gitflow"
    default: str = "main"
    places: tuple[Place, ...] = ()
    checks: bool = True
    sample: Mapping[str, object] = field(default_factory=dict)

    @property
    def main(self) -> str:
        """The branch that versions are made of."""
        if isinstance(self.branches, str):
            return "main" if self.branches == "gitflow" and self.default == DEVELOP else self.default
        return self._named("main") or self.default

    @property
    def develop(self) -> str | None:
        """The branch that features come together on, where the model has one."""
        if isinstance(self.branches, str):
            return DEVELOP if self.branches == "gitflow" else None
        return self._named("develop")

    def _named(self, word: Word) -> str | None:
        named = (name for name, meant in cast("Mapping[str, str]", self.branches).items() if meant == word)
        return next((name for name in sorted(named) if not set(name) & set("*?[")), None)


def rules_of(profile: Profile, default: str) -> Rules:
    """Return what *profile*, which stands on the branch *default*, says about pushes."""
    places = tuple(Place(name, one.from_, one.deploy) for name, one in sorted(profile.environments.items()))
    checks = profile.ci.runner == "platform"
    return Rules(profile.branches, default, places, checks=checks, sample=profile.ci.feature.params)


def word_of(rules: Rules, branch: str) -> str | None:
    """Return what *branch* is for: one of `WORDS`; None when no rule names it, and what a mapping says as it says it.

    In a mapping the exact name counts before a pattern, and a longer pattern before a shorter one. The default branch,
    where no pattern matches it, is `main`: a profile cannot forget the branch that it stands on.
    """
    if not isinstance(rules.branches, str):
        found = _mapped(rules.branches, branch)
        return "main" if found is None and branch == rules.default else found
    if branch == rules.main:
        return "main"
    if rules.branches == "trunk":
        return "feature"
    if branch == DEVELOP:
        return "develop"
    return next((word for prefix, word in GITFLOW.items() if branch.startswith(prefix) and branch != prefix), None)


def _mapped(patterns: Mapping[str, str], branch: str) -> str | None:
    if branch in patterns:
        return patterns[branch]
    matching = (pattern for pattern in patterns if fnmatchcase(branch, pattern))
    best = max(matching, key=lambda pattern: (len(pattern), pattern), default=None)
    return None if best is None else patterns[best]


def is_protected(rules: Rules, branch: str) -> bool:
    """Whether commits reach *branch* by merges of changes alone: the default, main and develop branches.

    A release branch takes fixes by pushes, as Gitflow has it: see `docs/decisions/0021-release-branches.md`.
    """
    return branch == rules.default or word_of(rules, branch) in {"main", "develop"}


def target_of(rules: Rules, word: str) -> str:
    """Return the branch that a branch for *word* is held against."""
    return (rules.develop or rules.main) if word == "feature" else rules.main


def targets_of(rules: Rules, word: str) -> tuple[str, ...]:
    """Return the branches that a change from a branch for *word* may go to; empty when to none."""
    if word == "feature":
        return (target_of(rules, word),)
    if word in {"release", "hotfix"}:
        return tuple(name for name in (rules.main, rules.develop) if name)
    if word == "main" and rules.develop:
        return (rules.develop,)
    # Without release branches develop itself is what main is made of.
    return (rules.main,) if word == "develop" and not has_releases(rules) else ()


def may_go(rules: Rules, word: str, target: str) -> bool:
    """Whether a change from a branch for *word* may go to *target*; as a fix, also to a release that is prepared."""
    is_fix = word in FIXES and word_of(rules, target) == "release"
    return is_fix or target in targets_of(rules, word)


def has_releases(rules: Rules) -> bool:
    """Whether the model has branches on which releases are prepared."""
    return rules.branches == "gitflow" or (not isinstance(rules.branches, str) and "release" in rules.branches.values())
