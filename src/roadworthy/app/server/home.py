"""The home of a platform: where everything of it lies, and that one server at a time works in it."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from roadworthy.errors import Conflict
from roadworthy.ledger import ledger
from roadworthy.ledger.objects.write import make_folder, storage_errors
from roadworthy.ledger.records.ed25519 import FileSigner
from roadworthy.ledger.records.keep import public_line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from roadworthy.ledger.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Home:
    """The folder of a platform. Nothing is written anywhere else."""

    folder: Path

    @property
    def key(self) -> Path:
        """The key that the platform signs with; its public half stands beside it."""
        return self.folder / "key"

    @property
    def repositories(self) -> Path:
        """The bare repositories."""
        return self.folder / "repos"

    @property
    def work(self) -> Path:
        """The checkouts of runners and services: what is in it may be deleted when no server runs."""
        return self.folder / "work"

    @property
    def logs(self) -> Path:
        """What the server, its runners and their jobs printed."""
        return self.folder / "logs"

    @property
    def database(self) -> str:
        """The URL of the index."""
        return f"sqlite:///{self.folder / 'platform.db'}"

    @property
    def identities(self) -> str:
        """The URL of the database of secrets."""
        return f"sqlite:///{self.folder / 'identity.db'}"

    def bucket(self, project: str) -> Path:
        """Return the folder of a project's bucket."""
        return self.folder / "buckets" / project

    def secret(self, project: str) -> Path:
        """Return the folder of a project's secrets, which nothing of the project may read."""
        return self.folder / "secrets" / project

    def pseudonyms(self, project: str, environment: str) -> Path:
        """Return the file of the secret that hashed columns of an environment's predictions are keyed with."""
        return self.secret(project) / f"{environment}.key"

    def predictions(self, project: str, environment: str) -> Path:
        """Return the folder of what was answered in an environment of a project."""
        return self.bucket(project) / "predictions" / environment

    def ledger(self, project: str, speaker: str) -> Ledger:
        """Return a project's bucket as the platform writes it: facts are stated by *speaker*, signed with its key."""
        return ledger.open_bucket(self.bucket(project), self.key, speaker)

    def job_log(self, job: int) -> Path:
        """Return where what a job printed is kept."""
        return self.logs / "jobs" / f"{job}.log"

    def public_key(self) -> str:
        """Return the public half of the platform's key, as a line."""
        return public_line(FileSigner(self.key, "platform", aside=self.folder / "aside").key)


@contextmanager
def opened(folder: Path) -> Iterator[Home]:
    """Make the home at *folder* if it is not there, and hold it: one server at a time.

    Raises:
        Conflict: Another server works in it.
        StorageError: The disk is full, or the folder is read-only.
    """
    home = Home(folder.absolute())
    with storage_errors(folder):
        for place in (home.folder, home.repositories, home.folder / "buckets", home.work, home.logs / "jobs"):
            make_folder(place)
        home.folder.chmod(0o700)
        lock = os.open(home.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _hold(lock, home.folder)
        yield home
    finally:
        os.close(lock)


def _hold(lock: int, folder: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as fault:
        raise Conflict(
            f"Another server works in {folder}.",
            remedy="Stop it with `roadworthy down`, or give this one another `--home`.",
        ) from fault
