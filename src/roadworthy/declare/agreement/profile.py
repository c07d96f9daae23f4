"""Whether a profile agrees with itself, and with the sources and windows that it names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from roadworthy.declare.agreement.report import Report

if TYPE_CHECKING:
    from roadworthy.declare.fault import Fault
    from roadworthy.declare.pipeline import Pipeline
    from roadworthy.declare.profile import Profile
    from roadworthy.declare.read.file import Document
    from roadworthy.declare.requirements import Requirements


def faults(
    document: Document[Profile], pipeline: Pipeline | None, requirements: Requirements | None
) -> tuple[Fault, ...]:
    """Return what does not agree in a profile."""
    report, profile = Report(document), document.value
    if profile is None:
        return ()
    if profile.repository.forge != "embedded" and profile.repository.url is None:
        problem = f"Where on {profile.repository.forge} the repository is, is not said."
        report.at(("repository",), problem, "Add `url: https://…`.")
    for name, environment in profile.environments.items():
        if environment.rollout is not None and environment.serve != "online":
            problem = "A rollout is of an environment that serves online."
            report.at(("environments", name, "rollout"), problem, "Remove it.")
    _log(report, profile)
    _training(report, profile, pipeline, requirements)
    return report.all()


def _log(report: Report, profile: Profile) -> None:
    for number, column in enumerate(profile.log.hash):
        if column in profile.log.drop:
            problem = f"`{column}` is to be hashed and to be dropped."
            report.at(("log", "hash", number), problem, "Keep one of the two.")


def _training(report: Report, profile: Profile, pipeline: Pipeline | None, requirements: Requirements | None) -> None:
    if profile.train is None:
        return
    for number, name in enumerate(profile.train.on.data if pipeline is not None else ()):
        known = {*pipeline.sources, *pipeline.datasets} if pipeline is not None else set()
        report.unless_known(("train", "on", "data", number), name, known, "a source or dataset of the pipeline")
    windows = {window.name for window in requirements.windows} if requirements is not None else set()
    for number, name in enumerate(profile.train.on.alarm if requirements is not None else ()):
        report.unless_known(("train", "on", "alarm", number), name, windows, "a window of the requirements")
