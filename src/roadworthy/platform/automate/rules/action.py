"""What a push makes the platform do, as values: each says why, in words."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Domain = Literal["protected", "branch"]  # whose package cache and shared runs a check may write
Scope = Literal["sampled", "feature", "full", "gates"]
SHORT = 12  # digits of a commit that are shown


@dataclass(frozen=True, slots=True)
class Check:
    """Run and test a commit, and hold it against its target and against production.

    Attributes:
        target: The branch whose requirements and gates count.
        scope: `sampled` runs with the parameters of `ci.feature.params`, and can therefore fail a gate and never
            satisfy one for a merge; `feature` and `full` run everything as declared; `gates` also asks that every gate
            passes.
        sample: The parameters of a sampled check, by their dotted names.
    """

    commit: str
    branch: str
    target: str
    domain: Domain
    scope: Scope
    reason: str
    sample: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Apply:
    """Make the workspace as the commit's `profile.yaml` says."""

    commit: str
    reason: str


@dataclass(frozen=True, slots=True)
class Release:
    """Make a version of a commit, once its check passes."""

    commit: str
    reason: str


@dataclass(frozen=True, slots=True)
class Deploy:
    """Put a commit's version into an environment, once its check passes and the version is made."""

    environment: str
    commit: str
    deploy: Literal["auto", "approved"]
    reason: str


@dataclass(frozen=True, slots=True)
class Nothing:
    """Nothing is done, and what would change that."""

    reason: str
    fix: str


@dataclass(frozen=True, slots=True)
class Violation:
    """Something went against the branch model: told once, with what mends it."""

    reason: str
    fix: str


Action = Check | Apply | Release | Deploy | Nothing | Violation


def shown(name: str) -> str:
    """Return a name of git's as it can be shown anywhere: what does not print is escaped."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in name)


def typed(name: str) -> str:
    """Return a name of git's as it stands in a command that a person may copy: no shell reads more into it."""
    return shlex.quote(shown(name))


def short(commit: str) -> str:
    """Return as much of a commit's name as people read."""
    return shown(commit[:SHORT])
