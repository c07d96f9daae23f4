"""Making a project: rendered aside, put in its place as a whole, and committed."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from roadworthy.app.starting.template import Rendering, message, names, render
from roadworthy.declare import schema
from roadworthy.declare.form import slug
from roadworthy.errors import NotARepository, RoadworthyError, UsageError
from roadworthy.ledger.repo.actor import actor_of
from roadworthy.ledger.repo.git import git, toplevel, try_git
from roadworthy.ledger.repo.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Mapping

    from roadworthy.adapters.template.copier import Question

__all__ = ["Made", "make", "names", "questions"]


@dataclass(frozen=True, slots=True)
class Made:
    """A project that was made: where, on which branch, and in whose repository."""

    folder: Path
    branch: str
    own_repository: bool


def questions(template: str, folder: Path) -> tuple[Question, ...]:
    """Return what *template* asks, with defaults that suit a project in *folder*.

    Raises:
        UsageError: There is no such template.
    """
    from roadworthy.adapters.template import copier

    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    known = {"project": slug(folder.absolute().name), "maintainer": f"user:{_login(folder)}", "python": python}
    asked = copier.questions(Rendering(template, {}).folder)
    return tuple(replace(one, default=known.get(one.name) or one.default) for one in asked)


def make(folder: Path, template: str, answers: Mapping[str, str]) -> Made:
    """Make a project in the new folder *folder* and commit it.

    It becomes a repository of its own with the branches `main` and, for gitflow, `develop`; inside a repository that
    is there already, it is one commit on the branch that is checked out.

    Raises:
        UsageError: The folder is not empty, the template unknown, or an answer not taken.
        RoadworthyError: git does not know who commits, or the folder cannot be written.
    """
    folder = folder.absolute()
    _refuse_full(folder)
    rendering = Rendering(template, answers)
    place = _existing(folder.parent)
    _refuse_nobody(place)
    outer = _repository(place)
    _place(rendering, folder)
    branch = _start_repository(folder, rendering) if outer is None else _join_repository(outer, folder, rendering)
    schema.write(folder / ".roadworthy" / "schemas")  # which git ignores: the first line of each file names its own
    return Made(folder, branch, outer is None)


def _refuse_full(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file.", remedy="Name a new folder.")
    if folder.is_dir() and any(folder.iterdir()):
        raise UsageError(f"{folder} is not empty: nothing was written.", remedy="Name a new or an empty folder.")


def _refuse_nobody(place: Path) -> None:
    for role in ("GIT_AUTHOR_IDENT", "GIT_COMMITTER_IDENT"):
        if try_git(place, "var", role).returncode != 0:
            raise RoadworthyError(
                "git does not know who you are, so the first commit cannot be made: nothing was written.",
                remedy='Run `git config --global user.name "Your Name"` and '
                "`git config --global user.email you@example.com`.",
            )


def _existing(folder: Path) -> Path:
    while not folder.is_dir():
        folder = folder.parent
    return folder


def _repository(place: Path) -> Repository | None:
    try:
        return Repository(Path(toplevel(place)))
    except NotARepository:
        return None


def _place(rendering: Rendering, folder: Path) -> None:
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".roadworthy-new-", dir=folder.parent) as aside:
            render(rendering, Path(aside) / "project")
            (Path(aside) / "project").rename(folder)
    except OSError as fault:
        raise RoadworthyError(
            f"{folder} cannot be written: {fault.strerror}.", remedy="Name a folder that you may write to."
        ) from fault


def _start_repository(folder: Path, rendering: Rendering) -> str:
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "add", "--all", "--force", ".")
    said = message(f"Start from the template {rendering.template}", rendering, "")
    git(folder, "commit", "--quiet", "--file=-", data=said.encode())
    if rendering.answers.get("branches") == "trunk":
        return "main"
    git(folder, "switch", "--quiet", "--create", "develop")
    return "develop"


def _join_repository(outer: Repository, folder: Path, rendering: Rendering) -> str:
    prefix = outer.prefix(folder)
    said = message(f"Start {prefix} from the template {rendering.template}", rendering, prefix)
    git(outer.root, "add", "--all", "--force", "--", prefix)
    git(outer.root, "commit", "--quiet", "--only", "--file=-", "--", prefix, data=said.encode())
    return outer.branch() or "HEAD"


def _login(folder: Path) -> str:
    mail = actor_of(_existing(folder.absolute().parent)).rpartition("<")[2].rstrip(">")
    return slug(mail.partition("@")[0]) or "maintainer"
