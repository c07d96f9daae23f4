"""A merge without a working tree: no checkout, no filter, no hook."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from roadworthy.adapters.forge.embedded.isolated import failed
from roadworthy.adapters.forge.embedded.refs import plain_object, read_refs, update_ref
from roadworthy.errors import Conflict, NotFound
from roadworthy.platform.forge.names import shown
from roadworthy.platform.forge.push import HEADS

if TYPE_CHECKING:
    from pathlib import Path

    from roadworthy.adapters.forge.embedded.isolated import Isolated
    from roadworthy.platform.forge.forge import Merge

_COMMITTER: Final = ("Roadworthy", "platform@roadworthy.invalid")
_CONFLICTS: Final = 1  # the exit status of `git merge-tree`
_LISTED: Final = 20


def merge(git: Isolated, repository: Path, wanted: Merge) -> str:
    """Make the merge commit on the target branch and return it. Raises as `Forge.merge` says."""
    for commit in (wanted.source, wanted.onto):
        _check_commit(git, repository, commit)
    target = f"{HEADS}{wanted.target}"
    now = read_refs(git, repository).get(target)
    if now is None:
        raise NotFound(f"There is no branch {shown(wanted.target)}.", remedy="Push it first.")
    if _is_ancestor(git, repository, wanted.source, wanted.onto):
        raise Conflict(
            f"{shown(wanted.target)} holds {wanted.source[:12]} already.", remedy="There is nothing to merge."
        )
    made = _commit(git, repository, _tree(git, repository, wanted), wanted)
    if now != wanted.onto:
        if _is_ancestor(git, repository, made, now):
            return made
        raise Conflict(
            f"{shown(wanted.target)} is not at {wanted.onto[:12]} any more, but at {now[:12]}.",
            remedy="Have the change tested and approved against what is there now.",
        )
    update_ref(git, repository, target, (wanted.onto, made))
    return made


def _tree(git: Isolated, repository: Path, wanted: Merge) -> str:
    options = ("--write-tree", "-z", "--name-only", "--no-messages")
    done = git.run(repository, "merge-tree", *options, wanted.onto, wanted.source)
    tree, *files = done.stdout.decode("utf-8", "surrogateescape").rstrip("\0").split("\0")
    if done.returncode == _CONFLICTS:
        named = ", ".join(shown(path) for path in files[:_LISTED])
        more = f" and {len(files) - _LISTED} more" if len(files) > _LISTED else ""
        raise Conflict(
            f"Both sides changed the same lines of {named}{more}.",
            remedy=f"Merge {shown(wanted.target)} into the branch, settle what differs, and push it.",
        )
    if done.returncode != 0 and b"unrelated histories" in done.stderr:
        raise Conflict("The two share no history.", remedy="Begin the branch at a commit of the target.")
    if done.returncode != 0:
        raise failed("merge-tree", done)
    return tree.strip()


def _commit(git: Isolated, repository: Path, tree: str, wanted: Merge) -> str:
    # The time is the merge's own, so that the same merge is the same commit.
    at = f"@{int(wanted.at.timestamp())} +0000"
    name, email = _COMMITTER
    who = {
        "GIT_AUTHOR_NAME": _plain(wanted.author.name, "somebody"),
        "GIT_AUTHOR_EMAIL": _plain(wanted.author.email, "nobody@roadworthy.invalid"),
        "GIT_AUTHOR_DATE": at,
        "GIT_COMMITTER_NAME": name,
        "GIT_COMMITTER_EMAIL": email,
        "GIT_COMMITTER_DATE": at,
    }
    message = wanted.message.replace("\0", "").rstrip("\n") + "\n"
    return git.checked(
        repository, "commit-tree", tree, "-p", wanted.onto, "-p", wanted.source, "-F", "-",
        data=message.encode("utf-8", "replace"), extra=who,
    )  # fmt: skip


def _check_commit(git: Isolated, repository: Path, commit: str) -> None:
    if git.run(repository, "cat-file", "-e", f"{plain_object(commit)}^{{commit}}").returncode != 0:
        raise NotFound(f"There is no commit {commit}.", remedy="Push it first.")


def _is_ancestor(git: Isolated, repository: Path, one: str, other: str) -> bool:
    return git.run(repository, "merge-base", "--is-ancestor", one, other).returncode == 0


def _plain(text: str, otherwise: str) -> str:
    """Return *text* as git takes it for a name or an address: without what would end it."""
    kept = "".join(letter for letter in text if letter.isprintable() and letter not in "<>").strip(" .,:;\"'\\")
    return kept.encode("utf-8", "replace").decode() or otherwise
