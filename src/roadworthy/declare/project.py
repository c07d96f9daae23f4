"""A project's declared files, read together: from the cache when none changed, with every fault when one did."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

from roadworthy.declare import restore
from roadworthy.declare.pinned import read_pin, write_pin
from roadworthy.declare.written import digest, gather
from roadworthy.errors import InvalidDeclaration, NotAProject
from roadworthy.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from roadworthy.declare.contract import Contract
    from roadworthy.declare.failure_mode import FailureMode
    from roadworthy.declare.fault import Fault
    from roadworthy.declare.pipeline import Pipeline
    from roadworthy.declare.profile import Profile
    from roadworthy.declare.requirements import Requirements

__all__ = ["Cache", "Declared", "faults", "find", "read", "read_pin", "write_pin"]

FORMAT = 5  # of what is cached: raised whenever a declared dataclass changes, which a test checks
_PROFILE, _DVC = "profile.yaml", "dvc.yaml"


class Cache(Protocol):
    """Keeps what was computed once. It may forget anything, and every operation may be repeated."""

    def get(self, key: str) -> bytes | None:
        """Return what was put under *key*, or None."""

    def put(self, key: str, value: bytes) -> None:
        """Keep *value* under *key*."""


@dataclass(frozen=True)
class Declared:
    """Everything that a project declares. Lists are tuples, but inside of values that are free (`params`, `meta`)."""

    folder: Path
    profile: Profile
    pipeline: Pipeline
    requirements: Requirements | None
    contracts: Mapping[str, Contract]
    failure_modes: Mapping[str, FailureMode]
    params: Mapping[str, object]
    notes: tuple[str, ...] = ()  # what stands in the files and is knowingly not read


class _Kept(Declared):
    """A project as the cache has it: each part is made when it is first asked for.

    Making the dataclasses of requirements and contracts costs more than an unchanged `run` does besides.
    """

    def __init__(self, folder: Path, parts: Mapping[str, Any]) -> None:
        vars(self).update(folder=folder, notes=tuple(parts["notes"]), _parts=parts)

    def __getattr__(self, name: str) -> Any:
        parts = vars(self).get("_parts", {})
        if name not in parts:
            raise AttributeError(name)
        vars(self)[name] = value = restore.restored(parts[name])
        return value


def find(start: Path) -> Path:
    """Return the project's folder: *start*, or the nearest one above it, that holds a `profile.yaml`.

    A folder with a `dvc.yaml` is a project too where no profile stands above it.

    Raises:
        NotAProject: There is none.
    """
    above = [folder := start.absolute(), *folder.parents]
    for name in (_PROFILE, _DVC):
        for candidate in above:
            if (candidate / name).is_file():
                return candidate
    raise NotAProject(
        f"There is no {_PROFILE} in {start} or above it.",
        remedy="Go into a project's folder, or make one: `roadworthy new DIR --template tabular`.",
    )


def read(folder: Path, cache: Cache) -> Declared:
    """Return everything that the project in *folder* declares.

    Raises:
        InvalidDeclaration: There are faults; all of them are listed.
    """
    files = gather(folder)
    key = digest(files)
    kept = _from_cache(cache, _key(key, folder)) if key else None
    if kept is None:
        afresh = _read_afresh(folder, files)
        if key:
            cache.put(_key(key, folder), afresh)
        kept = json.loads(afresh)
    return _Kept(folder, kept)


def faults(folder: Path) -> tuple[Fault, ...]:
    """Return every fault in and between the declared files, and in what they say of the folder's other files."""
    found: tuple[Fault, ...] = _readers().examine(folder).faults
    return found


def _from_cache(cache: Cache, key: str) -> Any:
    data = cache.get(key)
    try:
        return None if data is None else json.loads(data)
    except ValueError:  # it may be damaged: then it is as good as gone
        return None


def _key(digest_of_files: str, folder: Path) -> str:
    return f"declared/{VERSION}/{FORMAT}/{folder.name}/{digest_of_files}"


def _read_afresh(folder: Path, files: Mapping[str, Any]) -> bytes:
    parts, found = _readers().read_parts(folder.name, files)
    if found:
        count = f"{len(found)} faults" if len(found) > 1 else "a fault"
        shown = "\n".join(fault.render() for fault in found)
        raise InvalidDeclaration(
            f"There {'are' if len(found) > 1 else 'is'} {count} in the declared files.\n{shown}",
            remedy="Mend the lines above; `roadworthy check` says when all is well.",
        )
    return restore.dump(parts)


def _readers() -> Any:
    # Named at run time, not imported above: PyYAML and the type hints cost more than a whole unchanged command, and
    # are needed only when a file has changed.
    return import_module("roadworthy.declare.examine")
