"""What is declared already and acted on by nothing yet: it is said, for silence would look like success."""

from __future__ import annotations

from typing import TYPE_CHECKING

from roadworthy.declare.profile import BatchServing, Training

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from roadworthy.declare.profile import Profile
    from roadworthy.declare.requirements import Requirements

_USUAL = Training()


def idle(profile: Profile | None, requirements: Requirements | None) -> tuple[str, ...]:
    """Return a note for each such key that is declared, with its file."""
    return (*_noted("profile.yaml", _of_profile(profile)), *_noted("requirements.yaml", _of_requirements(requirements)))


def _noted(file: str, keys: Mapping[str, bool]) -> Iterator[str]:
    return (f"{file}: nothing acts on `{key}` yet" for key, is_declared in keys.items() if is_declared)


def _of_profile(profile: Profile | None) -> dict[str, bool]:
    if profile is None:
        return {}
    train = profile.train or _USUAL
    found = {
        "repository.forge": profile.repository.forge != "embedded",
        "storage.retention": bool(profile.storage.retention),
        "ci.runner: forge": profile.ci.runner == "forge",
        "train.on.data": bool(train.on.data),
        "train.on.alarm": bool(train.on.alarm),
        "train.base": train.base != _USUAL.base,
        "train.approve": train.approve != _USUAL.approve,
        "log.retention": profile.log.retention is not None,
        "alerts": bool(profile.alerts),
    }
    for name, environment in profile.environments.items():
        found[f"environments.{name}.rollout"] = environment.rollout is not None
        found[f"environments.{name}.serve.batch"] = isinstance(environment.serve, BatchServing)
    return found


def _of_requirements(requirements: Requirements | None) -> dict[str, bool]:
    return {} if requirements is None else {"windows": bool(requirements.windows)}
