"""The lock of a project's Python environment: a file of pinned requirements, best with hashes."""

from __future__ import annotations

import json
import platform
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from roadworthy.build.environment.installed import normalised
from roadworthy.errors import EnvironmentFailed
from roadworthy.ledger.objects.address import Address

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from roadworthy.build.environment.installed import Installed

_CONTINUED = re.compile(r"\\\n")
_PIN = re.compile(r"^(?P<name>[A-Za-z0-9][\w.-]*)(\[[^\]]*\])?==(?P<version>[^\s;\\]+)\s*(?P<marker>;)?", re.MULTILINE)

_PLAIN = re.compile(r"[A-Za-z0-9][\w.-]*(\[[^\]]*\])?\s*==\s*[^\s;@]+\s*(;((?!\s--).)*)?(\s+--hash=\w+:\w+)*")


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock as it was read: `text` is None when the file is not there."""

    path: Path
    text: str | None

    @property
    def hashed(self) -> bool:
        """Whether its requirements name the hashes of what may be installed."""
        return self.text is not None and "--hash=" in self.text

    @property
    def pins(self) -> Mapping[str, tuple[tuple[str, ...], bool]]:
        """Normalised name → the versions pinned, and whether every one of them is under a condition."""
        found: dict[str, tuple[tuple[str, ...], bool]] = {}
        for line in _PIN.finditer(self.text or ""):
            name = normalised(line["name"])
            versions, conditional = found.get(name, ((), True))
            found[name] = ((*versions, line["version"]), conditional and line["marker"] is not None)
        return found

    @property
    def loose(self) -> tuple[str, ...]:
        """The requirements that name neither a version nor a place, so that another day brings others."""
        lines = (line.partition(" #")[0].strip() for line in _CONTINUED.sub(" ", self.text or "").splitlines())
        asked = (line for line in lines if line and not line.startswith(("#", "-")))
        return tuple(line for line in asked if _PIN.match(line) is None and " @ " not in line)

    def digest(self, python: str) -> str:
        """Return a name for the environment that this lock makes with *python* on this kind of machine."""
        machine = [platform.system(), platform.machine(), platform.libc_ver()[0]]
        return Address.of(json.dumps([self.text, python, machine]).encode()).digest

    def allows(self, installed: Installed) -> bool:
        """Whether *installed* holds what is pinned here; a lock without pins vouches for nothing."""
        pins = self.pins
        there = dict(installed.distributions)
        return bool(pins) and all(
            there[name] in versions if name in there else conditional for name, (versions, conditional) in pins.items()
        )


def refuse_all_but_pins(lock: Lock) -> None:
    """Raise EnvironmentFailed when *lock* says anything but which versions are to be installed, and their hashes."""
    text = re.sub(r"\\\r?\n", " ", lock.text or "")
    for line in text.splitlines():
        said = re.sub(r"(^|\s)#.*", "", line).strip()
        if said and not _PLAIN.fullmatch(said):
            raise EnvironmentFailed(
                f"{lock.path.name} holds a line that is no pinned version: {said[:200]}",
                remedy="Where project code is confined, write `name==version`, with hashes, for each distribution: no "
                "options, paths or addresses. Compile it with `uv pip compile --generate-hashes`.",
            )


def read(path: Path) -> Lock:
    """Return the lock at *path*, which need not be there."""
    try:
        return Lock(path, path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Lock(path, None)
