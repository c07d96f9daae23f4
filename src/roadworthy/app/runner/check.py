"""Checking a commit: our own commands, run in the checkout as a user would type them; what they print is the log."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from roadworthy.app.local import CONFINEMENT, best_confinement
from roadworthy.app.runner.limits import LIMITS, watched
from roadworthy.ledger.repo.git import UNHOOKED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from roadworthy.app.runner.limits import Limits

# What it starts stays below it, whoever forks away from whom (PR_SET_CHILD_SUBREAPER): else nobody could count it.
_MAIN = "import ctypes; ctypes.CDLL(None).prctl(36, 1, 0, 0, 0); from roadworthy.cli.main import main; main()"
_GRACE = 10.0  # seconds that a command has to end by itself
_CHUNK = 1 << 16
_SAYS_NO = 3  # the exit status of a test or gate that says no


class Stopped(Exception):
    """The job was cancelled, or is another runner's now."""


class Breached(Exception):
    """The job used more than it may: that is its verdict, and to do it again would not help."""


@dataclass
class Commands:
    """Runs commands of ours in a checkout, one after another.

    Attributes:
        folder: The checkout.
        environment: All that they get: nothing of the runner's own.
        say: Takes what they print.
        until: On the monotonic clock: when the job's time is over.
        lock: An open file whose lock says that somebody works in the checkout; held by the commands too.
        limits: What the commands may use together.
        scratch: A folder of the job's own.
        stopped: Set by whoever keeps the lease, with the reason.
        breached: Set by whoever watches the limits, with the reason.
    """

    folder: Path
    environment: Mapping[str, str]
    say: Callable[[str], None]
    until: float
    lock: int
    limits: Limits
    scratch: Path
    stopped: list[str] = field(default_factory=list)
    breached: list[str] = field(default_factory=list)

    def run(self, *arguments: str, told: bytes = b"") -> int:
        """Run one command, with what it is *told* on standard input, and return its exit status.

        Raises:
            Stopped: The job may not go on.
            Breached: It used more than it may.
        """
        self.say(f"$ roadworthy {' '.join(arguments)}\n")
        with _file_of(told) as given:
            process = subprocess.Popen(
                [sys.executable, "-P", "-c", _MAIN, *arguments], cwd=self.folder, env=dict(self.environment),
                stdin=given, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                start_new_session=True, pass_fds=[self.lock],
            )  # fmt: skip
        try:
            with watched(process.pid, self.limits, (self.folder, self.scratch), self.breached):
                self._follow(process)
        finally:
            _end(process)
        self._refuse_breaches()
        if process.returncode not in {0, _SAYS_NO}:
            self.say(f"(exit status {process.returncode})\n")
        return process.returncode

    def _follow(self, process: subprocess.Popen[bytes]) -> None:
        if process.stdout is None:
            return
        pipe = process.stdout.fileno()
        os.set_blocking(pipe, False)
        with process.stdout:
            while True:
                if self.stopped:
                    raise Stopped(self.stopped[0])
                self._refuse_breaches()
                ended = process.poll() is not None
                try:
                    data = os.read(pipe, _CHUNK)
                except BlockingIOError:
                    data = None
                if data:
                    self.say(data.decode("utf-8", "replace"))
                elif ended or data == b"":
                    return
                else:
                    time.sleep(0.02)

    def _refuse_breaches(self) -> None:
        if self.breached:
            raise Breached(self.breached[0])
        if time.monotonic() > self.until:
            raise Breached(f"Killed: it did not end within {self.limits.seconds:g} s.")


@contextlib.contextmanager
def _file_of(told: bytes) -> Iterator[int]:
    """Give a file without a name that holds *told*: no other process finds it."""
    file = os.memfd_create("told")
    try:
        os.write(file, told)
        os.lseek(file, 0, os.SEEK_SET)
        yield file
    finally:
        os.close(file)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End *process* and what it started, which lives in its process group."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=_GRACE)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def passed_on() -> dict[str, str]:
    """Return what of our own environment is passed on: where packages come from and who is trusted on the way."""
    beginnings = ("UV_", "PIP_", "SSL_CERT_", "OPENBLAS_", "LC_")
    names = {CONFINEMENT, *LIMITS, "LANG", "TZ", "REQUESTS_CA_BUNDLE", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"}
    return {name: value for name, value in os.environ.items() if name.startswith(beginnings) or name.upper() in names}


def environment(scratch: Path, cache: Path, bucket: Path) -> dict[str, str]:
    """Return what the commands of a job get: a home of their own, the trust domain's package cache, the bucket.

    Args:
        scratch: A folder of the job's own.
        cache: The package cache of its trust domain; nothing in it is linked into environments.
        bucket: The project's bucket.
    """
    beside = os.path.dirname(sys.executable)  # noqa: PTH120 - where uv may stand beside us
    return {
        **passed_on(),
        "PATH": f"{beside}:/usr/local/bin:/usr/bin:/bin",
        "HOME": str(scratch),
        "CI": "true",
        "NO_COLOR": "1",
        "UV_CACHE_DIR": str(cache / "uv"),
        "PIP_CACHE_DIR": str(cache / "pip"),
        "UV_LINK_MODE": "copy",
        "ROADWORTHY_BUCKET": str(bucket),
        CONFINEMENT: best_confinement(os.environ),
        **UNHOOKED,
        "GIT_AUTHOR_NAME": "Roadworthy",
        "GIT_AUTHOR_EMAIL": "runner@localhost",
        "GIT_COMMITTER_NAME": "Roadworthy",
        "GIT_COMMITTER_EMAIL": "runner@localhost",
    }
