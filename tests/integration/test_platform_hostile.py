"""Names and words that mean harm go through the whole loop: nothing is executed, nothing is markup, none is changed."""

from __future__ import annotations

import html
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import quick_project
from platform_world import PROJECT, World, until

if TYPE_CHECKING:
    from forge_world import Client

# Each runs something in a shell, is an option, or is markup, if anybody takes it for more than a name.
BRANCH = "f/$(touch${IFS}ran)`touch${IFS}ran`;touch;ran|&&'\"<script>alert(1)</script>&lt;b>%2e%2e%2f{a,b}#@ünï-😀"
BRANCHES = [
    BRANCH, "$(touch${IFS}ran)", "<img/src=x/onerror=alert(1)>", "'quote\"double", "%2e%2e%2f", "refs/heads/main",
    "x=--upload-pack", "e\u0301", "x" * 250,
]  # fmt: skip
REFUSED = ["-rf", "a/--upload-pack=touch", "a\u202emoc.live", "a\u200bb", "x" * 251, "HEAD"]
FILES = [
    "-rf", "--help", "a b", "a\nb", "$(touch ran)", ";touch ran", "<script>alert(2)<", 'quo"te', "back\\slash",
    ":(glob)*", "esc\x1b[2J", "\u202emoc.live", "...", "..<b>", "x" * 255,
]  # fmt: skip
AUTHOR = "$(touch ran);--exec=touch\u202e 'O\"Neill"
MESSAGE = (
    "--amend <script>alert(3)</script> $(touch ran)\n\n"
    "esc\x1b[2J\u202e\n<img src=x onerror=alert(3)>\n\nChange: 99\nRecord: blake3:0\nUnreviewed: no\n"
)
TITLE = "<script>alert(4)</script> $(touch ran) '\"&lt;b>"
COMMENT = "<script>alert(5)</script> [x](javascript:alert(5)) <img src=x onerror=alert(5)> \x1b[2J\u202e"
UNSEEN = ("\x1b", "\u202e")


class Markup(HTMLParser):
    """Finds in a page what would run: scripts of its own, handlers, and addresses that are scripts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self._inside = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at an element."""
        self._inside = tag
        said = {name: value or "" for name, value in attrs}
        runs = [name for name, value in said.items() if name.startswith("on") or value.startswith("javascript:")]
        foreign = tag in {"img", "iframe", "script"} and said.get("src", "/").startswith("x")
        self.found += [f"{tag} {said}"] if runs or foreign else []

    def handle_data(self, data: str) -> None:
        """Look at what a script says."""
        self.found += [data] if self._inside == "script" and "alert(" in data else []

    def handle_endtag(self, _: str) -> None:
        """Leave an element."""
        self._inside = ""


def begun(world: World, folder: Path) -> Client:
    """Push a project whose files, author and message are hostile, and branches and tags with hostile names."""
    world.make_project()
    tree = world.tree(folder)
    tree.commit("Begin", dict(quick_project.files()))
    tree.git("push", "--quiet", "origin", "main")
    world.wait()  # what is checked before the first deployment is not held against it
    tree.git("switch", "--quiet", "--create", "work")
    files = dict.fromkeys(FILES, "x") | {"params.yaml": quick_project.params(0.9)}
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    tree.git("add", "--all")
    tree.git("commit", "--quiet", "--message", MESSAGE, "--author", f"{AUTHOR} <--output=ran@example.com>")
    refs = [f"HEAD:refs/{kind}/{name}" for name in BRANCHES for kind in ("heads", "tags")]
    tree.git("push", "--quiet", "origin", *refs)
    for name in REFUSED:
        assert tree.attempt("push", "--quiet", "origin", f"HEAD:refs/heads/{name}").returncode != 0
    world.wait()
    return tree


def pages(world: World) -> dict[str, str]:
    """Return every page that shows one of the names, as Ada sees it, and every answer of the API."""
    job = world.get("/jobs")[0]["id"]
    below = [
        "", "/changes", "/changes/1", "/changes/1/review", "/changes/1/report", "/jobs", f"/jobs/{job}", "/events",
        "/audit",
    ]  # fmt: skip
    events = [f"/events/{one['event']}" for one in world.get("/events")[:12]]
    places = ["/projects", "/audit", *(f"/projects/{PROJECT}{one}" for one in (*below, *events))]
    found = {}
    for place in places:
        answer = world.ada.get(place)
        assert answer.status == 200, (place, answer.text)
        found[place] = answer.text
    return found


def facts(world: World) -> dict[str, Any]:
    """Return what the API says of names, which must be theirs byte for byte."""
    changes = world.get("/changes")
    return {
        "branches": set(world.get("")["branches"]),
        "changes": [(one["number"], one["branch"], one["title"], one["state"]) for one in changes],
        "comments": [one["text"] for one in world.get("/changes/1/discussion")["comments"]],
        "verified": world.ada.get("/api/audit/verified").data["faults"],
    }


@pytest.mark.slow
def test_hostile_names_go_through_the_whole_loop(tmp_path: Path) -> None:
    """Pushed, checked, shown, proposed, merged, audited, rebuilt: they are names all the way."""
    with World.open(tmp_path) as world:
        tree = begun(world, tmp_path / "tree")
        unseen = world.post("/changes", {"branch": BRANCH, "target": "main", "title": f"{TITLE} \u202emoc"})
        for name in BRANCHES:
            opened = world.post("/changes", {"branch": name, "target": "main", "title": TITLE})
            assert opened.status == 201, opened.text
        assert world.post("/changes/1/comments", {"text": COMMENT, "key": "k"}).status == 201
        until(lambda: world.get("/changes/1")["verdict"] != "running", "the check")
        merged = world.post("/changes/1/merge", {"reason": "$(touch ran) <script>alert(6)</script>"})
        assert merged.status == 200, merged.text
        jobs = world.wait()
        before, shown = facts(world), pages(world)
        world.stop()
        for place in world.home.glob("platform.db*"):
            place.unlink()
        rebuilt = world.command("rebuild")
        world.start()
        world.wait()
        after = facts(world)
        tree.git("remote", "set-url", "origin", world.remote())
        tree.git("fetch", "--quiet", "origin")
        bare = world.home / "repos" / f"{PROJECT}.git"
        said = git(bare, "log", "-1", "--format=%B", "main").decode()
        authors = git(bare, "log", "-3", "--format=%an", "main").decode().splitlines()
        names = set(git(bare, "ls-tree", "-r", "-z", "--name-only", "main").split(b"\0"))

    assert unseen.status == 400
    assert [one["state"] for one in jobs if one["kind"] == "check"] == ["done"] * 3
    assert before["branches"] == {"main", *BRANCHES}
    assert [(number, branch) for number, branch, *_ in sorted(before["changes"])] == list(enumerate(BRANCHES, 1))
    assert {title for _, _, title, _ in before["changes"]} == {TITLE}
    assert before["comments"] == [COMMENT]
    assert before["verified"] == []
    assert said.startswith(f"Merge {BRANCH} into main (change 1)\n\n{TITLE}\n\nChange: 1\nRecord: blake3:")
    assert AUTHOR in authors
    assert {name.encode() for name in FILES} < names
    assert {place: found for place, text in shown.items() if (found := Markup(text).found)} == {}
    page = shown[f"/projects/{PROJECT}/changes/1"]
    assert [one for one in (BRANCH, TITLE, "<script>alert(5)") if one not in html.unescape(page)] == []
    assert Markup(f"<p>{TITLE}</p>").found  # where it is not escaped
    assert {place for place, text in shown.items() if any(one in text for one in UNSEEN)} == set()
    assert after == before
    assert not any(one in rebuilt for one in UNSEEN)
    assert list(tmp_path.rglob("ran")) == []
    assert not Path("ran").exists()
    assert "Traceback" not in world.said()


def git(repository: Path, *arguments: str) -> bytes:
    """Return what git prints about a repository."""
    return subprocess.run(["git", *arguments], cwd=repository, capture_output=True, check=True).stdout
