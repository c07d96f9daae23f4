"""What this machine has of what Roadworthy needs, and how to get the rest."""

from __future__ import annotations

import importlib.util
import os
import platform
import re
import shutil
import stat
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from roadworthy.app.local import confinement, confinement_of_jobs
from roadworthy.app.remote.bucket import bucket_store
from roadworthy.errors import NotAllowed, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

State = Literal["ok", "note", "missing"]
_GIT = (2, 30)
_ROOM = 1 << 30
_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        name: What was looked at.
        state: `ok`; `note`: everything works, and there is something to know; `missing`: something does not work.
        found: What was found.
        remedy: How to get what is missing; empty when nothing is.
    """

    name: str
    state: State
    found: str
    remedy: str = ""


def examine(folder: Path, environment: Mapping[str, str]) -> tuple[Finding, ...]:
    """Return what was found on this machine, for work in *folder* with *environment*'s variables."""
    uv = _uv(environment)
    return (
        _system(sys.platform),
        _python(uv),
        uv,
        *_git(folder, environment),
        _room(folder),
        _key(folder),
        _bucket(environment),
        _confinement(environment),
        _jobs(environment),
    )


def _system(name: str) -> Finding:
    found = platform.platform()
    if name == "linux":
        return Finding("system", "ok", found)
    if name == "win32":
        return Finding("system", "missing", found, "Work inside WSL: `wsl --install`.")
    return Finding("system", "note", found, "Tested on Linux alone.")


def _python(uv: Finding) -> Finding:
    found = f"{platform.python_version()} at {sys.executable}"
    if uv.state != "ok" and (importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None):
        return Finding(
            "python", "missing", f"{found}, without venv", "Install it: `sudo apt-get install python3-venv`, or get uv."
        )
    return Finding("python", "ok", found)


def _uv(environment: Mapping[str, str]) -> Finding:
    beside = Path(sys.executable).parent / "uv"
    path = str(beside) if beside.exists() else shutil.which("uv", path=environment.get("PATH"))
    if path is None:
        remedy = "Python environments are made five times faster with it: `pip install 'roadworthy[uv]'`."
        return Finding("uv", "note", "not here: pip is used", remedy)
    return Finding("uv", "ok", f"{_says([path, '--version'], Path.cwd(), environment) or 'does not answer'} at {path}")


def _git(folder: Path, environment: Mapping[str, str]) -> tuple[Finding, ...]:
    said = _says(["git", "--version"], folder, environment)
    if said is None:
        return (Finding("git", "missing", "not here", "Install it: `sudo apt-get install git`."),)
    version = re.search(r"(\d+)\.(\d+)", said)
    if version is None or (int(version[1]), int(version[2])) < _GIT:
        remedy = f"Install git {_GIT[0]}.{_GIT[1]} or later."
        return (Finding("git", "missing", said, remedy),)
    return (Finding("git", "ok", said.removeprefix("git version ")), _identity(folder, environment))


def _identity(folder: Path, environment: Mapping[str, str]) -> Finding:
    said = _says(["git", "-c", "user.useConfigOnly=true", "var", "GIT_COMMITTER_IDENT"], folder, environment)
    if said:
        return Finding("git identity", "ok", said.partition(">")[0] + ">")
    remedy = "Say who you are: `git config --global user.name NAME` and `git config --global user.email ADDRESS`."
    return Finding("git identity", "missing", "not set", remedy)


def _room(folder: Path) -> Finding:
    free = shutil.disk_usage(folder).free
    found = f"{free / (1 << 30):.1f} GiB free in {folder}"
    if not os.access(folder, os.W_OK):
        return Finding("disk", "missing", f"{folder} is read-only", "Work in a folder that you may write to.")
    if free < _ROOM:
        return Finding("disk", "note", found, "Python environments and data need some gigabytes: make room.")
    return Finding("disk", "ok", found)


def _key(folder: Path) -> Finding:
    key = folder / ".roadworthy" / "key"
    if not key.exists():
        return Finding("signing key", "ok", "made with the first record")
    mode = stat.S_IMODE(key.stat().st_mode)
    if mode & 0o077:
        remedy = f"Others can read it and sign in this machine's name: `chmod 600 {key}`."
        return Finding("signing key", "missing", f"{key} has mode {mode:o}", remedy)
    return Finding("signing key", "ok", str(key))


def _bucket(environment: Mapping[str, str]) -> Finding:
    place = environment.get("ROADWORTHY_BUCKET", "")
    if not place:
        return Finding("bucket", "ok", "none: data and results stay on this machine")
    if place.startswith(("http://", "https://")):
        return _platform(place)
    path = Path(place.removeprefix("file://"))
    if not path.is_dir():
        remedy = "Make the folder, mount it, or set ROADWORTHY_BUCKET to another."
        return Finding("bucket", "missing", f"{place} is not there", remedy)
    return Finding("bucket", "ok", place)


def _confinement(environment: Mapping[str, str]) -> Finding:
    remedy = "Stages, tests and models run as you and can read what you can: run only code that you would run by hand."
    try:
        found = confinement(environment)()
    except UsageError as fault:
        return Finding("confinement", "missing", fault.problem, fault.remedy)
    if found.trusts is None:
        return Finding("confinement", "ok", found.name)
    return Finding("confinement", "note", f"{found.name} (trust {found.trusts})", remedy)


def _jobs(environment: Mapping[str, str]) -> Finding:
    try:
        said = confinement_of_jobs(environment)
    except UsageError as fault:
        return Finding("jobs of a platform", "missing", fault.problem, fault.remedy)
    if said.trusts is None:
        return Finding("jobs of a platform", "ok", said.name)
    remedy = "Install bubblewrap (`sudo apt-get install bubblewrap`), and see that `bwrap --ro-bind / / true` works."
    return Finding("jobs of a platform", "note", f"{said.name} (trust {said.trusts})", remedy)


def _platform(place: str) -> Finding:
    try:
        bucket_store(place)
    except (UsageError, NotAllowed) as fault:
        return Finding("bucket", "missing", fault.problem, fault.remedy)
    return Finding("bucket", "ok", f"{place}, where you are logged in")


def _says(command: list[str], folder: Path, environment: Mapping[str, str]) -> str | None:
    try:
        done = subprocess.run(
            command, cwd=folder, env=dict(environment), capture_output=True, check=False, timeout=_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.decode(errors="replace").strip() if done.returncode == 0 else None
