"""A program that runs a command and tells what all of its processes open, whatever language they are written in.

It is started as `python follow.py SETTINGS… -- COMMAND…` and stands alone: only the standard library is there. The
kernel's seccomp stops every process of the command at each call that opens, renames or executes a file, asks here, and
goes on when it is answered. What is told are the lines that `roadworthy_kit.trace` writes, for the same reader.

It tells, and refuses mistakes; it does not confine: a thread could change a path after it was looked at here.
"""

from __future__ import annotations

import _socket
import contextlib
import ctypes
import errno
import fcntl
import json
import os
import select
import signal
import struct
import sys

TYPE_CHECKING = False  # `typing` costs every command a hundredth of a second
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from roadworthy.build.workplace.confinement import Reach

_LIBC = ctypes.CDLL(None, use_errno=True)
_NO_NEW_PRIVS, _CHILD_SUBREAPER = 38, 36  # of prctl
_SET_FILTER, _ACTION_AVAILABLE = 1, 2  # what seccomp is asked for
_ASK, _ALLOW = 0x7FC00000, 0x7FFF0000  # what a filter answers
# SECCOMP_FILTER_FLAG_SPEC_ALLOW, _NEW_LISTENER and, where the kernel has it, _WAIT_KILLABLE_RECV.
_FLAGS = (4 | 8 | 32, 4 | 8)
_RECEIVE, _SEND = 0xC0502100, 0xC0182101  # ioctls
_QUESTION, _ANSWER, _GO_ON = "QIIiIQ6Q", "QqiI", 1
_ARCHITECTURE, _NUMBER = 4, 0  # where a filter finds them

_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_HERE = -100  # AT_FDCWD
_PATH_MAX = 4096
_BYTECODE = "__pycache__"
_OTHER = ("/dev/", "/proc/", "/sys/")  # no files
_SYSTEM = ("/bin/", "/etc/", "/lib/", "/lib64/", "/usr/")  # most of what is read, told so without a look at the disk
_NO_FOLDER = None
_SHELL_SIGNAL = 128  # a shell reports a child killed by signal N as 128 + N

# Which paths a call takes: (argument of the folder, argument of the path, how). How is `r`; `w`; `e`, which changes an
# entry of a folder and follows no link there; the argument that holds the flags; or minus the one that points to them.
_OPEN, _OPENAT, _OPENAT2 = ((_NO_FOLDER, 0, 1),), ((0, 1, 2),), ((0, 1, -2),)
_RENAME, _RENAMEAT = ((_NO_FOLDER, 0, "e"), (_NO_FOLDER, 1, "e")), ((0, 1, "e"), (2, 3, "e"))
_LINK, _LINKAT = ((_NO_FOLDER, 0, "r"), (_NO_FOLDER, 1, "e")), ((0, 1, "r"), (2, 3, "e"))
_SYMLINK, _SYMLINKAT = ((_NO_FOLDER, 1, "e"),), ((1, 2, "e"),)
_ENTRY, _ENTRYAT = ((_NO_FOLDER, 0, "e"),), ((0, 1, "e"),)  # unlink, rmdir, mkdir
_EXEC, _EXECAT = ((_NO_FOLDER, 0, "r"),), ((0, 1, "r"),)
_WRITE = ((_NO_FOLDER, 0, "w"),)  # creat, truncate
_Paths = tuple[tuple["int | None", int, "int | str"], ...]
# Machine → what it calls itself in a filter, its number of seccomp, and its calls by number.
_MACHINES: Mapping[str, tuple[int, int, Mapping[int, _Paths]]] = {
    "x86_64": (
        0xC000003E,
        317,
        {
            2: _OPEN, 257: _OPENAT, 437: _OPENAT2, 85: _WRITE, 76: _WRITE, 59: _EXEC, 322: _EXECAT,
            82: _RENAME, 264: _RENAMEAT, 316: _RENAMEAT, 86: _LINK, 265: _LINKAT, 88: _SYMLINK, 266: _SYMLINKAT,
            87: _ENTRY, 84: _ENTRY, 263: _ENTRYAT, 83: _ENTRY, 258: _ENTRYAT,
        },
    ),
    "aarch64": (
        0xC00000B7,
        277,
        {
            56: _OPENAT, 437: _OPENAT2, 45: _WRITE, 221: _EXEC, 281: _EXECAT,
            38: _RENAMEAT, 276: _RENAMEAT, 37: _LINKAT, 36: _SYMLINKAT, 35: _ENTRYAT, 34: _ENTRYAT,
        },
    ),
}  # fmt: skip


def is_possible() -> bool:
    """Return whether this machine can be asked to follow processes."""
    machine = _MACHINES.get(os.uname().machine)
    action = ctypes.c_uint(_ASK)
    return machine is not None and _LIBC.syscall(machine[1], _ACTION_AVAILABLE, 0, ctypes.byref(action)) == 0


def arguments(reach: Reach) -> list[str]:
    """Return *reach* as arguments of this program."""
    return [
        reach.report,
        reach.project,
        *(f"{'+' if is_open else '-'}{place}" for place, is_open in reach.places.items()),
        *(f"={file}" for file in reach.files),
        *(f"~{folder}" for folder in reach.quiet),
    ]


class Follower:
    """Judges and tells what processes open."""

    def __init__(self, settings: Sequence[str]) -> None:
        """Take what `arguments` gave."""
        report, self._project, *marked = settings
        marks: dict[str, list[str]] = {"+": [], "-": [], "=": [], "~": []}
        for text in marked:
            marks[text[0]].append(text[1:])
        self._places = {**dict.fromkeys(marks["+"], True), **dict.fromkeys(marks["-"], False)}
        self._files = frozenset(marks["="])
        self._quiet = marks["~"]
        self._system = tuple(folder for folder in _SYSTEM if not self._project.startswith(folder))
        self._seen: set[tuple[str, str]] = set()
        self._to = os.open(report, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)

    def judge(self, deeds: Iterator[tuple[str, str]]) -> tuple[bool, list[tuple[str, str]]]:
        """Return whether *deeds* (how, absolute path) may be done, and what is to be told of them."""
        told: list[tuple[str, str]] = []
        for how, path in deeds:
            if path.startswith(_OTHER) or (how == "r" and path.startswith(self._system)):
                continue
            name = _entry(path) if how == "e" else os.path.realpath(path)
            how = "r" if how == "r" else "w"  # noqa: PLW2901 - an entry is changed
            if name in self._files:
                continue
            is_telling = _lies_in(name, self._project) and not any(_lies_in(name, quiet) for quiet in self._quiet)
            if how == "w" and _BYTECODE in name.split("/"):
                if is_telling:
                    return False, told  # no bytecode of a project is kept
                continue
            if how == "w" and not self._is_open(name):
                return False, [("x", name)]
            if is_telling:
                told.append((how, name))
        return True, told

    def tell(self, told: list[tuple[str, str]]) -> None:
        """Report what was not reported yet."""
        for deed in told:
            if deed not in self._seen:
                self._seen.add(deed)
                os.write(self._to, f"{json.dumps(deed)}\n".encode())

    def _is_open(self, name: str) -> bool:
        nearest = max((place for place in self._places if _lies_in(name, place)), key=len, default=None)
        return nearest is not None and self._places[nearest]


def _entry(path: str) -> str:
    """Return where an entry of a folder stands, not what it leads to should it be a link."""
    folder, last = os.path.split(path.rstrip("/"))
    return os.path.realpath(path) if last in {"", ".", ".."} else f"{os.path.realpath(folder).rstrip('/')}/{last}"


def _lies_in(name: str, folder: str) -> bool:
    return name == folder or name.startswith(folder.rstrip("/") + "/")


def _deeds(process: int, paths: _Paths, given: Sequence[int]) -> Iterator[tuple[str, str]]:
    """Give what a call does: how, and to which absolute path; nothing where that cannot be known any more."""
    with contextlib.suppress(OSError, OverflowError), open(f"/proc/{process}/mem", "rb", buffering=0) as memory:  # noqa: PTH123
        for folder, path, how in paths:
            if isinstance(how, int):
                flags = given[how] if how > 0 else struct.unpack("Q", os.pread(memory.fileno(), 8, given[-how]))[0]
                if flags & os.O_PATH or flags & (os.O_DIRECTORY | _WRITES) == os.O_DIRECTORY:
                    continue  # to be looked at, not to be read
                how = "w" if flags & _WRITES else "r"  # noqa: PLW2901 - the word for the number
            name = os.fsdecode(os.pread(memory.fileno(), _PATH_MAX, given[path]).partition(b"\0")[0])
            if not name.startswith("/"):
                base = _HERE if folder is None else ctypes.c_int(given[folder]).value
                start = os.readlink(f"/proc/{process}/{'cwd' if base == _HERE else f'fd/{base}'}")  # noqa: PTH115
                name = f"{start}/{name}" if name else start
            yield how, name


def _serve(listener: int, follower: Follower, calls: Mapping[int, _Paths]) -> None:
    """Answer one question of the kernel."""
    question = bytearray(struct.calcsize(_QUESTION))
    try:
        fcntl.ioctl(listener, _RECEIVE, question)
    except OSError:
        return  # who asked is gone
    identity, process, _, number, _, _, *given = struct.unpack(_QUESTION, question)
    may, told = follower.judge(_deeds(process, calls[number], given))
    answer = (identity, 0, 0, _GO_ON) if may else (identity, 0, -errno.EACCES, 0)
    with contextlib.suppress(OSError):  # what is told of who is gone may be of another process of the same number
        fcntl.ioctl(listener, _SEND, struct.pack(_ANSWER, *answer))
        follower.tell(told)


def _filter(architecture: int, seccomp: int, numbers: Sequence[int]) -> int:
    """Put this process under the filter, and return where its questions come; raise OSError when that is refused."""
    count = len(numbers)
    lines = [
        (0x20, 0, 0, _ARCHITECTURE), (0x15, 0, count + 1, architecture), (0x20, 0, 0, _NUMBER),
        *((0x15, count - at, 0, number) for at, number in enumerate(numbers)),
        (0x06, 0, 0, _ALLOW), (0x06, 0, 0, _ASK),
    ]  # fmt: skip
    text = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in lines))
    program = struct.pack("HP", len(lines), ctypes.addressof(text))
    _LIBC.prctl(_NO_NEW_PRIVS, *(ctypes.c_ulong(number) for number in (1, 0, 0, 0)))
    for flags in _FLAGS:
        listener = int(_LIBC.syscall(seccomp, _SET_FILTER, ctypes.c_uint(flags), program))
        if listener >= 0:
            return listener
    raise OSError(ctypes.get_errno(), "seccomp")


def _begin(command: list[str], machine: tuple[int, int, Mapping[int, _Paths]]) -> tuple[int, int | None]:
    """Start *command*; return its process and where its questions come, or None when it cannot be followed."""
    ours, theirs = _socket.socketpair()
    child = os.fork()
    if child == 0:
        passed = []
        if theirs.recv(1) == b"y":
            with contextlib.suppress(OSError):
                listener = _filter(machine[0], machine[1], tuple(machine[2]))
                passed = [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, struct.pack("i", listener))]
        theirs.sendmsg([b"x"], passed)
        for number in (signal.SIGPIPE, signal.SIGXFSZ):  # which Python ignores
            signal.signal(number, signal.SIG_DFL)
        os.execv(command[0], command)  # noqa: S606 - the first call that the parent is asked about
    try:
        os.close(os.open(f"/proc/{child}/mem", os.O_RDONLY))
        ours.send(b"y")
    except OSError:
        ours.send(b"n")  # this machine lets nobody look into processes
    _, passed, _, _ = ours.recvmsg(1, _socket.CMSG_SPACE(4))
    return child, struct.unpack("i", passed[0][2])[0] if passed else None


def _follow(child: int, listener: int, follower: Follower, calls: Mapping[int, _Paths]) -> None:
    """Answer questions until the command has ended."""
    follower.tell([("b", "")])
    ended = os.pidfd_open(child)
    poll = select.poll()
    poll.register(listener, select.POLLIN)
    poll.register(ended, select.POLLIN)
    while True:
        ready = dict(poll.poll())
        if ready.get(listener, 0) & select.POLLIN:
            _serve(listener, follower, calls)
        elif ended in ready:
            return
        elif listener in ready:
            poll.unregister(listener)  # nobody is left who could ask


def main(settings: Sequence[str], command: list[str]) -> None:
    """Run *command*, follow it, and end as it does."""
    follower = Follower(settings)
    machine = _MACHINES[os.uname().machine]
    _LIBC.prctl(_CHILD_SUBREAPER, *(ctypes.c_ulong(number) for number in (1, 0, 0, 0)))  # to see who loses its parent
    child, listener = _begin(command, machine)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # they are for the command, which needs us until it has ended
    if listener is not None:
        _follow(child, listener, follower, machine[2])
    _, status = os.waitpid(child, 0)  # a program that was killed is told as a shell tells it
    if os.WIFSIGNALED(status):
        os._exit(_SHELL_SIGNAL + os.WTERMSIG(status))
    os._exit(os.WEXITSTATUS(status))


if __name__ == "__main__":
    between = sys.argv.index("--")
    main(sys.argv[1:between], sys.argv[between + 1 :])
