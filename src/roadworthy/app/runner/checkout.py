"""A clone of a project that follows its platform: the commits, the platform's key and records, and what they name."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from roadworthy.app.local import STATE, open_local
from roadworthy.ledger import ledger
from roadworthy.ledger.objects import fetch
from roadworthy.ledger.objects.address import Address
from roadworthy.ledger.objects.folder import DirectoryStore
from roadworthy.ledger.objects.inside import inside
from roadworthy.ledger.objects.item import Item
from roadworthy.ledger.objects.write import write_bytes
from roadworthy.ledger.repo.git import UNHOOKED, git
from roadworthy.ledger.repo.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from roadworthy.app.local import Local

_REFS = ("+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*")
_PARTS = ("artifact", "baseline", "reference")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a clone takes everything from.

    Attributes:
        repository: A path or URL of git's.
        bucket: The folder of the project's bucket.
        key: The platform's public key, as a line.
    """

    repository: str
    bucket: Path
    key: str


def check_out(place: Path, origin: Origin, commit: str, branches: Mapping[str, str]) -> None:
    """Make *place* a clone of *origin* with *commit* checked out and nothing else in it; what is kept of runs stays.

    Args:
        place: The clone; made when it is not there.
        origin: Where everything comes from.
        commit: The full id of a commit.
        branches: The branches that the clone shall have: name → commit; the first is the one that is checked out.

    Raises:
        GitFailed: The repository or the commit is not there.
        StorageError: The disk is full.
    """
    if not (place / ".git").is_dir():
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        _git(place, "init", "--quiet", "--initial-branch=here", "--template=")
        (place / ".git" / "info").mkdir(exist_ok=True)
        (place / ".git" / "info" / "exclude").write_text(f"/{STATE}/\n", encoding="utf-8")
    refresh(place, origin)
    there = Repository(place).resolve(commit)  # a full id, and nothing that git could take for an option
    _git(place, "checkout", "--quiet", "--force", "--detach", there)
    _git(place, "clean", "--quiet", "-ffdx", f"--exclude=/{STATE}/")
    _empty_submodules(place)
    for old in _git(place, "for-each-ref", "--format=delete %(refname)", "refs/heads/").splitlines():
        _git(place, "update-ref", "--stdin", data=old + b"\n")
    for name, there in branches.items():
        _git(place, "update-ref", "--end-of-options", f"refs/heads/{name}", there)
    for name in list(branches)[:1]:
        _git(place, "symbolic-ref", "HEAD", f"refs/heads/{name}")


def _git(place: Path, *arguments: str, data: bytes | None = None) -> bytes:
    return git(place, *arguments, data=data, extra=UNHOOKED)


def _empty_submodules(place: Path) -> None:
    """Remove what stands where the commit has submodules, which are not fetched: git neither does, nor looks there."""
    for line in _git(place, "ls-files", "--stage", "-z").split(b"\0"):
        if line.startswith(b"160000 "):
            folder = inside(place, os.fsdecode(line.partition(b"\t")[2]))
            shutil.rmtree(folder, ignore_errors=True)


def refresh(place: Path, origin: Origin) -> None:
    """Bring the key, the records and the refs of *origin* to the clone at *place*: a tag after the record it names."""
    state = place / STATE
    _trust(state, origin.key)
    _records(state, origin.bucket)
    options = ("--quiet", "--prune", "--force", "--no-auto-maintenance", "--no-write-fetch-head")
    _git(place, "fetch", *options, "--end-of-options", origin.repository, *_REFS)


def bring(place: Path, origin: Origin, environments: tuple[str, ...]) -> None:
    """Bring the bytes of what is deployed in *environments* to the clone at *place*.

    Raises:
        NotFound, IntegrityError: The bucket lacks them, or holds them damaged.
    """
    local, bucket = open_local(place), DirectoryStore(origin.bucket / "objects")
    for body in _deployed(local, environments):
        for item in _items(body):
            fetch.fetch(item, bucket, local.ledger.objects)


def _deployed(local: Local, environments: tuple[str, ...]) -> Iterator[Mapping[str, object]]:
    from roadworthy.app.history import history_of  # its module reads what the project declares, which takes a while

    for seen in history_of(local, None, None).values():
        for environment in environments:
            current = seen.current(environment)
            version = None if current is None else seen.version(current.version)
            if version is not None:
                yield local.ledger.records.read(version.record).body


def _items(body: Mapping[str, object]) -> Iterator[Item]:
    for role in _PARTS:
        part = cast("Mapping[str, object] | None", body.get(role))
        if part is not None:
            yield Item(Address(str(part["address"])), cast("int", part["size"]), cast("int | None", part.get("files")))


def _trust(state: Path, key: str) -> None:
    place = state / ledger.TRUSTED / "platform.pub"
    with suppress(FileNotFoundError):
        if place.read_text(encoding="utf-8") == key:
            return
    place.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(place, key.encode(), aside=state)


def _records(state: Path, bucket: Path) -> None:
    """Copy the records that the bucket has and the clone has not; a copy is checked when it is read."""
    here, there = state / "ledger" / "records", bucket / "records"
    if not there.is_dir():
        return
    for shelf in os.scandir(there):
        if len(shelf.name) != 2 or not shelf.is_dir(follow_symlinks=False):  # noqa: PLR2004 - two digits of an address
            continue
        known = set(os.listdir(here / shelf.name)) if (here / shelf.name).is_dir() else set()  # noqa: PTH208
        for record in os.scandir(shelf.path):
            if record.name not in known and record.name.endswith(".json"):
                write_bytes(
                    here / shelf.name / record.name, Path(record.path).read_bytes(), aside=here / "aside", mode=0o444
                )
