"""Which platform and project a git address names."""

from __future__ import annotations

import http.server
import json
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from roadworthy.app.remote.client import Remote
from roadworthy.app.remote.place import Place, of_url, require
from roadworthy.errors import Conflict, NotAllowed, NotFound, RoadworthyError, TestsFailed, Unreachable, UsageError
from roadworthy.ledger.repo.git import git

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.mark.parametrize(("url", "place"), [
    ("http://127.0.0.1:8700/git/flights.git", Place("http://127.0.0.1:8700", "flights")),
    ("https://ml.example.com/git/flights.git/", Place("https://ml.example.com", "flights")),
    ("https://example.com/ml/git/flights.git", Place("https://example.com/ml", "flights")),
    ("http://[::1]:8700/git/a.b-c.git", Place("http://[::1]:8700", "a.b-c")),
    ("http://ada:rwt_x%2F@127.0.0.1/git/flights.git", Place("http://127.0.0.1", "flights", "rwt_x/")),
    ("git@example.com:team/flights.git", None),
    ("https://example.com/team/flights.git", None),
    ("http://example.com/git/../x.git", None),
    ("ssh://example.com/git/flights.git", None),
    ("", None),
])  # fmt: skip
def test_a_git_address_names_a_place(url: str, place: Place | None) -> None:
    """Only a repository that a platform serves does; a token in it is taken, and not shown."""
    found = of_url(url)

    assert found == place
    assert "rwt_" not in repr(found)


def test_origin_goes_before_other_remotes(tmp_path: Path) -> None:
    """What is named goes before both."""
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "remote", "add", "another", "http://127.0.0.1:1/git/a.git")
    git(tmp_path, "remote", "add", "origin", "http://ada:t@127.0.0.1:2/git/b.git")

    assert require(tmp_path, None, None) == Place("http://127.0.0.1:2", "b", "t")
    assert require(tmp_path, None, "c") == Place("http://127.0.0.1:2", "c", "t")
    assert require(tmp_path, "http://127.0.0.1:2/", None) == Place("http://127.0.0.1:2", "b")
    assert require(tmp_path, "http://127.0.0.1:3", None) == Place("http://127.0.0.1:3", "")


def test_a_repository_of_no_platform_is_told(tmp_path: Path) -> None:
    """The remedy says how to name one."""
    git(tmp_path, "init", "--quiet")

    with pytest.raises(NotFound) as caught:
        require(tmp_path, None, None)
    assert "--platform URL" in caught.value.remedy


@contextmanager
def answering(status: int, body: bytes, kind: str = "application/json") -> Iterator[str]:
    """Serve one answer to everything on loopback."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize(("status", "kind"), [
    (400, UsageError), (401, NotAllowed), (403, NotAllowed), (404, NotFound), (409, Conflict), (422, TestsFailed),
    (429, Unreachable), (503, Unreachable), (500, RoadworthyError),
])  # fmt: skip
def test_a_refusal_is_an_error_of_ours(status: int, kind: type[RoadworthyError]) -> None:
    """With the problem and the remedy that the platform tells."""
    body = json.dumps({"problem": "It is so.", "remedy": "Do this."}).encode()
    with answering(status, body) as url, pytest.raises(kind, match="It is so") as caught:
        Remote(url).get("projects")

    assert caught.value.remedy == ("Do this." if status != 401 else f"Sign in: `roadworthy login {url}`.")


def test_an_answer_that_is_no_json_is_text() -> None:
    """A log is taken as it is; an error page of somebody in between is told by its status."""
    with answering(200, b"one\ntwo\n", "text/plain") as url:
        assert Remote(url).get("log") == "one\ntwo\n"
    with answering(502, b"<html>", "text/html") as url, pytest.raises(RoadworthyError, match="status 502"):
        Remote(url).get("projects")


def test_a_platform_that_is_not_there_is_unreachable() -> None:
    """Nothing of the token is said."""
    with pytest.raises(Unreachable) as caught:
        Remote("http://127.0.0.1:9", "rwt_secret").get("projects")
    assert "rwt_secret" not in str(caught.value)
