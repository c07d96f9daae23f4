"""Templates: which there are, what a project was rendered from, and how a newer one is merged into it.

Every rendering is a commit that holds the template's files and nothing of the project's own, and is an ancestor of the
project's branches. Merging a newer template is therefore a merge as git does it: the last rendering is the base.
"""

from __future__ import annotations

import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import yaml

from roadworthy.declare import project
from roadworthy.errors import Conflict, DirtyTree, NotFound, UsageError
from roadworthy.ledger.repo.commit import LOG_FORMAT, parse_log
from roadworthy.ledger.repo.git import git, git_lines, try_git
from roadworthy.ledger.repo.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

TEMPLATES: Final = Path(__file__).parents[2] / "templates"
ANSWERS: Final = ".template.yaml"
_SHOWN: Final = 5  # changed files that are named
_HEAD: Final = "# What this project was made from; read by `roadworthy template update`.\n"


@dataclass(frozen=True, slots=True)
class Rendering:
    """A template of the folder *shelf*, and the answers it is rendered with."""

    template: str
    answers: Mapping[str, str]
    shelf: Path = TEMPLATES

    @property
    def folder(self) -> Path:
        """Where the template lies.

        Raises:
            UsageError: There is none of that name.
        """
        known = names(self.shelf)
        if self.template not in known:
            raise UsageError(f"There is no template {self.template!r}.", remedy=f"Choose one of: {', '.join(known)}.")
        return self.shelf / self.template


@dataclass(frozen=True, slots=True)
class Update:
    """What became of an update: the commit that merged it (None: there was nothing new), and the files it changed."""

    template: str
    commit: str | None
    files: tuple[str, ...] = ()


def names(shelf: Path = TEMPLATES) -> tuple[str, ...]:
    """Return the names of the templates in the folder *shelf*."""
    return tuple(sorted(folder.name for folder in shelf.iterdir() if (folder / "copier.yml").is_file()))


def render(rendering: Rendering, to: Path) -> None:
    """Write the project that *rendering* describes as the new folder *to*."""
    from roadworthy.adapters.template import copier

    copier.render(rendering.folder, rendering.answers, to)
    kept = {"template": rendering.template, "answers": dict(rendering.answers)}
    (to / ANSWERS).write_text(_HEAD + yaml.safe_dump(kept, sort_keys=False), encoding="utf-8")


def message(subject: str, rendering: Rendering, prefix: str) -> str:
    """Return the message of a commit that holds a rendering, by which it is found again."""
    return f"{subject}\n\n{_trailers(rendering.template, prefix)}\n"


def update(start: Path | None = None, shelf: Path = TEMPLATES) -> Update:
    """Merge the template as it is in *shelf*, by default the installed Roadworthy's, into the project around *start*.

    Raises:
        DirtyTree: There are changes that are not committed.
        NotFound: The project was not made from a template, or the rendering is not in its history.
        Conflict: Files that both sides changed differently wait in the working tree to be resolved.
    """
    folder = project.find(start or Path.cwd())
    repo = Repository.open(folder)
    _refuse_changes(repo)
    rendering, prefix = _rendering_of(folder, shelf), repo.prefix(folder)
    base = _last_rendering(repo, rendering.template, prefix)
    newer = _commit_rendering(repo, base, rendering, prefix)
    if newer is None:
        return Update(rendering.template, None)
    return _merge(repo, newer, rendering.template)


def _refuse_changes(repo: Repository) -> None:
    changed = repo.status().changed
    if changed:
        raise DirtyTree(
            f"There are changes that are not committed: {', '.join(changed[:_SHOWN])}{' …' * (len(changed) > _SHOWN)}.",
            remedy="Commit or stash them; then update.",
        )


def _rendering_of(folder: Path, shelf: Path) -> Rendering:
    try:
        kept = yaml.safe_load((folder / ANSWERS).read_text(encoding="utf-8"))
        answers = {str(name): str(value) for name, value in kept["answers"].items()}
        template = str(kept["template"])
    except FileNotFoundError as fault:
        raise NotFound(
            f"There is no {ANSWERS} in {folder}: it was not made from a template.",
            remedy="Make a project with `roadworthy new DIR --template tabular`, and take from it what you need.",
        ) from fault
    except (yaml.YAMLError, UnicodeDecodeError, KeyError, TypeError, AttributeError) as fault:
        raise UsageError(
            f"{folder / ANSWERS} does not name a template and its answers.",
            remedy=f"Restore it: `git log -- {ANSWERS}` shows its versions.",
        ) from fault
    if template not in names(shelf):
        raise NotFound(
            f"{folder / ANSWERS} names the template {template}, which this version of Roadworthy does not have.",
            remedy=f"It has: {', '.join(names(shelf))}. Install the version that the project was made with.",
        )
    return Rendering(template, answers, shelf)


def _last_rendering(repo: Repository, template: str, prefix: str) -> str:
    wanted = _trailers(template, prefix)
    newest_first = ("--topo-order", "--fixed-strings", f"--grep={wanted.splitlines()[0]}")  # commits may share a second
    said = git(repo.root, "log", "-z", f"--format={LOG_FORMAT}", *newest_first, "HEAD")
    for commit in parse_log(said.decode("utf-8", "replace")):
        if commit.body.endswith(wanted):
            return commit.id
    raise NotFound(
        f"The history holds no commit of the template {template}, so there is nothing to compare a newer one with.",
        remedy="It was rewritten or squashed: fetch the whole history (`git fetch --unshallow`), or update by hand.",
    )


def _trailers(template: str, prefix: str) -> str:
    return f"Roadworthy-Template: {template}\nRoadworthy-Project: {prefix or '.'}"


def _commit_rendering(repo: Repository, base: str, rendering: Rendering, prefix: str) -> str | None:
    """Commit, on top of the rendering *base*, what the template is now; return None when that is the same."""
    with _worktree(repo, base) as tree:
        place = tree / prefix
        _empty(place)
        with tempfile.TemporaryDirectory(prefix="roadworthy-template-") as aside:
            render(rendering, Path(aside) / "new")
            shutil.copytree(Path(aside) / "new", place, dirs_exist_ok=True)
        git(tree, "add", "--all", "--force", ".")
        if try_git(tree, "diff", "--cached", "--quiet").returncode == 0:
            return None
        said = message(f"Render the template {rendering.template} anew", rendering, prefix)
        git(tree, "commit", "--quiet", "--no-verify", "--file=-", data=said.encode())
        return git(tree, "rev-parse", "HEAD").decode().strip()


def _empty(place: Path) -> None:
    for path in place.iterdir():
        if path.name == ".git":
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


@contextmanager
def _worktree(repo: Repository, commit: str) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="roadworthy-template-") as aside:
        tree = Path(aside) / "tree"
        git(repo.root, "worktree", "add", "--quiet", "--detach", str(tree), commit)
        try:
            yield tree
        finally:
            git(repo.root, "worktree", "remove", "--force", str(tree))


def _merge(repo: Repository, newer: str, template: str) -> Update:
    before = repo.resolve("HEAD")
    said = f"Merge the newer template {template}"
    done = try_git(repo.root, "merge", "--quiet", "--no-ff", "--no-edit", "-m", said, newer)
    if done.returncode == 0:
        after = repo.resolve("HEAD")
        return Update(template, after, tuple(change.path for change in repo.difference(before, after)))
    clashing = git_lines(repo.root, "diff", "--name-only", "--diff-filter=U", "-z")
    raise Conflict(
        f"The project and the template changed the same lines: {', '.join(clashing)}."
        if clashing
        else f"git could not merge: {done.stderr.decode('utf-8', 'replace').strip()}",
        remedy="Resolve the marked lines, `git add` the files and `git commit`; or take it back: `git merge --abort`.",
    )
