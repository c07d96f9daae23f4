"""Landlock: the kernel refuses a thread, and all that it starts, to write anywhere but in given folders."""

from __future__ import annotations

import contextlib
import ctypes
import os
import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_LIBC = ctypes.CDLL(None, use_errno=True)
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # of every architecture that has them
_VERSION = 1  # a flag of the first: return the version of the interface
_PATH_BENEATH = 1  # a type of rules
_NO_NEW_PRIVS = 38  # of prctl
_RENAMES = 2  # the version from which on files can be moved between folders: without, stages that work would not
_TRUNCATES = 3

_WRITE_FILE, _TRUNCATE = 1 << 1, 1 << 14
_REMOVE_AND_MAKE = sum(1 << number for number in range(4, 13))  # folders, files, devices, sockets, pipes, links
_REFER = 1 << 13


def version() -> int:
    """Return the version of the kernel's interface, 0 when it has none that is of use."""
    found = int(_LIBC.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint(_VERSION)))
    return found if found >= _RENAMES else 0


def granted(places: Mapping[str, bool]) -> tuple[str, ...]:
    """Return the folders to grant so that everything that *places* allows is.

    Landlock only allows, and always whole trees: a place that is closed and lies in an open one cannot be kept closed.

    Args:
        places: Folder → whether it may be written; the innermost decides.
    """
    opened = [place for place, is_open in places.items() if is_open]
    return tuple(place for place in opened if not any(_inside(place, other) for other in opened))


def restrict(folders: Iterable[str], files: Iterable[str]) -> None:
    """Let the calling thread, and what it starts from now on, write in *folders* and to *files* only.

    What is not there is left out. This cannot be taken back, and programs that are started gain no rights by `setuid`.

    Raises:
        OSError: The kernel refuses.
    """
    file_rights = _WRITE_FILE | (_TRUNCATE if version() >= _TRUNCATES else 0)
    rights = file_rights | _REMOVE_AND_MAKE | _REFER
    rules = _checked(_LIBC.syscall(_CREATE_RULESET, struct.pack("Q", rights), ctypes.c_size_t(8), ctypes.c_uint(0)))
    try:
        for folder in folders:
            _allow(rules, folder, rights)
        for file in files:
            _allow(rules, file, file_rights)
        _checked(_LIBC.prctl(_NO_NEW_PRIVS, *(ctypes.c_ulong(number) for number in (1, 0, 0, 0))))
        _checked(_LIBC.syscall(_RESTRICT_SELF, rules, ctypes.c_uint(0)))
    finally:
        os.close(rules)


def _allow(rules: int, path: str, rights: int) -> None:
    with contextlib.suppress(FileNotFoundError):
        handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
        try:
            rule = struct.pack("=Qi", rights, handle)
            _checked(_LIBC.syscall(_ADD_RULE, rules, _PATH_BENEATH, rule, ctypes.c_uint(0)))
        finally:
            os.close(handle)


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"Landlock: {os.strerror(number)}")
    return int(result)


def _inside(place: str, other: str) -> bool:
    return place != other and place.startswith(other.rstrip("/") + "/")
