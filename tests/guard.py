"""A guard that makes touching the user's home, or any address but loopback, an error in the tests' own process."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path


class GuardError(BaseException):
    """A test reached outside. Not an Exception, so that no handler of the code under test swallows it."""


@dataclass(frozen=True)
class Guard:
    """Watches the interpreter's audit events; cannot be taken off, as audit hooks cannot."""

    home: Path
    allowed: tuple[Path, ...]

    @staticmethod
    def python_folders() -> tuple[Path, ...]:
        """Return where this interpreter and its packages live, which may be below the home."""
        return tuple({Path(folder).resolve() for folder in (sys.prefix, sys.base_prefix, sys.exec_prefix)})

    def install(self) -> None:
        """Put the guard on, for as long as the process lives."""
        sys.addaudithook(self.judge)

    def judge(self, event: str, arguments: tuple[object, ...]) -> None:
        """Raise GuardError for a file below the home or an address that is not loopback."""
        if event == "open":
            self._judge_file(arguments[0])
        elif event in {"socket.connect", "socket.sendto"}:
            self._judge_address(arguments[1])
        elif event == "socket.getaddrinfo" and arguments[0]:
            self._judge_address(arguments[:1])

    def _judge_file(self, path: object) -> None:
        if not isinstance(path, str | bytes | os.PathLike):
            return  # a file descriptor
        absolute = Path(os.path.abspath(os.fsdecode(path)))  # noqa: PTH100 - resolve() would follow links, and open files
        below_home = absolute.is_relative_to(self.home)
        if below_home and not any(absolute.is_relative_to(folder) for folder in self.allowed):
            raise GuardError(f"A test touched the user's home: {absolute}")

    def _judge_address(self, address: object) -> None:
        if not isinstance(address, tuple):
            return  # a Unix socket
        host = os.fsdecode(address[0])
        if host in {"localhost", ""}:
            return
        try:
            outside = not ip_address(host).is_loopback
        except ValueError:
            outside = True
        if outside:
            raise GuardError(f"A test connected to {host}, which is not loopback")
