"""Whether the outputs of stages keep off what is not theirs: other folders, git's, ours, and what is declared."""

from __future__ import annotations

import posixpath
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, NamedTuple

from roadworthy.declare.fault import quoted
from roadworthy.declare.written import FOLDERS, SINGLE

if TYPE_CHECKING:
    from roadworthy.declare.agreement.report import Path, Report
    from roadworthy.declare.pipeline import Stage

LOCK = "requirements.txt"
_KEPT = (".git", ".roadworthy")
_DECLARED = (*SINGLE, *FOLDERS, *(f"{folder}/*.yaml" for folder in FOLDERS), "*.pin")


class Objection(NamedTuple):
    """Why a path cannot be an output, and what to do."""

    problem: str
    fix: str


def objection(path: str, lock: str = LOCK) -> Objection | None:
    """Return why *path*, from the project's folder and normal, cannot be what a stage writes; None when it can."""
    if leads_out(path):
        return Objection(
            f"The output {quoted(path)} lies outside the project.", "Let the stage write inside the project's folder."
        )
    if path == "." or any(path == kept or path.startswith(f"{kept}/") for kept in _KEPT):
        return Objection(
            f"The output {quoted(path)} would take the place of what git or Roadworthy keeps there.",
            "Give it another path, for example build/NAME.",
        )
    if any(fnmatchcase(path, pattern) for pattern in (*_DECLARED, lock)):
        return Objection(
            f"The output {quoted(path)} would take the place of what the project declares there.",
            "Give it another path, for example build/NAME: stages make data and models, people write declarations.",
        )
    return None


def judge(report: Report, name: str, stage: Stage, lock: str) -> None:
    """Tell the outputs of a stage that are not its to write, and a working folder outside the project.

    Paths that hold `${…}` are not judged: what they stand for is known when the stages are made.
    """
    if leads_out(posixpath.normpath(stage.wdir)):
        problem = f"The working folder {quoted(stage.wdir)} lies outside the project."
        report.at(("stages", name, "wdir"), problem, "Name a folder of the project, or remove it.")
        return
    for kind in ("outs", "metrics", "plots"):
        for number, output in enumerate(getattr(stage, kind)):
            place: Path = ("stages", name, kind, number)
            if not output.path.strip():
                report.at(place, "A path is empty.", "Write the path, relative to the project's folder.")
            elif "${" not in stage.wdir + output.path:
                found = objection(posixpath.normpath(posixpath.join(stage.wdir, output.path)), lock)
                if found is not None:
                    report.at(place, *found)


def leads_out(path: str) -> bool:
    """Whether *path*, from the project's folder and normal, leads out of it."""
    return path == ".." or path.startswith(("../", "/"))
