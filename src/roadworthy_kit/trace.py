"""Which files a stage's Python processes open: told to Roadworthy, and refused where nothing may be written.

An audit hook sees what Python opens, not what a library opens by itself in C; it tells, it does not confine.
"""

from __future__ import annotations

import fcntl
import json
import os
import sys

_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
# Events that change the files named by these arguments; and the argument that says which folder they are relative to.
_CHANGES = {
    "os.mkdir": ((0,), 2),
    "os.remove": ((0,), 1),
    "os.rmdir": ((0,), 1),
    "os.rename": ((0, 1), 2),
    "os.link": ((1,), 3),
    "os.symlink": ((1,), 2),
    "os.truncate": ((0,), None),
    "shutil.rmtree": ((0,), 1),
    "shutil.move": ((0, 1), None),
}
_FOLLOWS = frozenset({"os.truncate", "shutil.rmtree"})  # of these, what changes what a link leads to, not the link
_HANDLE = 200  # a number that a program is unlikely to close by itself
_NO_FOLDER = (-1, None)
_BYTECODE = "__pycache__"


class Trace:
    """Follows one process.

    The settings, as JSON: `to`, the file to report to; `project`, its folder; `places`, folder → whether it may be
    written, the innermost decides; `quiet`, folders whose files are not reported. A line of the report is how (`r`,
    `w`, `x`: refused; `b`: a process began) and the file.
    """

    def __init__(self, settings: str) -> None:
        found = json.loads(settings)
        self._project: str = found["project"]
        self._places: dict[str, bool] = found["places"]
        installed = {prefix for prefix in (sys.prefix, sys.base_prefix) if not _lies_in(self._project, prefix)}
        self._quiet: tuple[str, ...] = (*found["quiet"], *installed)
        self._quiet_beginnings = tuple(f"{folder.rstrip('/')}/" for folder in self._quiet)
        self._seen: set[tuple[str, str]] = set()
        opened = os.open(found["to"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        self._to = fcntl.fcntl(opened, fcntl.F_DUPFD_CLOEXEC, _HANDLE)
        os.close(opened)
        os.write(self._to, b'["b", ""]\n')

    def hook(self, event: str, arguments: tuple[object, ...]) -> None:
        """Take note of one event of the interpreter.

        Raises:
            PermissionError: The process may not write there.
        """
        if event == "open":
            path, mode, flags = arguments
            is_write = isinstance(flags, int) and bool(flags & _WRITES)
            is_write = is_write or (isinstance(mode, str) and not {"w", "a", "x", "+"}.isdisjoint(mode))
            self._opened(path, is_write=is_write)
        elif event in _CHANGES:
            named, folder = _CHANGES[event]
            if folder is None or len(arguments) <= folder or arguments[folder] in _NO_FOLDER:
                for number in named:
                    self._opened(arguments[number], is_write=True, is_entry=event not in _FOLLOWS)

    def _opened(self, path: object, *, is_write: bool, is_entry: bool = False) -> None:
        if not isinstance(path, str | bytes | os.PathLike):
            return  # a file that is open already
        if not is_write and isinstance(path, str) and path.startswith(self._quiet_beginnings):
            return  # most of what a program reads, told so without a look at the disk
        try:
            name = _entry(os.fsdecode(path)) if is_entry else os.path.realpath(os.fsdecode(path))
        except (OSError, ValueError):
            return  # the call itself will say what is wrong
        if is_write:
            self._check(name)
        if _lies_in(name, self._project) and not self._is_quiet(name):
            self._report("w" if is_write else "r", name)

    def _check(self, name: str) -> None:
        if _BYTECODE in name.split("/"):
            # Stale bytecode is told by the second: a module changed twice within one would run as it was before.
            if _lies_in(name, self._project) and not self._is_quiet(name):
                raise PermissionError(13, "No bytecode of a project is kept", name)
            return
        nearest = max((place for place in self._places if _lies_in(name, place)), key=len, default=None)
        if nearest is None or not self._places[nearest]:
            self._report("x", name)
            raise PermissionError(
                13, "A stage may write only inside its project and its temporary folder (TMPDIR)", name
            )

    def _is_quiet(self, name: str) -> bool:
        return any(_lies_in(name, folder) for folder in self._quiet)

    def _report(self, how: str, name: str) -> None:
        if (how, name) in self._seen:
            return
        self._seen.add((how, name))
        try:
            os.write(self._to, f"{json.dumps([how, name])}\n".encode())
        except OSError:
            return  # the program has closed all files: what it does from here on is not known


def _entry(path: str) -> str:
    """Return where an entry of a folder stands, not what it leads to should it be a link."""
    folder, last = os.path.split(path.rstrip("/"))
    return os.path.realpath(path) if last in {"", ".", ".."} else f"{os.path.realpath(folder).rstrip('/')}/{last}"


def _lies_in(name: str, folder: str) -> bool:
    return name == folder or name.startswith(folder.rstrip("/") + "/")


def install(settings: str) -> None:
    """Follow this process from now on."""
    sys.addaudithook(Trace(settings).hook)
