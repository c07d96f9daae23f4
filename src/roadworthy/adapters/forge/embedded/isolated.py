"""git as the server runs it: nothing of the machine's, the user's or a repository's configuration has a say."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from roadworthy.errors import GitFailed, NotFound

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import IO

_SECONDS: Final = 120.0
# Given in the environment of every git that the server starts, so that they stand above what a repository says.
_SETTINGS: Final[Mapping[str, str]] = {
    "core.attributesFile": os.devnull,
    "core.excludesFile": os.devnull,
    "core.fsync": "objects,derived-metadata,reference",  # what is acknowledged survives a power cut
    "core.bigFileThreshold": "1m",  # larger files are streamed, not held
    "core.packedGitWindowSize": "8m",
    "core.packedGitLimit": "64m",
    "core.logAllRefUpdates": "always",
    "core.filesRefLockTimeout": "5000",  # milliseconds to wait for another push to the same branch
    "core.packedRefsTimeout": "5000",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "pack.threads": "1",
    "pack.windowMemory": "64m",
    "pack.deltaCacheSize": "32m",
    "pack.writeReverseIndex": "true",
    "repack.writeBitmaps": "false",
    "transfer.fsckObjects": "true",
    "receive.fsckObjects": "true",
    "receive.autogc": "false",
    "receive.unpackLimit": "1",  # always index-pack, which streams
    "receive.denyNonFastForwards": "false",  # the rules decide, in the hook
    "receive.denyDeletes": "false",
    "receive.denyDeleteCurrent": "refuse",
    "receive.keepAlive": "5",
    "receive.advertiseAtomic": "true",
    "uploadpack.allowAnySHA1InWant": "false",
    "uploadpack.allowReachableSHA1InWant": "false",
    "uploadpack.allowTipSHA1InWant": "false",
    "uploadpack.allowFilter": "false",
    "uploadpack.keepAlive": "5",
    "http.getanyfile": "false",
    "http.receivepack": "true",
    "http.uploadpack": "true",
}


@dataclass(frozen=True, slots=True)
class Isolated:
    """How git is run in repositories under one folder.

    Attributes:
        hooks: The only folder that hooks are taken from.
        largest: Bytes of the largest pack that is received.
        alive: An open file whose lock lasts until everything that was started has ended, or None.
    """

    hooks: Path
    largest: int
    alive: IO[bytes] | None = None

    def environment(self) -> dict[str, str]:
        """Return the whole environment of a git, made from nothing but the path of programs."""
        settings = {**_SETTINGS, "core.hooksPath": str(self.hooks), "receive.maxInputSize": str(self.largest)}
        told = {"GIT_CONFIG_COUNT": str(len(settings))}
        for at, (name, value) in enumerate(settings.items()):
            told |= {f"GIT_CONFIG_KEY_{at}": name, f"GIT_CONFIG_VALUE_{at}": value}
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "LC_ALL": "C",
            "HOME": str(self.hooks),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_ATTR_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_NO_REPLACE_OBJECTS": "1",
            **told,
        }

    @property
    def kept_open(self) -> tuple[int, ...]:
        """The files that a git inherits."""
        return () if self.alive is None or self.alive.closed else (self.alive.fileno(),)

    def run(
        self, repository: Path, *arguments: str, data: bytes = b"", extra: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        """Run git in *repository* and return how it ended.

        Raises:
            NotFound: The repository is not there, or git is not installed.
            GitFailed: It did not end in time.
        """
        try:
            return subprocess.run(
                ["git", "--no-pager", f"--git-dir={repository}", *arguments],
                cwd=repository,
                input=data,
                capture_output=True,
                check=False,
                env={**self.environment(), **(extra or {})},
                pass_fds=self.kept_open,
                timeout=_SECONDS,
            )
        except FileNotFoundError as fault:
            raise NotFound(
                f"There is no repository {repository.name}." if not repository.is_dir() else "git is not installed.",
                remedy="Look at `roadworthy status`, and at the server's installation.",
            ) from fault
        except subprocess.TimeoutExpired as fault:
            raise GitFailed(
                f"git {arguments[0]} did not end within {_SECONDS:g} s.", remedy="See what the server is busy with."
            ) from fault

    def checked(
        self, repository: Path, *arguments: str, data: bytes = b"", extra: Mapping[str, str] | None = None
    ) -> str:
        """Run git in *repository* and return what it printed, without the last line's end.

        Raises:
            NotFound: As above.
            GitFailed: It refused.
        """
        done = self.run(repository, *arguments, data=data, extra=extra)
        if done.returncode != 0:
            raise failed(arguments[0], done)
        return done.stdout.decode("utf-8", "surrogateescape").rstrip("\n")


def failed(what: str, done: subprocess.CompletedProcess[bytes]) -> GitFailed:
    """Return the error that says how git ended."""
    said = done.stderr.decode("utf-8", "replace").strip() or f"exit status {done.returncode}"
    return GitFailed(f"git {what}: {said}", remedy="See the server's disk and its log.")
