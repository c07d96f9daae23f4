"""The page of a change under review: what it shows, what its forms do, and what they refuse."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

import pytest

from approving import Reviewed
from web_world import Client, World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CHANGE = "/projects/toy/changes/1"
API = "/api/projects/toy/changes/1"
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)> \u202ehidden [a](javascript:x) `b`"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Give a platform on which changes are reviewed; each test has one of its own."""
    with World.open(tmp_path_factory.mktemp("world")) as opened:
        opened.identity.accounts.create("zoe", None)
        Reviewed.begin(opened.platform, tmp_path_factory.mktemp("laptop"))
        yield opened


def text_of(page: str) -> str:
    """Return what a page says, without its markup."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page.partition("<main")[2])).split())


def said(world: World, path: str = "/discussion") -> str:
    """Return everything that was said of the change, as the API has it."""
    return world.person("mona").get(API + path).text


def test_no_foreign_text_becomes_markup(world: World) -> None:
    """Of comments, names, reasons and notes: on the page, and what hides in them is seen."""
    carl, rita = world.person("carl"), world.person("rita")
    head = carl.get(f"{API}/review").data["head"]
    assert carl.post(f"{CHANGE}/comments", text=f"{HOSTILE}\n/{'x' * 20} {HOSTILE}", head=head).status == 303
    assert carl.post(f"{CHANGE}/comments", text="x", about="slice", name="<b>night</b>").status == 303
    assert rita.post(f"{CHANGE}/approvals", perspective="software", head=head, says="no", note=HOSTILE).status == 303
    assert carl.post(f"{CHANGE}/hold", reason=HOSTILE).status == 303
    page = world.person("mona").get(CHANGE)

    assert page.status == 200
    assert not re.search(r"<script>|<img(?! src=\"/static)|\u202e|<b>night", page.text)
    assert page.text.count("&lt;script&gt;alert(1)") >= 4
    record = re.search(rf'href="({CHANGE}/approvals/[^"]+)"', page.text)
    assert record is not None
    assert "<script>alert" not in world.person("mona").get(record[1]).text
    rita.post(f"{CHANGE}/approvals", perspective="software", head=head, says="withdrawn")
    carl.post(f"{CHANGE}/unhold")


def test_a_reviewer_is_offered_to_approve_and_an_author_is_not(world: World) -> None:
    """And what somebody approved exactly is one click away, with the report as it was."""
    carl, otto = world.person("carl").get(CHANGE).text, world.person("otto")
    assert "Approve<" not in carl
    assert "Approve<" in otto.get(CHANGE).text
    head = otto.get(f"{API}/review").data["head"]
    assert otto.post(f"{CHANGE}/approvals", perspective="analysis", head=head, says="yes", note="Fine").status == 303
    page = otto.get(CHANGE).text
    found = re.search(rf'href="({CHANGE}/approvals/[^"]+)"', page)
    assert found is not None
    exactly, report = otto.get(found[1]), otto.get(f"{found[1]}/report")

    assert "analysis otto approves Fine" in text_of(page)
    assert "What otto approved, from the analysis perspective" in text_of(exactly.text)
    assert head in exactly.text
    assert "A report." in report.text
    assert report.headers["content-security-policy"].startswith("sandbox allow-scripts;")


def test_what_is_refused_keeps_what_was_written(world: World) -> None:
    """The page says why, with the text still in its field; nothing was said."""
    before = said(world)
    answer = world.person("carl").post(
        f"{CHANGE}/comments", text="A long thought.", about="line", name="none.py", line="3"
    )

    assert answer.status == 404
    assert "has no text file" in text_of(answer.text)
    assert ">A long thought.</textarea>" in answer.text
    assert said(world) == before


def test_a_form_of_another_site_or_session_changes_nothing(world: World) -> None:
    """By its origin, by a missing or wrong proof, by an expired or forged cookie."""
    before = [said(world), said(world, "/review")]
    carl = world.person("carl")
    forms = {
        f"{CHANGE}/comments": {"text": "x"}, f"{CHANGE}/hold": {"reason": ""}, f"{CHANGE}/unhold": {},
        f"{CHANGE}/approvals": {"perspective": "software", "head": "0" * 40},
        f"{CHANGE}/requests": {"who": "rita", "perspective": "software"},
    }  # fmt: skip
    expired = world.person("rita")
    ended = expired.cookies["roadworthy"]
    assert expired.post("/sign-out").status == 303
    expired.cookies["roadworthy"] = ended
    for path, fields in forms.items():
        carl.csrf, proof = "wrong", carl.csrf
        assert carl.post(path, **fields).status == 403
        carl.csrf = proof
        assert expired.post(path, **fields).status in {401, 403}
        assert Client(world.port, {"roadworthy": "forged"}).post(path, **fields).status in {401, 403}
        headers = {"content-type": "application/x-www-form-urlencoded", "origin": "https://evil.example"}
        assert carl.ask("POST", path, f"csrf={proof}&text=x".encode(), headers).status == 403

    assert [said(world), said(world, "/review")] == before


def test_nothing_of_a_project_is_reached_through_another(world: World) -> None:
    """A comment, an approval and a report are of their change alone, whoever asks for them elsewhere."""
    carl, otto = world.person("carl"), world.person("otto")
    record = carl.send("POST", f"{API}/comments", {"text": "here"}).data["record"]
    for path in (f"comments/{record}/resolution", "comments"):
        body = {"resolved": True} if path.endswith("resolution") else {"text": "x", "answers": record}
        assert otto.send("POST", f"/api/projects/trains/changes/1/{path}", body).status == 404
        assert carl.send("POST", f"/api/projects/trains/changes/1/{path}", body).status == 403
    for path in (f"approvals/{record}", "discussion", "review"):
        assert carl.get(f"/api/projects/trains/changes/1/{path}").status == 403
        assert otto.get(f"/api/projects/trains/changes/1/{path}").status == 404
    assert carl.get(f"{API}/approvals/{record}").status == 404
    assert otto.get(f"/projects/trains/changes/1/approvals/{record}/report").status == 404
    assert carl.send("POST", "/api/projects/trains/chat", {"text": "/status", "change": 1}).status == 403
    assert otto.send("POST", "/api/projects/trains/chat", {"text": "/status", "change": 1}).status == 404


def test_commands_over_the_api_answer_each(world: World) -> None:
    """What was done, and what was not with its reason; a token to read does nothing that writes."""
    mona = world.program("mona", "write")
    done = mona.send("POST", "/api/projects/toy/chat", {"text": "/status\n/deploy", "change": 1})
    limited = world.program("mona", "read").send("POST", "/api/projects/toy/chat", {"text": "/hold", "change": 1})

    assert [one["done"] for one in done.data] == [True, False]
    assert "typed so" in done.data[1]["answer"]
    assert [one["done"] for one in limited.data] == [False]
    assert mona.send("POST", "/api/projects/toy/chat", {"text": "hello"}).status == 400


def test_an_override_stands_on_the_page_of_the_project(tmp_path: Path) -> None:
    """With who did it, and why."""
    with World.open(tmp_path) as world:
        Reviewed.begin(world.platform, tmp_path / "laptop")
        overridden(world)


def overridden(world: World) -> None:
    """Merge the change without the approvals that it asks for, and look at the project."""
    mona = world.person("mona")
    head = mona.get(f"{API}/review").data["head"]
    refused = mona.post(f"{CHANGE}/merge", head="0" * 40, reason="it burns")
    assert refused.status == 409
    assert mona.post(f"{CHANGE}/merge", head=head, reason="it burns & smokes").status == 303

    said_there = text_of(world.person("carl").get("/projects/toy").text)
    assert "#1 was merged without the approvals asked for" in said_there
    assert "by mona : it burns & smokes" in said_there
    assert [one["number"] for one in mona.get("/api/projects/toy").data["overrides"]] == [1]
