"""What is actually installed in a Python environment, read from the names of its metadata folders."""

from __future__ import annotations

import json
import os
import re
import site
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from roadworthy.errors import EnvironmentFailed
from roadworthy.ledger.objects.address import Address

_SEPARATORS = re.compile(r"[-_.]+")
_METADATA = (".dist-info", ".egg-info")
_ASK = "import json,site,sys;print(json.dumps([list(sys.version_info[:2]),site.getsitepackages()]))"


@dataclass(frozen=True, slots=True)
class Installed:
    """The distributions of one interpreter.

    Attributes:
        python: Its version, e.g. `3.11`.
        distributions: Normalised name → version.
    """

    python: str
    distributions: tuple[tuple[str, str], ...]

    @property
    def digest(self) -> str:
        """A name for exactly these distributions under this version of Python: 64 hexadecimal digits."""
        return Address.of(json.dumps([self.python, self.distributions]).encode()).digest


def look(python: Path) -> Installed:
    """Return what is installed for the interpreter *python*, without importing any of it.

    Raises:
        EnvironmentFailed: The interpreter cannot be started.
    """
    version, folders = _isolated(python) or _own(python) or _ask(python)
    found = {name: release for folder in folders for name, release in _distributions(folder)}
    return Installed(version, tuple(sorted(found.items())))


def normalised(name: str) -> str:
    """Return a distribution's name as all spellings of it agree.

    Source:
        Python Packaging User Guide, "Names and normalization" (PEP 503).
    """
    return _SEPARATORS.sub("-", name).lower()


def _distributions(folder: Path) -> list[tuple[str, str]]:
    try:
        names = os.listdir(folder)  # noqa: PTH208 - names alone are wanted, on the path of every command
    except (FileNotFoundError, NotADirectoryError):
        return []
    found = []
    for name in names:
        stem, ending = os.path.splitext(name)  # noqa: PTH122 - as above
        if ending in _METADATA:
            parts = stem.split("-")
            found.append((normalised(parts[0]), parts[1] if len(parts) > 1 else ""))
    return found


def _isolated(python: Path) -> tuple[str, list[Path]] | None:
    """Read a virtual environment's folders off the disk; None when it is not one that stands alone."""
    try:
        settings = (python.parent.parent / "pyvenv.cfg").read_text(encoding="utf-8")
    except OSError:
        return None
    if re.search(r"^include-system-site-packages\s*=\s*true", settings, re.MULTILINE):
        return None
    folders = sorted(python.parent.parent.glob("lib/python3.*/site-packages"))
    return (folders[0].parent.name.removeprefix("python"), folders) if len(folders) == 1 else None


def _own(python: Path) -> tuple[str, list[Path]] | None:
    if python != Path(sys.executable):
        return None
    return f"{sys.version_info[0]}.{sys.version_info[1]}", [Path(folder) for folder in site.getsitepackages()]


def _ask(python: Path) -> tuple[str, list[Path]]:
    try:
        answer = subprocess.run([python, "-I", "-c", _ASK], capture_output=True, check=True, timeout=60)
        version, folders = json.loads(answer.stdout)
    except (OSError, subprocess.SubprocessError, ValueError) as fault:
        raise EnvironmentFailed(
            f"The interpreter {python} cannot be started: {fault}.",
            remedy="Activate a Python environment that works, or let Roadworthy make one (`managed: true`).",
        ) from fault
    return f"{version[0]}.{version[1]}", [Path(folder) for folder in folders]
