"""`failure_modes/FM-NNN.yaml`: a known scenario where the model fails, with examples and an owner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from roadworthy.declare.form import Date, Inside, Predicate, Share


@dataclass(frozen=True)
class Found:
    """When and by whom a failure mode was found."""

    on: Date
    by: Literal["monitor", "red_team", "person"]
    incident: str | None = None


@dataclass(frozen=True)
class Accepted:
    """Until when a failure mode is lived with, and why."""

    until: Date
    why: str


@dataclass(frozen=True)
class FailureMode:
    """The whole of a failure mode's file. `expect`: `label`, `flagged`, or a predicate over inputs and outputs."""

    apiVersion: Literal["roadworthy/v1alpha1"]
    title: str
    found: Found
    owner: str
    severity: Literal["low", "medium", "high", "critical"]
    examples: Inside
    expect: Predicate = "label"
    status: Literal["open", "guarded", "accepted"] = "open"
    accepted: Accepted | None = None
    share: Share = 1.0
    held_out: Inside | None = None
