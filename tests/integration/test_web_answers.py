"""What every answer has, and what a request that fails is told: never how we are made."""

from __future__ import annotations

import base64
import logging
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

import web_probe
from roadworthy.web.app import ROUTERS
from web_world import World

if TYPE_CHECKING:
    from collections.abc import Iterator

JSON = {"content-type": "application/json"}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Give a platform with routes that fail."""
    with World.open(tmp_path_factory.mktemp("world"), (*ROUTERS, web_probe.router)) as opened:
        yield opened


@pytest.mark.parametrize("path", [
    "/sign-in", "/health", "/nothing", "/account", "/api/account", "/api/probe/fault/none", "/probe/fault/NotFound",
])  # fmt: skip
def test_every_answer_says_what_a_browser_may_do_with_it(world: World, path: str) -> None:
    """Nothing but our own scripts and styles, in no frame; pages, redirects and failures alike."""
    headers = world.nobody().get(path).headers
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))

    assert policy == {
        "default-src": "'none'", "script-src": "'self'", "style-src": "'self'", "img-src": "'self' data:",
        "connect-src": "'self'", "form-action": "'self'", "frame-ancestors": "'none'", "base-uri": "'none'",
    }  # fmt: skip
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/design", "/nothing", "/account/tokens", "/accounts"])
def test_a_page_has_no_script_or_style_within(world: World, path: str) -> None:
    """All come from files, whose addresses change with their bytes, and are kept for ever."""
    client = world.person("ada")
    text = client.get(path).text
    links = {part.split('"')[0] for part in text.split('"/static/')[1:]}
    answers = [world.nobody().get(f"/static/{link}") for link in links]

    assert " style=" not in text
    assert "<style" not in text
    assert "<script>" not in text
    assert " onclick" not in text
    assert len(links) == 7
    assert {answer.status for answer in answers} == {200}
    assert {answer.headers["cache-control"] for answer in answers} == {"public, max-age=31536000, immutable"}
    assert world.nobody().get("/static/0/app.js").status == 404


@pytest.mark.parametrize(("name", "status"), [("NotFound", 404), ("Conflict", 409), ("TestsFailed", 422)])
def test_an_error_is_told_as_each_reader_reads(world: World, name: str, status: int) -> None:
    """As data to a program, as a page to a person, as a line to git; with every character seen."""
    data, page, line = (world.nobody().get(f"{place}/probe/fault/{name}") for place in ("/api", "", "/git"))

    assert {answer.status for answer in (data, page, line)} == {status}
    assert data.data == {"problem": "It <b>fails</b>\u202e.", "remedy": "Do \u0007 this & that."}
    assert "It &lt;b&gt;fails&lt;/b&gt;\\u202e." in page.text
    assert "Do \\x07 this &amp; that." in page.text
    assert line.headers["content-type"].startswith("text/plain")
    assert line.text.endswith("this & that.\n")


def test_a_fault_of_ours_has_a_number_and_tells_nothing(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """The log has the traceback under that number, and not the path, which can hold a secret."""
    with caplog.at_level(logging.ERROR, logger="roadworthy.web"):
        data, page = (world.nobody().get(f"{place}/probe/fault/secret-in-the-path") for place in ("/api", ""))
    number = data.data["problem"].removeprefix("Roadworthy has a fault: ").rstrip(".")
    logged = [record.getMessage() for record in caplog.records]

    assert (data.status, page.status) == (500, 500)
    assert "canary" not in data.text + page.text
    assert f"Fault {number} while answering GET /api/probe/fault/{{name}}" in logged
    assert "RuntimeError: canary-of-a-traceback" in caplog.text
    assert "secret-in-the-path" not in " ".join(logged)


def test_a_body_that_is_too_large_is_refused(world: World) -> None:
    """By what it says of its size, and by its size when it says nothing."""
    client = world.nobody()

    def chunks() -> Iterator[bytes]:
        yield from [b"x" * 400] * 5

    said = client.ask("POST", "/api/probe/take", b"x" * 1001)
    unsaid = client.ask("POST", "/api/probe/take", chunks())
    large = client.ask("POST", "/api/probe/text", b"x" * ((1 << 20) + 1), JSON)
    form = client.ask("POST", "/sign-in", b"x" * (1 << 15), {"content-type": "application/x-www-form-urlencoded"})

    assert [answer.status for answer in (said, unsaid, large, form)] == [413] * 4
    assert said.data["problem"] == "The request is too large."
    assert client.ask("POST", "/api/probe/take", b"x" * 1000).data == 1000


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"text": 1}', b"\xff", b'{"text": "x"', b"null", b"[" * 100_000])
def test_what_cannot_be_read_is_told_without_repeating_it(world: World, body: bytes) -> None:
    """Where and why: the value may be a secret."""
    answer = world.nobody().ask("POST", "/api/probe/text", body, JSON)

    assert answer.status in {400, 422}
    assert set(answer.data) == {"problem", "remedy"}


@pytest.mark.parametrize("text", ["\ud800", "a\0b", "\u202e", "x" * 10_000], ids=["half", "nul", "mirror", "long"])
def test_characters_that_are_none_are_no_fault_of_ours(world: World, text: str) -> None:
    """Wherever they are sent: in a body, a path, a cookie or a form."""
    ada, nobody = world.person("ada"), world.nobody()
    path = quote(text, errors="replace", safe="")
    statuses = [
        ada.send("POST", "/api/invitations", {"account": text}).status,
        nobody.send("POST", "/api/sign-in", {"name": text, "password": text}).status,
        ada.send("POST", f"/api/accounts/{path}/disable").status,
        ada.send("DELETE", f"/api/tokens/{path}").status,
        nobody.get(f"/join/{path}").status,
        nobody.get(f"/api/projects/{path}/probe/read").status,
        nobody.post("/sign-in", name=path, password=path, next=path).status,
        nobody.ask("GET", "/account", None, {"cookie": f"roadworthy={path}"}).status,
    ]

    assert max(statuses) < 500


def test_a_secret_that_is_sent_wrongly_is_not_repeated(world: World) -> None:
    """Neither a password in the wrong shape nor a token that is none."""
    client = world.nobody()
    body = b'{"name": "ada", "password": ["canary-password"], "more": "canary-more"}'
    shape = client.ask("POST", "/api/sign-in", body, JSON)
    client.show("rwt_canary")
    token = client.get("/api/account")

    assert (shape.status, token.status) == (422, 401)
    assert "canary" not in shape.text + token.text


@pytest.mark.parametrize("header", [
    "Bearer", "Bearer ", "Basic", "Basic !", "Basic " + base64.b64encode(b"\xff:\xff").decode(), "Bearer \xff", "x",
    "Basic " + base64.b64encode(b"ada").decode(),
])  # fmt: skip
def test_a_header_that_shows_nothing_lets_nobody_in(world: World, header: str) -> None:
    """Nor is it a fault of ours; and one that is no token at all is as none."""
    client = world.nobody()

    assert client.ask("GET", "/api/account", None, {"authorization": header}).status == 401


def test_git_shows_a_token_as_its_password(world: World) -> None:
    """Basic authentication carries it, whatever name stands before."""
    token = world.program("mona", "read").token
    header = "Basic " + base64.b64encode(f"anything:{token}".encode()).decode()

    assert world.nobody().ask("GET", "/api/account", None, {"authorization": header}).data["name"] == "mona"


def test_a_token_that_is_not_good_is_not_helped_by_a_cookie(world: World) -> None:
    """Whoever shows one means it."""
    client = world.person("mona")

    assert client.ask("GET", "/api/account", None, {"authorization": "Bearer rwt_x"}).status == 401
    assert client.get("/api/account").status == 200


def test_signing_in_by_the_api_gives_a_token(world: World) -> None:
    """As `roadworthy login` does; it may what it was asked for."""
    client = world.nobody()
    wanted = {"name": "mona", "password": "difference engine no 2", "scopes": ["read"], "days": 1}
    given = client.send("POST", "/api/sign-in", wanted).data
    client.token = given["token"]

    assert client.get("/api/account").data["scopes"] == ["read"]
    assert client.get("/api/projects/flights/probe/maintain").status == 403
    assert client.send("POST", "/api/sign-in", {**wanted, "password": "wrong and long"}).status == 403
