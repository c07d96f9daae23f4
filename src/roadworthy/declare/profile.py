"""`profile.yaml`: who, where, when. Committing it is the only switch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Role = Literal["maintainer", "contributor", "reader"]


@dataclass(frozen=True)
class RepositoryPlace:
    """Which forge hosts the repository."""

    forge: Literal["embedded", "github", "gitlab"] = "embedded"
    url: str | None = None


@dataclass(frozen=True)
class Reviewers:
    """Who may approve from which perspective; only the perspectives listed are required."""

    software: tuple[str, ...] = ()
    analysis: tuple[str, ...] = ()


@dataclass(frozen=True)
class ReviewRules:
    """What a review shows, and which paths need which perspective."""

    rows: Literal["allowed", "never"] = "allowed"
    paths: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Storage:
    """How much is kept, and for how long."""

    quota: str | None = None
    retention: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class PythonEnvironment:
    """The project's Python environment: made from the lock, or (`managed: false`) the active interpreter."""

    python: str | None = None
    lock: str = "requirements.txt"
    managed: bool = True


@dataclass(frozen=True)
class FeatureRuns:
    """What runs on feature branches use instead of the declared parameters."""

    params: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class ContinuousIntegration:
    """Who runs the tests of a push, and with what."""

    runner: Literal["platform", "forge"] = "platform"
    feature: FeatureRuns = field(default_factory=FeatureRuns)
    secrets: tuple[str, ...] = ()


@dataclass(frozen=True)
class TrainOn:
    """What starts continuous training."""

    data: tuple[str, ...] = ()
    schedule: str | None = None
    alarm: tuple[str, ...] = ()


@dataclass(frozen=True)
class Training:
    """Continuous training: makes a change to review, never a silent swap."""

    on: TrainOn = field(default_factory=TrainOn)
    base: str = "production"
    approve: Literal["people", "gates"] = "people"


@dataclass(frozen=True)
class Hold:
    """How long, and for how many predictions, a canary is watched."""

    for_: str
    at_least: int = 0


@dataclass(frozen=True)
class Rollout:
    """How a version takes over an environment."""

    shadow: str | None = None
    canary: tuple[str, ...] = ()
    hold: Hold | None = None
    back_when: str | None = None


@dataclass(frozen=True)
class Batch:
    """Scoring on a schedule."""

    schedule: str
    input: str
    output: Mapping[str, str]


@dataclass(frozen=True)
class BatchServing:
    """Serving by a scheduled batch."""

    batch: Batch


@dataclass(frozen=True)
class Environment:
    """A place where versions are deployed."""

    from_: str = "main"
    deploy: Literal["auto", "approved"] = "approved"
    serve: Literal["online"] | BatchServing = "online"
    rollout: Rollout | None = None


@dataclass(frozen=True)
class PredictionLog:
    """What is kept of each prediction; undeclared columns are never stored."""

    keep: Literal["declared", "none"] = "declared"
    hash: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    retention: str | None = None


@dataclass(frozen=True)
class AlertChannel:
    """Where to tell of what."""

    to: str
    on: tuple[str, ...]


@dataclass(frozen=True)
class Profile:
    """The whole of `profile.yaml`. Only `project` must be said."""

    apiVersion: Literal["roadworthy/v1alpha1"]
    project: str
    description: str = ""
    members: Mapping[str, Role] = field(default_factory=dict)
    repository: RepositoryPlace = field(default_factory=RepositoryPlace)
    branches: Literal["gitflow", "trunk"] | Mapping[str, str] = "gitflow"
    reviewers: Reviewers = field(default_factory=Reviewers)
    review: ReviewRules = field(default_factory=ReviewRules)
    storage: Storage = field(default_factory=Storage)
    environment: PythonEnvironment = field(default_factory=PythonEnvironment)
    ci: ContinuousIntegration = field(default_factory=ContinuousIntegration)
    train: Training | None = None
    environments: Mapping[str, Environment] = field(default_factory=dict)
    log: PredictionLog = field(default_factory=PredictionLog)
    alerts: tuple[AlertChannel, ...] = ()
