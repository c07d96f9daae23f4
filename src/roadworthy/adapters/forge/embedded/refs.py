"""Refs of a bare repository: listed, and changed only from what they are known to name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from roadworthy.adapters.forge.embedded.isolated import failed
from roadworthy.errors import Conflict, NotFound, UsageError
from roadworthy.platform.forge.names import shown
from roadworthy.platform.forge.push import HEADS, TAGS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from roadworthy.adapters.forge.embedded.isolated import Isolated

_OBJECT: Final = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_NOTHING: Final = "0" * 40


def read_refs(git: Isolated, repository: Path) -> Mapping[str, str]:
    """Return every branch and tag with the object that it names, in order of their names."""
    said = git.checked(repository, "for-each-ref", "--format=%(objectname) %(refname)", HEADS, TAGS)
    lines = [line.partition(" ") for line in said.split("\n") if line]
    return {name: found for found, _, name in lines}


def update_ref(git: Isolated, repository: Path, ref: str, change: tuple[str | None, str | None]) -> None:
    """Let *ref* name the second of *change* if it names the first; None is nothing.

    Raises:
        Conflict: It names something else.
        NotFound: The object is not there, or is none that a branch can name.
        UsageError: It cannot be a ref.
    """
    before, after = (None if name is None else plain_object(name) for name in change)
    _check_name(git, repository, ref)
    line = f"update {ref}\0{after or _NOTHING}\0{before or _NOTHING}\0"
    done = git.run(
        repository, "update-ref", "--stdin", "-z", "--no-deref", data=line.encode("utf-8", "surrogateescape")
    )
    if done.returncode == 0:
        return
    now = read_refs(git, repository).get(ref)
    if now == after:
        return
    if now != before:
        raise Conflict(
            f"{shown(ref)} is not at {before or 'nothing'} any more, but at {now or 'nothing'}.",
            remedy="Look again, and decide anew.",
        )
    if after is not None and git.run(repository, "cat-file", "-e", f"{after}^{{commit}}").returncode != 0:
        raise NotFound(f"There is no commit {after}.", remedy="Push it first.")
    raise failed("update-ref", done)


def move_refs(git: Isolated, repository: Path, moves: Sequence[tuple[str, str | None, str | None]]) -> None:
    """Move refs, each from the first object that is named with it to the second, in one transaction.

    Raises:
        GitFailed: One of them is elsewhere, or locked: none was moved.
    """
    lines = (f"update {ref}\0{after or _NOTHING}\0{before or _NOTHING}\0" for ref, before, after in moves)
    data = "".join(lines).encode("utf-8", "surrogateescape")
    git.checked(repository, "update-ref", "--stdin", "-z", "--no-deref", data=data)


def plain_object(name: str) -> str:
    """Return *name* if it is the full id of an object.

    Raises:
        UsageError: It is not.
    """
    if not _OBJECT.fullmatch(name) or not name.strip("0"):
        raise UsageError(f"{shown(name)} is not the full id of an object.", remedy="Name a commit by its full id.")
    return name


def _check_name(git: Isolated, repository: Path, ref: str) -> None:
    known = ref.startswith((HEADS, TAGS)) and "\0" not in ref
    if not known or git.run(repository, "check-ref-format", ref).returncode != 0:
        raise UsageError(f"{shown(ref)} cannot be a branch or a tag.", remedy=f"Name it {HEADS}NAME or {TAGS}NAME.")
