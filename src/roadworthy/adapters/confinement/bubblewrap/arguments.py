"""A reach as arguments of `bwrap`: a file system of its own, with what is named in it and no more."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from roadworthy.build.workplace.confinement import Reach

_OWN_ETC = Path(__file__).with_name("etc")
_NAMESPACES = (
    *("--unshare-user", "--disable-userns", "--unshare-ipc", "--unshare-pid", "--unshare-uts", "--unshare-cgroup-try"),
    *("--uid", "1000", "--gid", "1000", "--hostname", "project"),  # whoever we are, it is not seen: see etc/passwd
    *("--cap-drop", "ALL", "--die-with-parent", "--new-session"),
)
_NO_NETWORK = "--unshare-net"
_SYSTEM = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")  # often links into /usr
# No keys, no accounts, no settings of services: what the C library and TLS need to work.
_ETC = (
    *("ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime", "timezone", "os-release", "alternatives", "mime.types"),
    *("ssl/certs", "ssl/openssl.cnf", "pki/tls/certs", "ca-certificates", "fonts"),
)
_NETWORK_ETC = ("resolv.conf", "gai.conf")
_PROCESSORS = "/sys/devices/system/cpu"  # from which numeric libraries learn how many there are
_SHARED_BYTES = str(1 << 30)


def arguments(reach: Reach, folder: str, tools: Sequence[str] = ()) -> list[str]:
    """Return the arguments that come before the command.

    Args:
        reach: What is to be seen, and what of it may be written.
        folder: Where the command runs.
        tools: What else of this disk is to be read, for what the command itself is wrapped in.
    """
    return [
        *_NAMESPACES,
        *([] if reach.network else [_NO_NETWORK]),
        *_system(is_networked=reach.network),
        *("--proc", "/proc", "--remount-ro", "/proc", "--dev", "/dev", "--size", _SHARED_BYTES, "--tmpfs", "/tmp"),  # noqa: S108 - a new one
        *_project(reach, tools),
        *("--remount-ro", "/", "--chdir", folder, "--"),
    ]


def _system(*, is_networked: bool) -> Iterator[str]:
    yield from ("--ro-bind", "/usr", "/usr")
    for place in map(Path, _SYSTEM):
        if place.is_symlink():
            yield from ("--symlink", str(place.readlink()), str(place))
        elif place.exists():
            yield from ("--ro-bind", str(place), str(place))
    for name in (*_ETC, *(_NETWORK_ETC if is_networked else ())):
        yield from ("--ro-bind-try", f"/etc/{name}", f"/etc/{name}")
    for own in sorted(_OWN_ETC.iterdir()):
        yield from ("--ro-bind", str(own), f"/etc/{own.name}")
    yield from ("--ro-bind-try", _PROCESSORS, _PROCESSORS)


def _project(reach: Reach, tools: Sequence[str]) -> Iterator[str]:
    """Yield what mounts *reach*: outer folders before those in them, which then stand on top."""
    mounts = {
        **{place: ("--ro-bind", place) for place in (*tools, *reach.reads)},
        **{place: ("--bind" if is_open else "--ro-bind", place) for place, is_open in _shown(reach)},
    }
    emptied = {place: ("--tmpfs",) for place in reach.hidden if Path(place).is_dir()}
    for place in sorted({**mounts, **emptied}, key=_depth):
        how = emptied.get(place) or mounts[place]
        if len(how) == 1 or os.path.lexists(place):
            yield from (*how, place)
    yield from (word for place in sorted(emptied, key=_depth) for word in ("--remount-ro", place))


def _shown(reach: Reach) -> Iterator[tuple[str, bool]]:
    for place, is_open in reach.places.items():
        if place != "/dev" and place not in reach.hidden:
            yield place, is_open
    if reach.report:
        yield reach.report, True


def _depth(place: str) -> tuple[int, str]:
    return place.count("/"), place
