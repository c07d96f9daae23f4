"""Whether a profile agrees with itself, and with the sources and windows that it names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from roadworthy.declare.agreement.parameter import dotted_names, has
from roadworthy.declare.agreement.report import Report

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from roadworthy.declare.fault import Fault
    from roadworthy.declare.profile import Profile
    from roadworthy.declare.read.file import Document


def faults(
    document: Document[Profile],
    data: Collection[str] | None,
    windows: Collection[str] | None,
    params: Mapping[str, object] | None,
) -> tuple[Fault, ...]:
    """Return what does not agree in a profile.

    *data*, *windows* and *params* are those there are, None when nobody can tell.
    """
    report, profile = Report(document), document.partial
    if profile is None:
        return ()
    if profile.repository.forge != "embedded" and profile.repository.url is None:
        problem = f"Where on {profile.repository.forge} the repository is, is not said."
        report.at(("repository",), problem, "Add `url: https://…`.")
    for name, environment in profile.environments.items():
        if environment.rollout is not None and environment.serve != "online":
            problem = "A rollout is of an environment that serves online."
            report.at(("environments", name, "rollout"), problem, "Remove it.")
    for name in profile.ci.feature.params:
        if params and not has(params, name):  # a profile is also read alone, by platforms
            report.unless_known(("ci", "feature", "params", name), name, dotted_names(params), "in params.yaml")
    _log(report, profile)
    _training(report, profile, data, windows)
    return report.all()


def _log(report: Report, profile: Profile) -> None:
    for number, column in enumerate(profile.log.hash):
        if column in profile.log.drop:
            problem = f"`{column}` is to be hashed and to be dropped."
            report.at(("log", "hash", number), problem, "Keep one of the two.")


def _training(report: Report, profile: Profile, data: Collection[str] | None, windows: Collection[str] | None) -> None:
    if profile.train is None:
        return
    for number, name in enumerate(profile.train.on.data):
        report.unless_known(("train", "on", "data", number), name, data, "a source or dataset of the pipeline")
    for number, name in enumerate(profile.train.on.alarm):
        report.unless_known(("train", "on", "alarm", number), name, windows, "a window of the requirements")
