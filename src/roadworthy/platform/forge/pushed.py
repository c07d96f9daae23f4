"""The objects of a push, read while they lie aside: within limits, as whoever sent them may mean harm."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from roadworthy.build.data.pins import is_foreign, is_pin
from roadworthy.errors import GitFailed, UsageError
from roadworthy.ledger.repo.git import ISOLATED, git, try_git
from roadworthy.ledger.repo.tag import Tag
from roadworthy.platform.forge.names import shown
from roadworthy.platform.forge.trees import Walk

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

_PLAIN: Final = {"100644", "100755", "100664"}
_KEPT: Final = ("GIT_QUARANTINE_PATH", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES")


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a push is looked at; what is larger is refused."""

    updates: int = 250
    files: int = 200_000  # that differ from the branch before
    pins: int = 5_000
    bytes: int = 64 << 10  # of a pin, or of a tag's annotation
    total: int = 16 << 20  # bytes, of all pins
    trees: int = 12 << 20  # bytes, of the folders at one depth that differ


@dataclass(frozen=True, slots=True)
class Pushed:
    """A bare repository as it would be with the objects of a push in it."""

    repository: Path
    quarantine: Mapping[str, str]
    limits: Limits

    def kind(self, name: str) -> str | None:
        """Return whether the object *name* is a `commit`, `tag`, `tree` or `blob`; None when it is not there."""
        done = try_git(self.repository, "cat-file", "-t", name, extra=self._extra)
        return done.stdout.decode().strip() or None

    def branches(self) -> Mapping[str, str]:
        """Return the branches that there are, with their commits."""
        said = git(self.repository, "for-each-ref", "--format=%(objectname) %(refname:strip=2)", "refs/heads/")
        lines = said.decode("utf-8", "surrogateescape").split("\n")[:-1]
        return {name: commit for commit, _, name in (line.partition(" ") for line in lines)}

    def is_ancestor(self, one: str, other: str) -> bool:
        """Whether the commit *one* is *other* or an ancestor of it; not, when one of them is not there."""
        return try_git(self.repository, "merge-base", "--is-ancestor", one, other, extra=self._extra).returncode == 0

    def tag(self, ref: str, name: str) -> Tag:
        """Return the tag called *ref* that the object *name* is; its `commit` is what it names, whatever that is.

        Raises:
            UsageError: Its annotation is too long, or cannot be read.
        """
        if self.kind(name) != "tag":
            return Tag(ref, name, "", None)
        ((_, data),) = self._contents({"the annotation": name})
        head, _, message = data.decode("utf-8", "replace").partition("\n\n")
        about = dict(line.partition(" ")[::2] for line in head.split("\n"))
        return Tag(ref, about.get("object", ""), message, datetime.fromtimestamp(0, UTC))

    def pins(self, tip: str, base: str | None) -> Mapping[str, bytes]:
        """Return the pins in the files of *tip* that differ from those of *base*, by their path.

        Raises:
            UsageError: There are too many, one is too large, or more files differ than are looked at.
        """
        tree = self._tree(tip)
        if tree is None:
            return {}
        walk = Walk(self._trees, self.limits.files, is_foreign)
        changed = walk.changed(tree, None if base is None else self._tree(base))
        found = {path: one.object for path, one in changed.items() if one.mode in _PLAIN and is_pin(path)}
        if len(found) > self.limits.pins:
            raise UsageError(
                f"{len(found)} pins differ, and {self.limits.pins} are looked at in one push.",
                remedy="Push the commits in parts, or pin folders instead of their files.",
            )
        return dict(self._contents(dict(sorted(found.items()))))

    def _tree(self, name: str) -> str | None:
        asked = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{tree}}")
        return try_git(self.repository, *asked, extra=self._extra).stdout.decode().strip() or None

    def _trees(self, names: Sequence[str]) -> Mapping[str, bytes]:
        return dict(zip(names, self._read(names, self.limits.trees), strict=True))

    def _contents(self, wanted: Mapping[str, str]) -> Iterator[tuple[str, bytes]]:
        """Yield what is called so and its bytes, in the order of *wanted*; read only when none of it is too large."""
        names = list(wanted.values())
        for called, size in zip(wanted, self._sizes(names), strict=True):
            if size > self.limits.bytes:
                raise UsageError(
                    f"{shown(called)} has {size} bytes, and {self.limits.bytes} are read.",
                    remedy="Write it shorter: a pin and an annotation are a few lines.",
                )
        yield from zip(wanted, self._read(names, self.limits.total), strict=True)

    def _read(self, names: Sequence[str], most: int) -> Iterator[bytes]:
        sizes = self._sizes(names)
        if sum(sizes) > most:
            raise UsageError(
                f"it holds {sum(sizes)} bytes of pins or folders that differ, and {most} are read.",
                remedy="Push the commits in parts, or pin folders instead of their files.",
            )
        data = git(self.repository, "cat-file", "--batch=.", data=_lines(names), extra=self._extra)
        at = len(b".\n")
        for size in sizes:
            yield data[at : at + size]
            at += size + len(b"\n.\n")

    def _sizes(self, names: Sequence[str]) -> list[int]:
        told = git(
            self.repository, "cat-file", "--batch-check=%(objectsize)", data=_lines(names), extra=self._extra
        ).split()
        if len(told) != len(names):  # `NAME missing`: git lets in no push whose objects are not all there
            raise GitFailed("git cat-file: an object is missing.", remedy="Push again.")
        return [int(size) for size in told]

    @property
    def _extra(self) -> Mapping[str, str]:
        return {**ISOLATED, **{name: value for name, value in self.quarantine.items() if name in _KEPT}}


def readable(fault: Exception) -> str:
    """Return what a fault of the objects that were sent says, on one line."""
    if isinstance(fault, GitFailed):
        return "its objects cannot be read."
    return " ".join(str(fault).split("\n"))


def _lines(names: Sequence[str]) -> bytes:
    return "".join(f"{name}\n" for name in names).encode()
