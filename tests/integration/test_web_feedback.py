"""The feedback on the page of a change and in the API: for members, and when its bytes are gone."""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING

import pytest

from approving import Reviewed
from release_project import FAILED
from roadworthy.ledger.objects.address import Address
from roadworthy.platform.change.said import FEEDBACK, said
from web_story import PROJECT
from web_world import World

if TYPE_CHECKING:
    from collections.abc import Iterator

CHANGE = "/projects/toy/changes/1"
API = f"/api{CHANGE}"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Give a platform on which a change was checked, and then another commit of it, whose check says no."""
    with World.open(tmp_path_factory.mktemp("world")) as opened:
        reviewed = Reviewed.begin(opened.platform, tmp_path_factory.mktemp("laptop"))
        reviewed.push("train.py", "a = 1\n", check=False)
        reviewed.story.check(passes=False, measured=True)
        yield opened


@contextlib.contextmanager
def lost(world: World, address: str) -> Iterator[None]:
    """Take an object out of the bucket for a while."""
    objects = world.platform.home.ledger(PROJECT, "test").objects
    data = objects.get(Address(address))
    objects.path(Address(address)).unlink()
    yield
    objects.put(data)


def test_the_page_and_the_api_say_the_same(world: World) -> None:
    """The verdict, what is new, and the numbers; nobody sees it without signing in, or through another project."""
    page, told = world.person("rita").get(CHANGE), world.person("rita").get(f"{API}/feedback").data

    assert told["review"]["headline"] in page.text
    assert [one["name"] for one in told["review"]["since"]["new"]] == [FAILED.name]
    assert re.search(rf"new</span>\s+[^<]+, <bdi>{re.escape(FAILED.name)}</bdi>", page.text)
    assert "roc_auc" in page.text
    assert world.nobody().get(f"{API}/feedback").status == 401
    assert world.person("ada").get("/api/projects/trains/changes/1/feedback").status == 404


def test_a_review_that_was_deleted_gives_a_clear_page(world: World) -> None:
    """The page of the change stands, and says what cannot be shown; the report and the API say that it is not there."""
    report = world.person("rita").get(f"{CHANGE}/report")
    with world.platform.database.read() as connection:
        document = str(said(connection, PROJECT, 1, FEEDBACK)[-1].body["document"])
    with lost(world, document):
        page, told = world.person("rita").get(CHANGE), world.person("rita").get(f"{API}/feedback")

    assert report.status == 200
    assert (page.status, told.status) == (200, 404)
    assert "What was said of this change cannot be shown" in page.text
    assert "Traceback" not in page.text + told.text


def test_a_report_that_was_deleted_gives_a_clear_page(world: World) -> None:
    """In the frame, and alone: what is missing, and no fault of ours."""
    job = world.person("rita").get(API).data["job"]
    reports = world.person("rita").get(f"/api/projects/toy/jobs/{job}").data["result"]["reports"]
    with lost(world, reports["page"]):
        alone, framed = (world.person("rita").get(f"{CHANGE}/{name}") for name in ("report", "review"))

    assert (alone.status, framed.status) == (404, 200)
    assert "Traceback" not in alone.text
    assert reports["page"] in alone.text
