"""The git repository that a project lives in."""

from __future__ import annotations

import difflib
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from roadworthy.errors import Conflict, GitFailed, NotFound, UsageError
from roadworthy.ledger.repo.commit import LOG_FORMAT, Commit, Entry, FileChange, parse_log, parse_numstat, parse_tree
from roadworthy.ledger.repo.export import export
from roadworthy.ledger.repo.git import git, git_lines, plain_revision, toplevel, try_git
from roadworthy.ledger.repo.status import Status, parse_status
from roadworthy.ledger.repo.tag import TAG_FORMAT, Tag, parse_tags

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_FILES = {"100644", "100755"}


@dataclass(frozen=True, slots=True)
class Repository:
    """A git repository with a working tree at *root*, or a bare one, which has commits alone.

    Commits are named by their full id.
    """

    root: Path

    @classmethod
    def open(cls, start: Path) -> Self:
        """Return the repository that *start* lies in.

        Raises:
            NotARepository: It lies in none.
        """
        return cls(Path(toplevel(start)))

    def prefix(self, folder: Path) -> str:
        """Return the path of *folder* from the root, `""` for the root itself.

        Raises:
            UsageError: It lies outside.
        """
        try:
            name = folder.resolve().relative_to(self.root.resolve()).as_posix()
        except ValueError as fault:
            raise UsageError(
                f"{folder} lies outside the repository {self.root}.", remedy="Name a folder inside it."
            ) from fault
        return "" if name == "." else name

    def status(self, under: Path | None = None) -> Status:
        """Return commit, branch and changed files, with paths from *under* (or the root), in one call of git."""
        prefix = self.prefix(under or self.root)
        said = git_lines(
            self.root, "status", "--porcelain=v2", "--branch", "-z", "--no-renames", "--untracked-files=all",
            f"--ignore-submodules={self._submodules()}", "--", prefix or ".",
        )  # fmt: skip
        found = parse_status(said)
        return Status(found.head, found.branch, tuple(_below(path, prefix) for path in found.changed))

    def _submodules(self) -> str:
        """Return what of submodules need not be looked into: all but their commits, where git has made none.

        To look into one, git obeys the configuration that stands in it, and that names programs. A folder that only
        looks like a submodule may have been left there by somebody who wants one of theirs to be run.
        """
        own = self.root / ".git"
        return "dirty" if own.is_dir() and not (own / "modules").is_dir() else "none"

    def head(self) -> str | None:
        """Return the commit that is checked out, or None before the first one."""
        done = try_git(self.root, "rev-parse", "--verify", "--quiet", "HEAD^{commit}")
        return done.stdout.decode().strip() or None

    def branch(self) -> str | None:
        """Return the branch that is checked out, or None when a commit is."""
        done = try_git(self.root, "symbolic-ref", "--short", "--quiet", "HEAD")
        return os.fsdecode(done.stdout).strip() or None

    def resolve(self, revision: str) -> str:
        """Return the commit that *revision* names.

        Raises:
            NotFound: It names none.
        """
        asked = f"{plain_revision(revision)}^{{commit}}"
        done = try_git(self.root, "rev-parse", "--verify", "--quiet", "--end-of-options", asked)
        found = done.stdout.decode().strip()
        if done.returncode != 0 or not _COMMIT.fullmatch(found):
            near = self._meant(revision)
            raise NotFound(
                f"There is no commit {revision!r} in {self.root}.",
                remedy=f"Did you mean {near}?"
                if near
                else "Look at `git log` and `git branch --all`; perhaps `git fetch` first.",
            )
        return found

    def references(self) -> tuple[str, ...]:
        """Return the names of branches, those of remotes too, and tags, as people write them."""
        told = git(self.root, "for-each-ref", "--format=%(refname:short)", "refs/heads", "refs/remotes", "refs/tags")
        return tuple(os.fsdecode(told).splitlines())

    def _meant(self, revision: str) -> str | None:
        """Return the branch or tag that *revision* most likely stands for: a version's tag bears its model's name."""
        names = self.references()
        version = next((name for name in names if name.endswith(f"@{revision}")), None)
        return version or next(iter(difflib.get_close_matches(revision, names, n=1)), None)

    def changed(self, under: Path) -> tuple[str, ...]:
        """Return the files below *under* that differ from the commit or are untracked, by their path in *under*."""
        return self.status(under).changed

    def tracked(self, under: Path, *, coming: bool = False) -> tuple[str, ...]:
        """Return the files below *under* that git tracks, by their path in *under*; with *coming*, those it would too.

        Those are the files that it does not know yet and does not ignore.
        """
        prefix = self.prefix(under)
        more = ("--cached", "--others", "--exclude-standard") if coming else ()
        said = git_lines(self.root, "ls-files", "-z", "--full-name", *more, "--", prefix or ".")
        return tuple(_below(path, prefix) for path in said)

    def tracks(self, path: Path) -> bool:
        """Whether git tracks *path*, or anything below it."""
        return bool(git_lines(path.parent, "ls-files", "-z", "--", path.name))

    def files(self, commit: str, prefix: str = "") -> Mapping[str, Entry]:
        """Return the files of *commit* below the folder *prefix*, by their path in it; none when it is not there."""
        treeish = self.resolve(commit)
        asked = ("ls-tree", "-r", "-z", "--full-tree", treeish)
        said = git_lines(self.root, *asked, "--", prefix) if prefix else git_lines(self.root, *asked)
        return {_below(path, prefix): entry for path, entry in parse_tree(said)}

    def show(self, commit: str, path: str, *, at_most: int | None = None) -> bytes:
        """Return the bytes of the file *path* (from the root) as *commit* holds it.

        Raises:
            NotFound: There is no such file, or it is a symlink, folder or submodule.
            UsageError: It has more than *at_most* bytes; they are not read.
        """
        found = dict(parse_tree(git_lines(self.root, "ls-tree", "-z", "--full-tree", self.resolve(commit), "--", path)))
        entry = found.get(path)
        if entry is None or entry.mode not in _FILES:
            raise NotFound(
                f"There is no file {path} in the commit {commit[:12]}.", remedy="Check the name with `git show --stat`."
            )
        size = 0 if at_most is None else int(git(self.root, "cat-file", "-s", entry.object))
        if size > (at_most or 0):
            raise UsageError(
                f"{path} has {size} bytes in the commit {commit[:12]}: more than {at_most}.", remedy="Make it smaller."
            )
        return git(self.root, "cat-file", "blob", entry.object)

    def export(self, commit: str, prefix: str, to: Path) -> None:
        """Write the files of *commit* below *prefix* as the new folder *to*, byte for byte as committed.

        Raises:
            NotFound: The commit holds nothing there.
            Conflict: Something stands at *to*.
            IntegrityError: A path leads outside.
            StorageError: The disk is full or the folder is read-only.
        """
        entries = self.files(commit, prefix)
        if not entries:
            raise NotFound(
                f"The commit {commit[:12]} holds no files in {prefix or 'its root'}.",
                remedy="Name a commit in which the project was there.",
            )
        export(self.root, entries, to)

    def tags(self, pattern: str = "") -> tuple[Tag, ...]:
        """Return the tags that match *pattern* (git's, e.g. `delay@v*`; all without one), ordered by name."""
        said = git(self.root, "for-each-ref", f"--format={TAG_FORMAT}", f"refs/tags/{pattern}")
        return tuple(parse_tags(said.decode("utf-8", "replace")))

    def create_tag(self, name: str, commit: str, message: str, at: datetime) -> None:
        """Make the annotated tag *name* on *commit*, with the tagger's time *at* (aware).

        Raises:
            Conflict: The tag is there already; nothing was changed.
            UsageError: git allows no tag of that name.
        """
        if try_git(self.root, "check-ref-format", f"refs/tags/{name}").returncode != 0 or name.startswith("-"):
            raise UsageError(f"git allows no tag called {name!r}.", remedy="Use letters, digits, `-`, `_` and `.`.")
        stamp = {"GIT_COMMITTER_DATE": f"{int(at.timestamp())} +0000"}
        try:
            git(
                self.root, "tag", "--annotate", "--no-sign", "--cleanup=verbatim", "--file=-", "--end-of-options",
                name, self.resolve(commit), data=message.encode(), extra=stamp,
            )  # fmt: skip
        except GitFailed as fault:
            there = try_git(self.root, "show-ref", "--verify", "--quiet", f"refs/tags/{name}").returncode == 0
            if there or "cannot lock ref" in fault.problem:
                raise Conflict(
                    f"The tag {name} is there already.", remedy="Somebody was first: look at `roadworthy history`."
                ) from fault
            raise

    def log(self, revision: str, *, limit: int = 100, first_parent: bool = False) -> tuple[Commit, ...]:
        """Return up to *limit* commits reachable from *revision*, newest first."""
        options = ["--first-parent"] if first_parent else []
        commit = self.resolve(revision)
        said = git(self.root, "log", f"--format={LOG_FORMAT}", f"--max-count={limit}", *options, commit)
        return tuple(parse_log(said.decode("utf-8", "replace")))

    def merge_base(self, one: str, other: str) -> str | None:
        """Return the best common ancestor of two revisions, or None when they share none."""
        done = try_git(self.root, "merge-base", self.resolve(one), self.resolve(other))
        return done.stdout.decode().strip() or None

    def is_ancestor(self, one: str, other: str) -> bool:
        """Whether the commit *one* is *other*, or an ancestor of it."""
        asked = (self.resolve(one), self.resolve(other))
        return try_git(self.root, "merge-base", "--is-ancestor", *asked).returncode == 0

    def difference(self, base: str, head: str, prefix: str = "") -> tuple[FileChange, ...]:
        """Return the files below *prefix* that differ between two revisions, by their path in it; a rename is two."""
        said = git_lines(
            self.root, "diff", "--numstat", "-z", "--no-renames", "--no-ext-diff", "--no-textconv",
            self.resolve(base), self.resolve(head), "--", prefix or ".",
        )  # fmt: skip
        return tuple(FileChange(_below(one.path, prefix), one.added, one.deleted) for one in parse_numstat(said))


def _below(path: str, prefix: str) -> str:
    return path.removeprefix(f"{prefix}/") if prefix else path
