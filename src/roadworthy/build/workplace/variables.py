"""The environment variables that a stage gets: these, the ones it declares, and no others."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

from roadworthy.build.workplace.confinement import Reach
from roadworthy.build.workplace.interpreter import home_of, needed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"


def variables(python: Path, kit: Path, folder: Path, scratch: Path, cpus: float) -> dict[str, str]:
    """Return what every stage gets.

    Args:
        python: The interpreter of the project's Python environment; its folder goes first on PATH.
        kit: The folder of the kit; goes first on PYTHONPATH.
        folder: The project's folder.
        scratch: A folder of the stage's own, thrown away afterwards: its home, and for its temporary files.
        cpus: How many processors the stage may use.
    """
    return {
        "PATH": f"{python.parent}:{SYSTEM_PATH}",
        "PYTHONPATH": f"{kit}:{folder / 'src'}:{folder}",
        "PYTHONHASHSEED": "0",
        "PYTHONUNBUFFERED": "1",
        "HOME": str(scratch),
        "TMPDIR": str(scratch),
        "LANG": "C.UTF-8",
        "GIT_OPTIONAL_LOCKS": "0",  # else `git status` writes into `.git`, which is closed
        "OMP_NUM_THREADS": str(max(1, math.ceil(cpus))),
    }


def reach_of(folder: Path, scratch: Path, python: Path, kit: Path, *, log: Path, all_told: bool = False) -> Reach:
    """Return what a stage may write: the project but not what git and we keep in it, its scratch folder, devices.

    Args:
        folder: The project's folder.
        scratch: As `variables` takes it; the report is written beside it.
        python: As `variables` takes it.
        kit: As `variables` takes it.
        log: Where its output goes: it may open its standard output again.
        all_told: Whether processes of every language are to be followed.
    """
    project, own = folder.resolve(), scratch.resolve()
    home, is_virtual = home_of(python)
    report = str(own.with_suffix(".trace"))
    return Reach(
        project=str(project),
        places={
            str(project): True,
            str(project / ".git"): False,
            str(project / ".roadworthy"): False,
            str(own): True,
            "/dev": True,
        },
        files=(report, str(log.resolve())),
        report=report,
        quiet=(
            str(project / ".git"),
            str(project / ".roadworthy"),
            *([] if project.is_relative_to(home) else [str(home)]),
        ),
        bytecode=(str(home / "lib"),) if is_virtual else (),
        all_told=all_told,
        reads=(*needed(python), str(kit.resolve())),
        hidden=(str(project / ".roadworthy"),),
    )


def closed(project: Path, scratch: Path, reads: Sequence[Path], pythons: Sequence[Path]) -> Reach:
    """Return the reach of what answers questions, such as a model or a test: it writes to its scratch folder alone.

    Args:
        project: The folder that it works in.
        scratch: A folder of its own, thrown away afterwards.
        reads: What else it reads: folders and files.
        pythons: The interpreters that it runs in.
    """
    folder, own = project.resolve(), scratch.resolve()
    places = {str(folder): False, str(folder / ".git"): False, str(own): True, "/dev": True}
    return Reach(
        project=str(folder),
        places=places,
        reads=(*(part for python in pythons for part in needed(python)), *(str(path.resolve()) for path in reads)),
        hidden=(str(folder / ".roadworthy"),),
    )


def trace_settings(reach: Reach) -> Mapping[str, str]:
    """Return the variable that has Python processes report what they open, and refuse what is out of *reach*."""
    settings = {"to": reach.report, "project": reach.project, "places": reach.places, "quiet": reach.quiet}
    return {"ROADWORTHY_TRACE": json.dumps(settings)}
