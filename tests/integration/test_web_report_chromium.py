"""The report on its page of the platform, in a real browser: all rows on demand, and comments on what has the focus."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select, update

from approving import Reviewed
from browser import Browser
from review_rows_story import flood, flooded
from review_story import better
from roadworthy.platform.store.schema import job as jobs
from roadworthy.prove.review.page import render
from roadworthy.prove.review.rows.flipped import flipped
from roadworthy.prove.review.rows.pack import APART, packed
from web_world import PASSWORD, World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FLIPS = 20_000
REVIEW = "/projects/toy/changes/1/review"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Give a platform with a change whose check handed in a report, and the rows behind it."""
    rows = flipped(*flood(FLIPS), title="main", predicates=[], rows_shown=True)
    assert rows is not None
    with World.open(tmp_path_factory.mktemp("world")) as opened:
        Reviewed.begin(opened.platform, tmp_path_factory.mktemp("laptop"))
        store = opened.platform.home.ledger("toy", "test").objects
        page = store.put(render(flooded(better(), FLIPS)).encode())
        told = store.put(gzip.compress(packed(rows, APART).encode()))
        with opened.platform.database.write() as connection:
            for found in connection.execute(select(jobs.c.id, jobs.c.result)).all():
                result: dict[str, Any] = {**(found.result or {}), "reports": {"page": str(page), "rows": str(told)}}
                connection.execute(update(jobs).where(jobs.c.id == found.id).values(result=result))
        yield opened


def inside(page: Browser, script: str) -> Any:
    """Return the value of an expression in the report's frame, which has a process of its own."""
    frame = next(one for one in page.call("Target.getTargets")["targetInfos"] if one["type"] == "iframe")
    own, page.session = page.session, None
    session = page.call("Target.attachToTarget", targetId=frame["targetId"], flatten=True)["sessionId"]
    page.session = session
    try:
        return page.run(script)
    finally:
        page.session = own


def test_rows_come_on_demand_and_a_row_is_commented_on(world: World, tmp_path: Path) -> None:
    """The page holds some rows, fetches all when asked, and `c` on one leads to a comment that names it by its key."""
    with Browser.open(tmp_path) as page:
        page.goto(f"{world.url}/sign-in?next={REVIEW}")
        page.fill(name="carl", password=PASSWORD)
        page.submit("form button")
        page.until("document.querySelector('iframe') !== null")
        wait = "new Promise(done => { const look = () => (%s) ? done(true) : setTimeout(look, 25); look() })"
        inside(
            page, wait % "document.documentElement.dataset.ready === 'yes' && !document.querySelector('.fetch').hidden"
        )
        few = inside(page, "document.querySelector('.explorer [role=status]').textContent")
        inside(page, "document.querySelector('.fetch').click()")
        inside(page, wait % "document.getElementById('said').textContent !== ''")
        told = inside(page, "document.getElementById('said').textContent")
        press = "dispatchEvent(new KeyboardEvent('keydown', {key: 'c', bubbles: true}))"
        inside(page, f"document.querySelector('.open').focus(); document.activeElement.{press}")
        page.until("document.getElementById('remark').elements.name.value !== ''")
        about = page.run("(({about, name}) => [about.value, name.value])(document.getElementById('remark').elements)")
        page.run("document.getElementById('remark').elements.text.value = 'Why this one?'; 0")
        page.submit("#remark button")
        said = page.run("document.querySelector('.remark').innerText")
        page.console = [line for line in page.console if "favicon" not in line]

    assert "are kept here" in few
    assert told == f"{FLIPS:,} rows fetched."
    assert about[0] == "row"
    assert about[1].startswith("F")
    assert f"on the row {about[1]}" in " ".join(said.split())
    assert page.console == []


def test_the_rows_are_for_those_who_may_read_the_project(world: World) -> None:
    """Whoever has no part in the project does not have them, nor anybody who is not signed in; no other change does."""
    world.identity.accounts.create("eve", None)

    assert world.person("eve").get("/projects/toy/changes/1/rows").status == 403
    assert world.nobody().get("/projects/toy/changes/1/rows").status == 303
    assert world.person("carl").get("/projects/toy/changes/2/rows").status == 404
