"""Real git clients over real HTTP: who is let in, and what goes over the line."""

from __future__ import annotations

import gzip
import http.client
import threading
import time
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from forge_world import ACCOUNTS, Client, Hosted, Setup, begun, hosted, said
from roadworthy.adapters.forge.embedded.backend import Patience
from roadworthy.adapters.forge.embedded.http import Limits

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

UPLOAD = "/git/flights.git/git-upload-pack"
RECEIVE = "/git/flights.git/git-receive-pack"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Hosted]:
    """Return a forge that is served."""
    with hosted(tmp_path) as served:
        yield served


@pytest.fixture
def ada(server: Hosted, tmp_path: Path) -> Client:
    """Return a contributor's working tree, whose first commit is on the server."""
    return begun(tmp_path / "ada", server.url())


def ask(
    server: Hosted, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
) -> tuple[int, bytes]:
    """Make one request as ada, and return its status and answer."""
    basic = b64encode(f"ada:{ACCOUNTS['ada'][0]}".encode()).decode()
    line = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    line.request(method, path, body, {"Authorization": f"Basic {basic}", **(headers or {})})
    answer = line.getresponse()
    told = answer.status, answer.read()
    line.close()
    return told


def test_what_is_pushed_is_cloned_and_fetched(server: Hosted, ada: Client, tmp_path: Path) -> None:
    """A commit reaches another working tree, by clone and by fetch."""
    pushed = ada.commit("wind", {"wind.py": "speed = 1\n"})
    ada.git("push", "origin", "feature/wind")
    clone = Client(tmp_path / "clone")
    ada.git("clone", "--quiet", "--branch", "feature/wind", server.url(user="rita"), str(clone.folder))
    later = ada.commit("more", {"wind.py": "speed = 2\n"})
    ada.git("push", "--quiet", "origin", "feature/wind")
    clone.git("fetch", "origin")

    assert clone.head() == pushed
    assert clone.git("rev-parse", "origin/feature/wind").strip() == later == server.refs()["refs/heads/feature/wind"]


def test_the_clone_of_a_repository_is_on_main(server: Hosted, ada: Client, tmp_path: Path) -> None:
    """HEAD names main."""
    ada.git("clone", "--quiet", server.url(), str(tmp_path / "clone"))

    assert Client(tmp_path / "clone").git("branch", "--show-current").strip() == "main"


def test_an_empty_repository_is_cloned(server: Hosted, tmp_path: Path) -> None:
    """Before the first push there is a repository without commits."""
    tmp_path.joinpath("x").mkdir()
    told = Client(tmp_path / "x").git("clone", server.url(), "y")

    assert "empty repository" in told


def test_the_second_version_of_the_protocol_is_spoken(server: Hosted, ada: Client) -> None:
    """The server answers version 2, so that only the refs that are asked for are sent."""
    told = ada.git("ls-remote", "origin", GIT_TRACE_PACKET="1")

    assert server.refs()
    assert "git< version 2" in told
    assert "ls-refs" in told


def test_a_shallow_clone_has_one_commit(server: Hosted, ada: Client, tmp_path: Path) -> None:
    """Depth is heeded, and the rest comes when it is asked for."""
    for number in range(3):
        ada.commit(f"work {number}")
    ada.git("push", "--quiet", "origin", "feature/wind")
    clone = Client(tmp_path / "clone")
    ada.git("clone", "--quiet", "--depth", "1", "--branch", "feature/wind", server.url(), str(clone.folder))
    shallow = clone.git("rev-list", "--count", "HEAD").strip()
    clone.git("fetch", "--quiet", "--unshallow")

    assert (shallow, clone.git("rev-list", "--count", "HEAD").strip()) == ("1", "4")


def test_a_shallow_clone_pushes_its_work(server: Hosted, ada: Client, tmp_path: Path) -> None:
    """What a runner that cloned one commit adds to it is taken."""
    clone = Client(tmp_path / "clone")
    ada.git("clone", "--quiet", "--depth", "1", server.url(), str(clone.folder))
    pushed = clone.commit("from a shallow clone")
    clone.git("push", "--quiet", "origin", "HEAD:refs/heads/feature/shallow")

    assert server.refs()["refs/heads/feature/shallow"] == pushed


def test_without_a_token_or_with_a_wrong_one_nothing_is_told(server: Hosted, ada: Client) -> None:
    """Nobody learns whether a repository is there."""
    for url in (server.url(user=None), server.url(token="wrong"), server.url("absent", token="wrong")):  # noqa: S106 - a wrong one
        told = ada.refused("ls-remote", url)

        assert "could not read Username" in told or "Authentication failed" in told


def test_a_request_without_credentials_is_asked_for_them(server: Hosted) -> None:
    """The client learns which kind."""
    line = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    line.request("GET", "/git/flights.git/info/refs?service=git-upload-pack")
    answer = line.getresponse()
    answer.read()
    line.close()

    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="Roadworthy", charset="UTF-8"'
    for value in ("Bearer x", "Basic", "Basic ???", "Basic YQ==", "Basic /w=="):
        assert ask(server, "POST", UPLOAD, headers={"Authorization": value})[0] == 401


def test_the_key_of_one_project_opens_no_other(server: Hosted, ada: Client) -> None:
    """It is said that it does not, for reading and for writing."""
    read = ada.refused("ls-remote", server.url("weather", "ada"))
    written = ada.refused("push", server.url("weather", "ada"), "HEAD:refs/heads/x")

    for told in (read, written):
        assert "403" in told
    assert server.refs("weather") == {}


def test_a_reader_clones_and_does_not_push(server: Hosted, ada: Client) -> None:
    """The refusal says what to do."""
    ada.git("ls-remote", server.url(user="rita"))
    told = ada.refused("push", server.url(user="rita"), "HEAD:refs/heads/feature/x")

    assert "403" in told
    assert "remote: You may not do this" in told


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/git/flights.git/HEAD"),
        ("GET", "/git/flights.git/info/refs"),
        ("GET", "/git/flights.git/info/refs?service=git-upload-archive"),
        ("GET", "/git/flights.git/info/refs?service=git-upload-pack&service=git-receive-pack"),
        ("GET", "/git/flights.git/objects/info/packs"),
        ("GET", "/git/flights.git/git-upload-pack"),
        ("POST", "/git/flights.git/info/refs?service=git-upload-pack"),
        ("POST", "/git/flights.git/git-upload-archive"),
        ("GET", "/git/flights/info/refs?service=git-upload-pack"),
        ("GET", "/git/absent.git/info/refs?service=git-upload-pack"),
        ("GET", "/git/../git/flights.git/config"),
        ("GET", "/git/%2e%2e/repos/flights.git/info/refs?service=git-upload-pack"),
        ("GET", "/git/.removed/flights.git/info/refs?service=git-upload-pack"),
        ("GET", "/git/flights.git%0a/info/refs?service=git-upload-pack"),
        ("GET", "/git/-x.git/info/refs?service=git-upload-pack"),
    ],
)
def test_only_three_requests_are_answered(server: Hosted, method: str, path: str) -> None:
    """Everything else is not there."""
    assert ask(server, method, path)[0] == 404


def test_a_compressed_request_is_read(server: Hosted, ada: Client) -> None:
    """Clients compress what they ask when it is long."""
    want = f"0032want {ada.git('rev-parse', 'main').strip()}\n".encode()
    asked = b"0011command=fetch0001000fno-progress" + want + b"0009done\n0000"
    headers = {"Content-Type": "application/x-git-upload-pack-request", "Git-Protocol": "version=2"}
    status, pack = ask(server, "POST", UPLOAD, gzip.compress(asked), {**headers, "Content-Encoding": "gzip"})

    assert status == 200
    assert b"PACK" in pack


def test_a_request_that_unpacks_to_gigabytes_is_cut_off(server: Hosted, ada: Client) -> None:
    """What is read is counted as it is unpacked."""
    bomb = gzip.compress(b"0032have " + b"0" * (200 << 20))
    headers = {"Content-Type": "application/x-git-upload-pack-request", "Content-Encoding": "gzip"}

    assert ada.head()
    assert ask(server, "POST", UPLOAD, bomb, headers)[0] == 413
    assert ask(server, "POST", UPLOAD, b"no gzip", headers)[0] == 413


def test_many_fetch_at_once(server: Hosted, ada: Client, tmp_path: Path) -> None:
    """More clients than slots all get their clone, one after another."""

    def clone(number: int) -> int:
        return ada.attempt("clone", "--quiet", server.url(), str(tmp_path / f"clone-{number}")).returncode

    with ThreadPoolExecutor(20) as pool:
        assert list(pool.map(clone, range(20))) == [0] * 20


def test_of_pushes_to_one_branch_one_wins(server: Hosted, ada: Client, tmp_path: Path) -> None:
    """The others are told, and can fetch and push again."""
    ada.git("push", "--quiet", "origin", "feature/wind")
    clients = []
    for number in range(6):
        ada.git("clone", "--quiet", "--branch", "feature/wind", server.url(), str(tmp_path / f"c{number}"))
        clients.append(Client(tmp_path / f"c{number}"))
        clients[-1].commit(f"by {number}", {f"{number}": "x"})

    with ThreadPoolExecutor(6) as pool:
        ends = list(pool.map(lambda one: one.attempt("push", "origin", "feature/wind"), clients))

    (winner,) = [client for client, end in zip(clients, ends, strict=True) if end.returncode == 0]
    assert server.refs()["refs/heads/feature/wind"] == winner.head()
    assert all("rejected" in said(end) or "failed to" in said(end) for end in ends if end.returncode != 0)


def test_too_many_at_once_are_sent_away(tmp_path: Path) -> None:
    """Whoever waits for a slot in vain is told to come back."""
    limits = Limits(concurrent=4, each=1, queue=0.2, patience=Patience(idle=20))
    with hosted(tmp_path, Setup(limits=limits)) as server, slow_push(server):
        status, told = ask(server, "GET", "/git/flights.git/info/refs?service=git-upload-pack")

    assert status == 503
    assert b"try again" in told


def test_a_client_that_sends_nothing_is_let_go(tmp_path: Path) -> None:
    """Its git is ended, and its slot is free again."""
    limits = Limits(each=1, queue=0.1, patience=Patience(idle=0.5))
    with hosted(tmp_path, Setup(limits=limits)) as server, slow_push(server) as line:
        answer = line.getresponse()
        told = answer.read()
        status, _ = ask(server, "GET", "/git/flights.git/info/refs?service=git-upload-pack")

    assert (answer.status, told) == (504, b"Nothing moved for too long: try again.\n")
    assert status == 200


def test_a_git_whose_client_has_gone_is_ended(tmp_path: Path) -> None:
    """Nothing that nobody waits for goes on."""
    with hosted(tmp_path, Setup(limits=Limits(each=1, queue=10))) as server:
        with slow_push(server) as line:
            line.close()
        began = time.monotonic()
        status, _ = ask(server, "GET", "/git/flights.git/info/refs?service=git-upload-pack")

    assert status == 200
    assert time.monotonic() - began < 5


class slow_push:  # noqa: N801 - read as a context
    """A push of ada's that has begun and sends nothing more."""

    def __init__(self, server: Hosted) -> None:
        self._line = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        basic = b64encode(f"ada:{ACCOUNTS['ada'][0]}".encode()).decode()
        self._line.putrequest("POST", RECEIVE)
        self._line.putheader("Authorization", f"Basic {basic}")
        self._line.putheader("Content-Type", "application/x-git-receive-pack-request")
        self._line.putheader("Content-Length", "1000")
        self._line.endheaders(b"00")

    def __enter__(self) -> http.client.HTTPConnection:
        """Wait until git runs."""
        time.sleep(0.3)
        return self._line

    def __exit__(self, *_: object) -> None:
        """Go away."""
        self._line.close()


def test_nothing_is_left_running(server: Hosted, ada: Client) -> None:
    """Every thread that answered a hook ends with its push."""
    ada.git("push", "--quiet", "origin", "feature/wind")
    time.sleep(0.2)

    assert [one.name for one in threading.enumerate() if one.name == "receive-one"] == []
    assert len(server.delivered) == 2
