"""Bytes reach their place whole: written aside, flushed, renamed. A reader sees all of them or none."""

from __future__ import annotations

import contextlib
import errno
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from roadworthy.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_READ_ONLY = {errno.EROFS, errno.EACCES, errno.EPERM}
_ABANDONED_S = 600  # a draft of a dead process that nobody wrote to for so long is swept away


def write_whole(path: Path, pour: Callable[[BinaryIO], None], *, aside: Path, mode: int = 0o666) -> None:
    """Make *path* hold what *pour* writes: durable when this returns, untouched when it raises.

    Args:
        path: Replaced as a whole; a symlink there is replaced, never followed.
        pour: Writes the bytes; called again from the start when *aside* lies on another file system.
        aside: A folder for the unfinished file; made when it is not there.
        mode: Permissions of the file, less the umask.

    Raises:
        StorageError: The disk is full or the folder is read-only.
    """
    with storage_errors(path):
        make_folder(path.parent)
        for folder in (aside, path.parent):
            with _draft(folder, pour, mode) as draft:
                try:
                    draft.replace(path)
                except OSError as fault:
                    if fault.errno != errno.EXDEV or folder == path.parent:
                        raise
                    continue
            break
        sync_folder(path.parent)


def write_once(path: Path, data: bytes, *, aside: Path, mode: int = 0o666) -> bool:
    """Make *path* hold *data* unless something is there already; return whether it was us who made it.

    Of any number of writers at once, one wins, and no reader sees less than its whole data.

    Raises:
        StorageError: The disk is full or the folder is read-only.
    """
    with storage_errors(path):
        make_folder(path.parent)
        with _draft(aside, lambda file: _write(file, data), mode) as draft:
            try:
                os.link(draft, path, follow_symlinks=False)
            except FileExistsError:
                return False
        sync_folder(path.parent)
        return True


def open_draft(aside: Path, mode: int = 0o666) -> tuple[Path, BinaryIO]:
    """Make an unfinished file in *aside*, which is made when it is not there; `sweep` removes what is forgotten.

    Raises:
        OSError: As the system says.
    """
    aside.mkdir(parents=True, exist_ok=True)
    draft = aside / f"{os.uname().nodename}-{os.getpid()}-{os.urandom(6).hex()}.aside"
    handle = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
    return draft, os.fdopen(handle, "wb")


def write_bytes(path: Path, data: bytes, *, aside: Path, mode: int = 0o666) -> None:
    """Make *path* hold *data*, as `write_whole` does."""
    write_whole(path, lambda file: _write(file, data), aside=aside, mode=mode)


def make_folder(folder: Path) -> None:
    """Make *folder* and those above it, durably. Raises OSError, FileExistsError when a file stands there."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in *folder* durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sweep(aside: Path) -> None:
    """Remove drafts that processes of this machine left behind when they were killed."""
    with contextlib.suppress(OSError):
        for entry in os.scandir(aside):
            if _is_abandoned(entry):
                Path(entry.path).unlink()


@contextlib.contextmanager
def storage_errors(path: Path) -> Iterator[None]:
    """Turn the system's refusal to write *path* into an error that says what to do."""
    try:
        yield
    except OSError as fault:
        if fault.errno in _FULL:
            raise StorageError(
                f"{path} cannot be written: the disk or the quota is full.",
                remedy="Free some space and run the command again: what was finished is kept.",
            ) from fault
        if fault.errno in _READ_ONLY:
            folder = _closed(path)
            raise StorageError(
                f"{path} cannot be written: {folder} is read-only or belongs to somebody else.",
                remedy=f"Make {folder} writable for you and run the command again.",
            ) from fault
        raise StorageError(
            f"{path} cannot be written: {fault.strerror or fault}.",
            remedy=f"Look at {path.parent}, mend it, and run the command again.",
        ) from fault


@contextlib.contextmanager
def _draft(aside: Path, pour: Callable[[BinaryIO], None], mode: int) -> Iterator[Path]:
    draft, opened = open_draft(aside, mode)
    try:
        with opened as file:
            pour(file)
            file.flush()
            os.fsync(file.fileno())
        yield draft
    finally:
        draft.unlink(missing_ok=True)


def _closed(path: Path) -> Path:
    """Return the folder to open for *path*: the one that the user knows, when all that we keep in it is closed too."""
    hidden = next((one for one in reversed(path.parents) if one.name.startswith(".")), None)
    if hidden is None or os.access(hidden.parent, os.W_OK):
        return path.parent
    return hidden.parent


def _write(file: BinaryIO, data: bytes) -> None:
    file.write(data)


def _is_abandoned(entry: os.DirEntry[str]) -> bool:
    node, _, rest = entry.name.removesuffix(".aside").rpartition("-")[0].rpartition("-")
    if node != os.uname().nodename or not rest.isdigit() or not entry.name.endswith(".aside"):
        return False
    if time.time() - entry.stat(follow_symlinks=False).st_mtime < _ABANDONED_S:
        return False
    try:
        os.kill(int(rest), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
