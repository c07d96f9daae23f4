"""The report of a check: only what the job named, as a document of no origin, in a frame on one page alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from roadworthy.ledger.objects.address import Address
from roadworthy.platform.store.schema import job as jobs
from web_story import REPORT, Story
from web_world import World

if TYPE_CHECKING:
    from collections.abc import Iterator

PLACE = "/projects/toy/jobs/2/report"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Give a platform on which main of a project was checked, and a change was proposed."""
    with World.open(tmp_path_factory.mktemp("world")) as opened:
        story = Story.begin(opened.platform, tmp_path_factory.mktemp("laptop"))
        story.check()
        story.check()
        story.branch("feature/x", "x")
        story.propose("feature/x", "Do x")
        story.check()
        yield opened


def test_a_report_is_a_document_of_no_origin(world: World) -> None:
    """It may run its scripts, and load, send, open and embed nothing; only our own pages may frame it."""
    answer = world.person("rita").get(PLACE)
    policy = answer.headers["content-security-policy"].split("; ")

    assert (answer.status, answer.text) == (200, REPORT)
    assert policy[:2] == ["sandbox allow-scripts", "default-src 'none'"]
    assert {"form-action 'none'", "base-uri 'none'", "frame-ancestors 'self'"} <= set(policy)
    assert not any("http" in part or "connect-src" in part or "allow-same-origin" in part for part in policy)
    assert answer.headers["x-frame-options"] == "SAMEORIGIN"
    assert answer.headers["cache-control"] == "no-store"


def test_one_page_alone_may_frame(world: World) -> None:
    """The report of a change, in a sandbox; no other page may hold a frame, or be held in one."""
    rita = world.person("rita")
    review = rita.get("/projects/toy/changes/1/review")
    others = [rita.get(path) for path in ("/projects", "/projects/toy/changes/1", "/projects/toy/jobs/2")]

    assert 'src="/projects/toy/changes/1/report" sandbox="allow-scripts"' in review.text
    assert rita.get("/projects/toy/changes/1/report").text == REPORT
    assert "frame-src 'self'" in review.headers["content-security-policy"]
    assert all("frame-src" not in one.headers["content-security-policy"] for one in others)
    assert all("frame-ancestors 'none'" in one.headers["content-security-policy"] for one in (review, *others))


def test_only_what_the_job_named_is_served(world: World) -> None:
    """No address is taken from the request; and a job that has no report says so."""
    rita = world.person("rita")

    assert rita.get("/projects/toy/jobs/1/report").status == 404
    assert "has no report" in rita.get("/projects/toy/jobs/1/report").text
    assert rita.get(f"{PLACE}?page={Address.of(b'x')}").text == REPORT
    assert world.person("otto").get(PLACE).status == 403
    assert world.nobody().get(PLACE).status == 303


def test_a_report_that_was_damaged_is_not_served(world: World) -> None:
    """Its bytes are held against their address."""
    store = world.platform.home.ledger("toy", "test").objects
    other = store.put(b"<p>damaged</p>")
    place = store.path(other)
    place.chmod(0o600)
    place.write_bytes(b"<p>something else</p>")
    with world.platform.database.write() as connection:
        result = {"outcome": "passed", "reports": {"page": str(other)}}
        connection.execute(update(jobs).where(jobs.c.id == 3).values(result=result))
    answer = world.person("rita").get("/projects/toy/jobs/3/report")

    assert answer.status == 503
    assert "something else" not in answer.text
