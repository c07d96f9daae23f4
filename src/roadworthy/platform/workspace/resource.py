"""A resource: one thing that a workspace is made of, as `profile.yaml` asks for it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from roadworthy.declare.profile import Profile

Kind = Literal["project", "member", "bucket", "branch", "ci", "environment", "schedule", "alert"]
KINDS: tuple[Kind, ...] = get_args(Kind)
Key = tuple[Kind, str]

DEFAULT = "main"  # the branch of a hosted repository whose profile counts
_PROTECTED = {"gitflow": (DEFAULT, "develop"), "trunk": (DEFAULT,)}
_PROTECTING = frozenset({"main", "develop"})  # words of a mapping
MERGE_ONLY, OPEN = "merge only", "open"


@dataclass(frozen=True, slots=True)
class Resource:
    """What is wanted.

    Attributes:
        kind: What it is.
        name: Its name; with the kind, unique in the project.
        value: What is asked of it: JSON values.
    """

    kind: Kind
    name: str
    value: Mapping[str, object]

    @property
    def key(self) -> Key:
        """What it is called."""
        return (self.kind, self.name)


def wanted(profile: Profile) -> tuple[Resource, ...]:
    """Return everything that *profile* asks for, in the order in which it is made."""
    return tuple(_wanted(profile))


def protected(profile: Profile) -> tuple[str, ...]:
    """Return the patterns of the branches that nobody pushes to directly: the default branch, whatever is declared."""
    if isinstance(profile.branches, str):
        return _PROTECTED[profile.branches]
    patterns = (pattern for pattern, means in profile.branches.items() if means in _PROTECTING)
    return tuple(dict.fromkeys((DEFAULT, *patterns)))


def excepted(profile: Profile) -> tuple[str, ...]:
    """Return the patterns of a mapping that are pushed to, where a protected pattern may take in the same branches."""
    held = protected(profile)
    if isinstance(profile.branches, str) or not any(set(one) & set("*?[") for one in held):
        return ()
    return tuple(pattern for pattern in profile.branches if pattern not in held)


def _wanted(profile: Profile) -> Iterator[Resource]:
    yield Resource("project", profile.project, {"description": profile.description})
    for who, role in profile.members.items():
        yield Resource("member", who.removeprefix("user:"), {"role": role})
    yield Resource("bucket", profile.project, {"quota": profile.storage.quota})
    for pattern in protected(profile):
        yield Resource("branch", pattern, {"push": MERGE_ONLY})
    for pattern in excepted(profile):
        yield Resource("branch", pattern, {"push": OPEN})
    yield Resource("ci", "checks", {"runner": profile.ci.runner, "secrets": sorted(profile.ci.secrets)})
    for name, environment in profile.environments.items():
        yield Resource("environment", name, _plain(asdict(environment)))
    if profile.train is not None and profile.train.on.schedule is not None:
        yield Resource("schedule", "train", {"cron": profile.train.on.schedule})
    for to in dict.fromkeys(channel.to for channel in profile.alerts):  # what is declared twice is told of both
        happenings = {one for channel in profile.alerts if channel.to == to for one in channel.on}
        yield Resource("alert", to, {"on": sorted(happenings)})


def _plain(value: object) -> dict[str, object]:
    """Return a declared value as JSON has it: a tuple is a list, and what is not said is left out."""
    found = _json(value)
    return found if isinstance(found, dict) else {}


def _json(value: object) -> object:
    if isinstance(value, dict):
        return {str(name).rstrip("_"): _json(one) for name, one in value.items() if one is not None}
    if isinstance(value, list | tuple):
        return [_json(one) for one in value]
    return value
