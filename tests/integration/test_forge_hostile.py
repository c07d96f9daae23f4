"""Names that others choose go through the whole of it, or are refused with a reason that can be shown."""

from __future__ import annotations

import hashlib
import http.client
from base64 import b64encode
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from forge_world import ACCOUNTS, Client, Hosted, begun, hosted
from roadworthy.build.data.pins import pin_of
from roadworthy.declare.pinned import pin_text
from roadworthy.ledger.objects.address import Address
from roadworthy.ledger.objects.item import Item
from roadworthy.platform.forge.forge import Merge, Person

if TYPE_CHECKING:
    from collections.abc import Iterator

AT = datetime(2026, 1, 31, 12, tzinfo=UTC)
ADA = Person("Ada", "ada@example.com")
TAKEN = [
    "$(touch${IFS}ran)",
    "`touch;ran`",
    ";touch;ran;",
    "|cat&",
    "&&false",
    "<script>alert(1)</script>",
    "&lt;img/src=x",
    "'quote\"double",
    "%2e%2e%2f",
    "{a,b}",
    "#1",
    "@v",
    "!important",
    "ünï-日本語-😀",
    "e\u0301",
    "x=upload-pack",
    "refs/heads/main",
    "a/" * 100 + "a",
    "x" * 250,
]
REFUSED = [
    ("-rf", "begins with a dash"),
    ("a/--upload-pack=touch", "begins with a dash"),
    ("HEAD", "taken for a commit"),
    ("f" * 40, "taken for a commit"),
    ("a\u202emoc.live", "not seen"),
    ("a\u2028b", "not seen"),
    ("a\u0085b", "not seen"),
    ("a\u200bb", "not seen"),
    ("not-utf8-\udcff", "not UTF-8"),
    ("é" * 125 + "x", "longer than 250 bytes"),
]
FILES = [
    "-rf",
    "--help",
    "a b",
    "a\nb",
    "tab\there",
    "$(touch ran)",
    ";touch ran",
    "<script>alert(1)<",
    'quo"te',
    "back\\slash",
    ":(glob)*",
    "esc\x1b[2J",
    "\u202emoc.live",
    "ünï",
    "...",
    "x" * 255,
]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Hosted]:
    """Return a forge that is served."""
    with hosted(tmp_path) as served:
        yield served


@pytest.fixture
def ada(server: Hosted, tmp_path: Path) -> Client:
    """Return a contributor's working tree, whose first commit is on the server."""
    return begun(tmp_path / "ada", server.url())


def test_branches_and_tags_with_hostile_names_go_through(server: Hosted, ada: Client, tmp_path: Path) -> None:
    """They are pushed, listed, fetched, merged into, moved and removed, and run nothing."""
    ada.git("push", "--quiet", "origin", *(f"HEAD:refs/{kind}/{name}" for name in TAKEN for kind in ("heads", "tags")))
    names = {f"refs/{kind}/{name}" for name in TAKEN for kind in ("heads", "tags")}
    first, source = ada.head(), ada.commit("more")
    ada.git("push", "--quiet", "origin", "HEAD:source")
    ada.git("clone", "--quiet", "--mirror", server.url(), str(tmp_path / "mirror"))
    mirrored = Client(tmp_path / "mirror").git("for-each-ref", "--format=%(refname)")

    assert names < set(server.refs())
    assert names < set(mirrored.split("\n"))
    for name in TAKEN:
        made = server.forge.merge("flights", Merge(source, name, first, name, ADA, AT))
        server.forge.update("flights", f"refs/heads/{name}", made, None)
        server.forge.update("flights", f"refs/tags/{name}", first, source)
    assert set(server.refs()) == {f"refs/tags/{name}" for name in TAKEN} | {
        f"refs/heads/{name}" for name in ("main", "develop", "source")
    }
    assert list(tmp_path.rglob("ran")) == []
    assert not Path("ran").exists()


@pytest.mark.parametrize(("name", "reason"), REFUSED)
def test_names_that_deceive_are_refused_and_shown_safely(server: Hosted, ada: Client, name: str, reason: str) -> None:
    """The pusher's terminal is told with what is not seen escaped."""
    told = ada.refused("push", "origin", f"HEAD:refs/heads/{name}")
    lines = [line for line in told.split("\n") if line.startswith("remote: ")]

    assert any(reason in line for line in lines), told
    assert all(letter.isprintable() for line in lines for letter in line)
    assert len(server.refs()) == 2


def packet(line: bytes) -> bytes:
    """Return a line as git's protocol frames it."""
    return b"%04x" % (len(line) + 4) + line


def raw_push(server: Hosted, lines: list[bytes]) -> bytes:
    """Push refs to commits that are there, with names that no git client sends; return the answer."""
    first, *others = lines
    commands = packet(first + b"\0report-status") + b"".join(map(packet, others)) + b"0000"
    pack = b"PACK" + (2).to_bytes(4) + (0).to_bytes(4)
    body = commands + pack + hashlib.sha1(pack).digest()  # noqa: S324 - git's format
    basic = b64encode(f"ada:{ACCOUNTS['ada'][0]}".encode()).decode()
    headers = {"Authorization": f"Basic {basic}", "Content-Type": "application/x-git-receive-pack-request"}
    line = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    line.request("POST", "/git/flights.git/git-receive-pack", body, headers)
    told = line.getresponse().read()
    line.close()
    return told


@pytest.mark.parametrize(
    "ref",
    [
        b"refs/heads/a\nb",
        b"refs/heads/a\x1b[2Jb",
        b"refs/heads/../../../x",
        b"refs/heads/..",
        b"refs/heads/a b",
        b"refs/heads/.hidden",
        b"refs/heads/x.lock",
        b"refs/heads/",
        b"HEAD",
        b"config",
        b"refs/heads/x\n" + b"0" * 40 + b" " + b"1" * 40 + b" refs/heads/y",
        b"refs/heads/" + b"x" * 1000,
    ],
)
def test_names_that_git_does_not_send_change_nothing(server: Hosted, ada: Client, ref: bytes) -> None:
    """A client that is none of git's gets no ref and no file anywhere."""
    before = server.refs()
    assert server.noted("flights") == []
    files = {str(path) for path in server.forge.root.rglob("*")}
    told = raw_push(server, [b"0" * 40 + b" " + ada.git("rev-parse", "main").strip().encode() + b" " + ref])

    assert b"ok " + ref not in told
    assert b"ng " in told or b"funny refname" in told or b"unpack" not in told
    assert server.refs() == before
    assert {str(path) for path in server.forge.root.rglob("*")} == files


def test_a_line_in_a_name_hides_no_other_update(server: Hosted, ada: Client) -> None:
    """A protected branch is not removed by an update that stands behind a name with a newline."""
    commit = ada.git("rev-parse", "main").strip().encode()
    none = b"0" * 40
    hidden = b"refs/heads/x\n" + none + b" " + commit + b" refs/heads/y"
    raw_push(server, [none + b" " + commit + b" " + hidden, commit + b" " + none + b" refs/heads/develop"])

    assert set(server.refs()) == {"refs/heads/main", "refs/heads/develop"}


def test_a_lie_about_what_a_branch_was_at_changes_nothing(server: Hosted, ada: Client) -> None:
    """A push that says that main is new, or was elsewhere, is refused."""
    commit = ada.commit("more").encode()
    ada.git("push", "--quiet", "origin", "HEAD:more")
    for before in (b"0" * 40, commit, b"1" * 40):
        raw_push(server, [before + b" " + commit + b" refs/heads/main"])

    assert server.refs()["refs/heads/main"] == ada.git("rev-parse", "main").strip()


def test_files_with_hostile_names_go_through(server: Hosted, ada: Client, tmp_path: Path) -> None:
    """They are pushed, cloned, merged and read, byte for byte."""
    first = ada.head()
    source = ada.commit("hostile\x1b[2J\u202e\n\n<b>", dict.fromkeys(FILES, "x"))
    ada.git("push", "--quiet", "origin", "HEAD:feature/wind")
    made = server.forge.merge("flights", Merge(source, "develop", first, "Merge", ADA, AT))
    ada.git("clone", "--quiet", "--branch", "develop", server.url(), str(tmp_path / "clone"))

    assert [server.forge.read("flights", made, name) for name in FILES] == [b"x"] * len(FILES)
    assert set(FILES) < {path.name for path in (tmp_path / "clone").iterdir()}
    assert list(tmp_path.rglob("ran")) == []


def test_a_pin_with_a_hostile_name_is_named_safely(ada: Client) -> None:
    """What the bucket lacks is told without obeying the name."""
    text = pin_text(pin_of(Item(Address.of(b"nowhere"), 7)))
    ada.commit("pins", {"a\x1b[2J\n\u202eb.pin": text})
    told = ada.refused("push", "origin", "feature/wind")

    assert r"the bucket lacks the data of a\x1b[2J\n\u202eb." in told
    assert "\x1b" not in told
