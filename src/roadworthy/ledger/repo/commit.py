"""Commits, and what one names."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_FIELDS = 6
LOG_FORMAT = "%H%x00%P%x00%an <%ae>%x00%ct%x00%s%x00%b%x00"


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit: when it was made (UTC), by whom, and why."""

    id: str
    parents: tuple[str, ...]
    author: str
    at: datetime
    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class FileChange:
    """A file that differs between two commits; the counts of lines are None for a binary file."""

    path: str
    added: int | None
    deleted: int | None


@dataclass(frozen=True, slots=True)
class Entry:
    """A file as a commit holds it: `100644`, `100755` (executable), `120000` (symlink) or `160000` (submodule)."""

    mode: str
    object: str


def parse_log(said: str) -> Iterator[Commit]:
    """Yield the commits that `git log` printed in `LOG_FORMAT`."""
    fields = said.split("\0")
    for start in range(0, len(fields) - _FIELDS, _FIELDS):
        commit, parents, author, at, subject, body = fields[start : start + _FIELDS]
        when = datetime.fromtimestamp(int(at), UTC)
        yield Commit(commit.strip(), tuple(parents.split()), author, when, subject, body.strip())


def parse_numstat(fields: tuple[str, ...]) -> Iterator[FileChange]:
    """Yield the changes that `git diff --numstat -z --no-renames` printed."""
    for field in fields:
        added, deleted, path = field.split("\t", 2)
        yield FileChange(path, _count(added), _count(deleted))


def parse_tree(fields: tuple[str, ...]) -> Iterator[tuple[str, Entry]]:
    """Yield path and entry of what `git ls-tree -z` printed."""
    for field in fields:
        about, _, path = field.partition("\t")
        mode, _, name = about.split(" ")
        yield path, Entry(mode, name)


def _count(text: str) -> int | None:
    return None if text == "-" else int(text)
