"""What of the disk an interpreter needs in order to start: its Python environment, and what that was made from."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

_LONGEST_CHAIN = 8  # of links from one interpreter to the next


@cache
def home_of(python: Path) -> tuple[Path, bool]:
    """Return the folder of a Python environment, and whether it is a virtual one: the system's is compiled already."""
    home = python.parent.parent.resolve()
    return home, (home / "pyvenv.cfg").exists()


@cache
def needed(python: Path) -> tuple[str, ...]:
    """Return the folders that the interpreter *python* reads: of its environment, and of those it was made from.

    A link on the way is named as it is called and as what it leads to.
    """
    found: dict[str, None] = {}
    places = [python.absolute(), *_made_from(python)]
    for _ in range(_LONGEST_CHAIN):
        if not places:
            break
        place = places.pop()
        found[str(place.parent.parent)] = None
        found[str(place.parent.parent.resolve())] = None
        if place.is_symlink():
            places.append(place.parent / os.readlink(place))  # noqa: PTH115 - joined before it is resolved
    return tuple(os.path.normpath(place) for place in found if not _is_of_the_system(place))


def _made_from(python: Path) -> list[Path]:
    try:
        lines = (python.parent.parent / "pyvenv.cfg").read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    said = dict(line.replace(" ", "").split("=", 1) for line in lines if "=" in line)
    return [Path(said["home"]) / "python"] if "home" in said else []


def _is_of_the_system(place: str) -> bool:
    return place in {"/", "/usr"} or place.startswith("/usr/")
