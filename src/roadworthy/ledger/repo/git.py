"""git, called with argument lists: no shell, no pager, no prompt, no repository but the one that is meant."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING, Final

from roadworthy.errors import GitFailed, NotARepository, NotFound, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

# A hook that calls us sets GIT_DIR and its like, and then every command would speak of the hook's repository.
_KEPT: Final = ("GIT_AUTHOR_", "GIT_COMMITTER_", "GIT_SSH", "GIT_ASKPASS", "GIT_CONFIG_", "GIT_SSL_", "GIT_TRACE")
_ALWAYS: Final = (
    "git",
    "--no-pager",
    "--literal-pathspecs",
    "-c",
    "core.quotePath=false",
    "-c",
    "advice.statusHints=false",
)
# For repositories that others push to: nothing of this machine's or its user's configuration has a say.
ISOLATED: Final[Mapping[str, str]] = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_COUNT": "0",
    "GIT_CONFIG_PARAMETERS": "",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
}
# For clones that others' code has run in: nothing that is left there is run.
_LEFT_THERE: Final = {"core.hooksPath": os.devnull, "core.fsmonitor": "false", "protocol.ext.allow": "never"}
UNHOOKED: Final[Mapping[str, str]] = {
    **ISOLATED,
    "GIT_CONFIG_COUNT": str(len(_LEFT_THERE)),
    **{f"GIT_CONFIG_KEY_{at}": key for at, key in enumerate(_LEFT_THERE)},
    **{f"GIT_CONFIG_VALUE_{at}": value for at, value in enumerate(_LEFT_THERE.values())},
}


def git(folder: Path, *arguments: str, data: bytes | None = None, extra: Mapping[str, str] | None = None) -> bytes:
    """Run git in *folder* and return what it printed.

    Raises:
        GitFailed: It refused.
        NotFound: git is not installed.
    """
    done = try_git(folder, *arguments, data=data, extra=extra)
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip() or f"exit status {done.returncode}"
        raise GitFailed(f"git {arguments[0]}: {said}", remedy=_remedy(said))
    return done.stdout


def try_git(
    folder: Path, *arguments: str, data: bytes | None = None, extra: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run git in *folder* and return how it ended. Raises NotFound when git is not installed."""
    try:
        return subprocess.run(
            [*_ALWAYS, *arguments],
            cwd=folder,
            input=data,
            stdin=subprocess.DEVNULL if data is None else None,
            capture_output=True,
            check=False,
            env=_environment(extra or {}),
        )
    except FileNotFoundError as fault:
        raise _absent(folder) from fault


def _absent(folder: Path) -> NotFound:
    if not folder.is_dir():
        return NotFound(f"{folder} is not there.", remedy="Check its name, or make it first.")
    return NotFound("git is not installed.", remedy="Install it, e.g. with `apt-get install git`.")


def git_lines(folder: Path, *arguments: str) -> tuple[str, ...]:
    """Run git with an option that ends every name with NUL, and return the names."""
    return tuple(os.fsdecode(one) for one in git(folder, *arguments).split(b"\0") if one)


def toplevel(folder: Path) -> str:
    """Return the top folder of the working tree that *folder* lies in, or of the bare repository.

    Raises:
        NotARepository: It lies in none.
    """
    done = try_git(folder, "rev-parse", "--show-toplevel")
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip()
        bare = try_git(folder, "rev-parse", "--is-bare-repository", "--absolute-git-dir")
        if bare.stdout.startswith(b"true\n"):
            return os.fsdecode(bare.stdout.removeprefix(b"true\n").rstrip(b"\n"))
        if "dubious ownership" in said:
            raise NotARepository(
                f"git does not trust the repository of {folder}: it belongs to somebody else.",
                remedy=f"If you trust it: `git config --global --add safe.directory {folder}`.",
            )
        raise NotARepository(
            f"{folder} is not in a git repository.",
            remedy="Run `git init -b main` in the project's folder, and commit it.",
        )
    return os.fsdecode(done.stdout.rstrip(b"\n"))


def _environment(extra: Mapping[str, str]) -> Mapping[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_") or name.startswith(_KEPT)}
    return {**kept, "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", **extra}


def _remedy(said: str) -> str:
    if "tell me who you are" in said or "empty ident" in said or "no email was given" in said:
        return 'Run `git config --global user.name "Your Name"` and `git config --global user.email you@example.com`.'
    if "No space left" in said or "Read-only file system" in said or "Permission denied" in said:
        return "Make room for, or grant yourself, the repository's `.git` folder, and run the command again."
    return "Look at the repository with `git status`, mend it, and run the command again."


def plain_revision(revision: str) -> str:
    """Return *revision* if it can be handed to git.

    Raises:
        UsageError: It holds a character that no revision has.
    """
    if not revision or any(ord(letter) < ord(" ") for letter in revision):
        raise UsageError(f"{revision!r} is not a revision.", remedy="Name a commit, a branch or a tag.")
    return revision
