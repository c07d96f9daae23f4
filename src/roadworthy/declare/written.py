"""Which files a project declares, and their bytes: cheap, as it stands on the path of every command."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from blake3 import blake3

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

LARGEST = 1024 * 1024
SINGLE = ("profile.yaml", "pipeline.yaml", "dvc.yaml", "requirements.yaml", "params.yaml")
FOLDERS = ("contracts", "failure_modes")


class Unreadable(Exception):
    """A declared file whose bytes cannot be had."""

    def __init__(self, problem: str, fix: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.fix = fix


def is_there(path: Path) -> bool:
    """Whether something stands at *path*; a name that no file system takes names nothing."""
    return os.path.exists(path)  # noqa: PTH110 - Path.exists raises where a name is too long, or holds a NUL


def is_file(path: Path) -> bool:
    """Whether a file stands at *path*; a name that no file system takes names none."""
    return os.path.isfile(path)  # noqa: PTH113 - as above


def is_folder(path: Path) -> bool:
    """Whether a folder stands at *path*; a name that no file system takes names none."""
    return os.path.isdir(path)  # noqa: PTH112 - as above


def bytes_of(path: Path) -> bytes:
    """Return the bytes of a declared file.

    Raises:
        Unreadable: It is no regular file, is larger than 1 MiB, or may not be read.
        FileNotFoundError: There is none.
    """
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):  # a pipe or a device would never end
            raise Unreadable("This is not a file.", "Put a text file there, or remove it.")
        with path.open("rb") as opened:
            data = opened.read(LARGEST + 1)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise Unreadable(f"It cannot be read: {error.strerror}.", "Make the file readable.") from error
    if len(data) > LARGEST:
        size = f"{max(found.st_size, len(data)) / LARGEST:.2f} MiB"
        raise Unreadable(f"The file is larger than 1 MiB: it has {size}.", "Keep big tables in data files.")
    return data


def gather(folder: Path) -> dict[str, bytes | Unreadable]:
    """Return every declared file of a project by its path inside *folder*, in a fixed order."""
    found: dict[str, bytes | Unreadable] = {}
    for file in _files(folder):
        try:
            found[file] = bytes_of(folder / file)
        except FileNotFoundError:
            continue
        except Unreadable as reason:
            found[file] = reason
    if "pipeline.yaml" in found:
        found.pop("dvc.yaml", None)
    return found


def _files(folder: Path) -> Iterator[str]:
    yield from SINGLE
    for name in FOLDERS:
        inside = folder / name
        if inside.is_dir():
            yield from sorted(f"{name}/{path.name}" for path in inside.glob("*.yaml"))


def digest(files: Mapping[str, bytes | Unreadable]) -> str | None:
    """Return a digest of all names and bytes; None when a file cannot be read."""
    hasher = blake3()
    for file, data in files.items():
        if isinstance(data, Unreadable):
            return None
        hasher.update(f"{len(file.encode())} {file} {len(data)}\n".encode())
        hasher.update(data)
    return hasher.hexdigest()
