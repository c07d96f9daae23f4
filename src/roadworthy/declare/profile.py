"""`profile.yaml`: who, where, when. Committing it is the only switch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from roadworthy.declare.form import (
    Alert,
    Duration,
    Inside,
    Name,
    Percent,
    PythonVersion,
    Schedule,
    Size,
    Variable,
)

Role = Literal["maintainer", "contributor", "reader"]
Happening = Literal["alarm", "deploy", "rollback", "merge", "unreviewed", "failed_ci"]


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
    paths: Mapping[str, Literal["none", "software", "analysis"]] = field(default_factory=dict)


@dataclass(frozen=True)
class Storage:
    """How much is kept, and for how long."""

    quota: Size | None = None
    retention: Mapping[str, Duration] = field(default_factory=dict)


@dataclass(frozen=True)
class PythonEnvironment:
    """The project's Python environment: made from the lock, or (`managed: false`) the active interpreter."""

    python: PythonVersion | None = None
    lock: Inside = "requirements.txt"
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
    secrets: tuple[Variable, ...] = ()


@dataclass(frozen=True)
class TrainOn:
    """What starts continuous training."""

    data: tuple[str, ...] = ()
    schedule: Schedule | None = None
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

    for_: Duration
    at_least: int = 0


@dataclass(frozen=True)
class Rollout:
    """How a version takes over an environment."""

    shadow: Duration | None = None
    canary: tuple[Percent, ...] = ()
    hold: Hold | None = None
    back_when: str | None = None


@dataclass(frozen=True)
class Batch:
    """Scoring on a schedule."""

    schedule: Schedule
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
    retention: Duration | None = None


@dataclass(frozen=True)
class AlertChannel:
    """Where to tell of what."""

    to: Alert
    on: tuple[Happening, ...]


@dataclass(frozen=True)
class Profile:
    """The whole of `profile.yaml`. Only `project` must be said."""

    apiVersion: Literal["roadworthy/v1alpha1"]
    project: Name
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
    environments: Mapping[Name, Environment] = field(default_factory=dict)
    log: PredictionLog = field(default_factory=PredictionLog)
    alerts: tuple[AlertChannel, ...] = ()
