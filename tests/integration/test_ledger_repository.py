"""A real git repository: hostile names, exact exports, tags that are made once."""

from __future__ import annotations

import subprocess
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from roadworthy.errors import Conflict, GitFailed, IntegrityError, NotARepository, NotFound, StorageError, UsageError
from roadworthy.ledger.repo.repository import Repository

AT = datetime(2026, 1, 31, 12, tzinfo=UTC)
HOSTILE = [
    "-rf",
    "--help",
    "we ird",
    "a\nb",
    'quo"te',
    "ünï",
    ":(glob)*",
    "*",
    "tab\there",
    "$(touch x)",
    "back\\slash",
]


def git(folder: Path, *arguments: str, data: bytes | None = None) -> str:
    """Run git as a user would, and return what it said."""
    done = subprocess.run(["git", *arguments], cwd=folder, input=data, capture_output=True, check=True)
    return done.stdout.decode().strip()


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    """Return a repository with one commit of a project in `p` and a file beside it."""
    top = tmp_path / "repo"
    (top / "p").mkdir(parents=True)
    git(top, "init", "--quiet", "--initial-branch", "main")
    (top / "beside").write_text("beside")
    (top / "p" / "code.py").write_text("print()\n")
    commit(top, "first")
    return Repository.open(top)


def commit(top: Path, subject: str) -> str:
    """Commit everything and return the commit."""
    git(top, "add", "--all")
    git(top, "commit", "--quiet", "--message", subject)
    return git(top, "rev-parse", "HEAD")


def test_a_folder_outside_git_is_said_to_be(tmp_path: Path) -> None:
    """Without a repository the error says how to make one."""
    with pytest.raises(NotARepository, match="not in a git repository"):
        Repository.open(tmp_path)
    with pytest.raises(NotFound):
        Repository.open(tmp_path / "none")


def test_before_the_first_commit_there_is_no_head(tmp_path: Path) -> None:
    """A new repository has a branch, no commit, and untracked files."""
    git(tmp_path, "init", "--quiet", "--initial-branch", "main")
    (tmp_path / "x").write_text("x")
    repo = Repository.open(tmp_path)

    assert (repo.head(), repo.branch(), repo.status().head) == (None, "main", None)
    assert repo.changed(tmp_path) == ("x",)
    with pytest.raises(NotFound, match="no commit"):
        repo.resolve("HEAD")


def test_what_differs_is_told_by_its_path_in_the_project(repo: Repository) -> None:
    """Changed, deleted, untracked and staged files of the project are listed, not those beside it or ignored."""
    project = repo.root / "p"
    for name in ("gone", "staged", "kept"):
        (project / name).write_text(name)
    (project / ".gitignore").write_text("ignored\n")
    commit(repo.root, "second")
    (project / "gone").unlink()
    (project / "code.py").write_text("changed")
    (project / "staged").write_text("changed")
    git(repo.root, "add", "p/staged")
    for name in ("new", "ignored"):
        (project / name).write_text(name)
    (repo.root / "beside").write_text("changed")
    (project / "deep").mkdir()
    (project / "deep" / "new").write_text("new")

    assert sorted(repo.changed(project)) == ["code.py", "deep/new", "gone", "new", "staged"]
    assert repo.status(project).branch == "main"
    assert repo.status(project).head == repo.head()
    assert sorted(repo.tracked(project)) == [".gitignore", "code.py", "gone", "kept", "staged"]


@pytest.mark.parametrize("name", HOSTILE)
def test_any_name_is_only_a_name(repo: Repository, tmp_path: Path, name: str) -> None:
    """Names that look like options, patterns or commands are listed, shown and exported as they are."""
    (repo.root / "p" / name).write_text(name)
    untracked = repo.changed(repo.root / "p")
    head = commit(repo.root, "hostile")
    repo.export(head, "p", tmp_path / "out")

    assert untracked == (name,)
    assert name in repo.tracked(repo.root / "p")
    assert repo.show(head, f"p/{name}") == name.encode()
    assert set(repo.files(head, "p")) == {name, "code.py"}
    assert {path.name for path in (tmp_path / "out").iterdir()} == {name, "code.py"}
    assert f"p/{name}" in {change.path for change in repo.difference("HEAD~1", "HEAD")}


@pytest.mark.parametrize(
    "revision", ["none", "--all", "-h", "a..b", "HEAD:p", "", "x\ny", "HEAD^{tree}", "@{-1}", "^HEAD"]
)
def test_what_is_no_commit_is_not_found(repo: Repository, revision: str) -> None:
    """A revision that names no commit, or is an option, is refused."""
    with pytest.raises((NotFound, UsageError)):
        repo.resolve(revision)


@pytest.mark.parametrize(("asked", "meant"), [("v1.0.0", "delay@v1.0.0"), ("featrue/wind", "feature/wind")])
def test_a_revision_that_is_near_another_is_told_so(repo: Repository, asked: str, meant: str) -> None:
    """A version is known to people by its number, and its tag bears the name of the model too."""
    git(repo.root, "branch", "feature/wind")
    git(repo.root, "tag", "delay@v1.0.0")

    with pytest.raises(NotFound) as found:
        repo.resolve(asked)
    assert found.value.remedy == f"Did you mean {meant}?"


def test_commits_are_found_by_branch_tag_and_beginning(repo: Repository) -> None:
    """Whatever git takes for a commit is resolved to its full name."""
    head = repo.head()
    git(repo.root, "tag", "--annotate", "v1", "--message", "v1")
    git(repo.root, "checkout", "--quiet", "--detach")

    assert head is not None
    assert {repo.resolve(one) for one in ("main", "v1", "HEAD", head[:10], head)} == {head}
    assert repo.branch() is None


def test_an_export_is_the_commit_byte_for_byte(repo: Repository, tmp_path: Path) -> None:
    """Attributes that leave files out, rewrite them or change their line ends have no say; modes and links are kept."""
    project = repo.root / "p"
    (project / ".gitattributes").write_text("tests export-ignore\n*.txt text eol=crlf export-subst ident\n")
    (project / "tests").mkdir()
    (project / "tests" / "test.py").write_text("x")
    (project / "dos.txt").write_bytes(b"$Format:%H$ $Id$\nline\n")
    (project / "run").write_text("#!/bin/sh\n")
    (project / "run").chmod(0o755)
    (project / "link").symlink_to("/etc/passwd")
    (project / "big").write_bytes(bytes(range(256)) * 1000)
    head = commit(repo.root, "attributes")
    (project / "code.py").write_text("not committed")
    out = tmp_path / "deep" / "out"
    repo.export(head, "p", out)

    assert (out / "dos.txt").read_bytes() == b"$Format:%H$ $Id$\nline\n"
    assert (out / "tests" / "test.py").read_text() == "x"
    assert (out / "run").stat().st_mode & 0o111 != 0
    assert (out / "code.py").read_text() == "print()\n"
    assert (out / "big").read_bytes() == bytes(range(256)) * 1000
    assert (out / "link").readlink() == Path("/etc/passwd")
    assert [path.name for path in out.parent.iterdir()] == ["out"]


def test_an_export_takes_nothings_place(repo: Repository, tmp_path: Path) -> None:
    """What stands at the target stays; a prefix that is not there is not found."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").write_text("mine")

    with pytest.raises(Conflict):
        repo.export("HEAD", "p", tmp_path / "out")
    with pytest.raises(NotFound, match="no files"):
        repo.export("HEAD", "none", tmp_path / "other")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["mine"]
    with pytest.raises(StorageError):
        repo.export("HEAD", "p", repo.root / "beside" / "out")


@pytest.mark.parametrize("name", ["..", ".git", ".GIT"])
def test_a_tree_that_leads_outside_is_not_exported(repo: Repository, tmp_path: Path, name: str) -> None:
    """A commit made by hand to write beside its folder, or into a repository, is refused."""
    blob = git(repo.root, "hash-object", "-w", "--stdin", data=b"evil")
    inner = git(repo.root, "mktree", data=f"100644 blob {blob}\tevil\n".encode())
    raw = b"40000 " + name.encode() + b"\0" + bytes.fromhex(inner)
    tree = git(repo.root, "hash-object", "-t", "tree", "-w", "--literally", "--stdin", data=raw)
    head = git(repo.root, "commit-tree", tree, "-m", "evil")

    with pytest.raises(IntegrityError, match="outside its folder"):
        repo.export(head, "", tmp_path / "deep" / "out")
    assert not (tmp_path / "deep").exists()


def test_a_link_or_a_folder_is_not_shown_as_a_file(repo: Repository) -> None:
    """Only the bytes of files are shown, and only of those that are in the commit."""
    (repo.root / "link").symlink_to("beside")
    head = commit(repo.root, "link")

    for path in ("link", "p", "none", "*"):
        with pytest.raises(NotFound):
            repo.show(head, path)
    assert repo.show(head, "beside") == b"beside"


def test_a_tag_is_made_once(repo: Repository) -> None:
    """An annotated tag keeps its message and time to the letter, and is not made a second time."""
    message = "Release\n\n# not a comment\n\nRecord: x\n"
    repo.create_tag("delay@v1.0.0", "HEAD", message, AT)
    git(repo.root, "tag", "light")
    tags = {tag.name: tag for tag in repo.tags()}

    with pytest.raises(Conflict, match="there already"):
        repo.create_tag("delay@v1.0.0", "HEAD", "other", AT + timedelta(days=1))
    assert (tags["delay@v1.0.0"].message, tags["delay@v1.0.0"].at) == (message, AT)
    assert tags["delay@v1.0.0"].commit == repo.head() == tags["light"].commit
    assert (tags["light"].message, tags["light"].at) == ("", None)
    assert [tag.name for tag in repo.tags("delay@*")] == ["delay@v1.0.0"]


@pytest.mark.parametrize("name", ["-d", "a b", "a..b", "x.lock", "a~b", "a\nb", "/x", "x/"])
def test_a_tag_that_git_does_not_allow_is_refused(repo: Repository, name: str) -> None:
    """A bad name of a tag is a usage error, and no option."""
    with pytest.raises(UsageError, match="git allows no tag"):
        repo.create_tag(name, "HEAD", "x", AT)
    assert repo.tags() == ()


def test_of_many_who_make_a_tag_at_once_one_does(repo: Repository) -> None:
    """All but one hear that somebody was first, and the tag is the winner's."""

    def make(number: int) -> bool:
        try:
            repo.create_tag("delay#production#1", "HEAD", f"by {number}", AT)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(make, range(8)))

    assert won.count(True) == 1
    assert repo.tags()[0].message.strip() == f"by {won.index(True)}"


def test_git_without_an_identity_says_how_to_give_one(repo: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tag needs a tagger: without a name, the error names the commands that set it."""
    for name in ("GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL", "GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "EMAIL"):
        monkeypatch.delenv(name, raising=False)
    git(repo.root, "config", "user.useConfigOnly", "true")

    with pytest.raises(GitFailed) as refused:
        repo.create_tag("delay@v1.0.0", "HEAD", "x", AT)
    assert "git config --global user.name" in refused.value.remedy


def test_a_hooks_environment_does_not_mislead(
    repo: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Called from a hook of another repository, we still speak of the one that we stand in."""
    other = tmp_path / "other"
    other.mkdir()
    git(other, "init", "--quiet")
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other / "index"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other))

    assert Repository.open(repo.root / "p").root == repo.root
    assert repo.head() is not None
    assert repo.changed(repo.root) == ()


def test_history_is_read_newest_first(repo: Repository) -> None:
    """Commits come with subject, body, author and time; a merge is one step of the first parents."""
    git(repo.root, "checkout", "--quiet", "-b", "feature")
    (repo.root / "p" / "new").write_text("1\n2\n")
    (repo.root / "p" / "binary").write_bytes(b"\0\xff")
    commit(repo.root, "feature\n\nWhy:\nbecause")
    git(repo.root, "checkout", "--quiet", "main")
    git(repo.root, "merge", "--quiet", "--no-ff", "feature", "--message", "merge")
    everything, first = repo.log("main"), repo.log("main", first_parent=True)

    assert [one.subject for one in first] == ["merge", "first"]
    assert {one.subject: one.body for one in everything} == {"merge": "", "feature": "Why:\nbecause", "first": ""}
    assert everything[0].author == "Ada <ada@example.com>"
    assert len(everything[0].parents) == 2
    assert repo.merge_base("feature", "main") == repo.resolve("feature")
    assert repo.is_ancestor("feature", "main")
    assert not repo.is_ancestor("main", "feature")
    assert {(one.path, one.added, one.deleted) for one in repo.difference("main~1", "main", "p")} == {
        ("new", 2, 0),
        ("binary", None, None),
    }


def test_a_folder_outside_the_repository_has_no_place_in_it(repo: Repository, tmp_path: Path) -> None:
    """Asking for the path of a folder elsewhere is a usage error."""
    assert repo.prefix(repo.root) == ""
    assert repo.prefix(repo.root / "p") == "p"
    with pytest.raises(UsageError, match="outside the repository"):
        repo.prefix(tmp_path)
