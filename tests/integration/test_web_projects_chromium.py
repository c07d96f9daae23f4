"""The pages of projects in a real browser: for everyone, by their policy, growing as things happen.

With `ROADWORTHY_PICTURES=FOLDER` they are also drawn there, to be looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from browser import Browser
from web_looks import SIZES, enter, look
from web_story import HOSTILE, Story, tell
from web_world import World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TOY, EMPTY = "/projects/toy", "/projects/flights"
PAGES = (
    "/projects", TOY, f"{TOY}/changes", f"{TOY}/changes?state=merged", f"{TOY}/changes?state=closed",
    f"{TOY}/changes/1", f"{TOY}/changes/2", f"{TOY}/changes/3", f"{TOY}/changes/2/review", f"{TOY}/jobs",
    f"{TOY}/jobs/1", f"{TOY}/jobs/7", f"{TOY}/jobs/8", f"{TOY}/jobs/9",
    f"{TOY}/events", f"{TOY}/events/1", f"{TOY}/deliveries/1", f"{TOY}/audit",
    f"{TOY}/audit/verified", EMPTY, f"{EMPTY}/changes", f"{EMPTY}/jobs", f"{EMPTY}/events", "/jobs",
    "/jobs?state=failed", "/audit", "/audit/verified",
)  # fmt: skip


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Give a platform on which a good deal has happened."""
    with World.open(tmp_path_factory.mktemp("world")) as opened:
        tell(opened.platform, tmp_path_factory.mktemp("laptop"))
        yield opened


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Give a browser."""
    with Browser.open(tmp_path_factory.mktemp("browser")) as opened:
        yield opened


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_can_be_used_by_everyone(browser: Browser, world: World, scheme: str, size: str) -> None:
    """Axe finds nothing, nothing is refused by the policy, and no page is wider than its window."""
    page = enter(browser, world)
    page.prefer(scheme)
    page.resize(SIZES[size], 900)
    wrong = {}
    for path in PAGES:
        status = page.goto(world.url + path)
        page.run("document.querySelectorAll('details').forEach(one => { one.open = true })")
        found = look(page, f"{path.strip('/').replace('/', '-').replace('?', '-')}-{scheme}-{size}")
        wrong[path] = [*found, *([] if status == 200 else [f"status {status}"])]

    assert {path: found for path, found in wrong.items() if found} == {}


def test_no_name_becomes_a_script(browser: Browser, world: World) -> None:
    """A branch, a title and a log that would be markup stand there as text."""
    page = enter(browser, world)
    for path in (TOY, f"{TOY}/changes/3", f"{TOY}/jobs/8", f"{TOY}/events"):
        page.goto(world.url + path)

        assert HOSTILE in page.run("document.querySelector('main').textContent") or path == f"{TOY}/changes/3"
        assert page.run("document.querySelectorAll('main img, main script').length") == 0
        assert page.console == []


def test_a_report_runs_in_a_frame_that_reaches_nothing(browser: Browser, world: World) -> None:
    """Its own script runs; our page cannot be read by it, and it not by our page."""
    page = enter(browser, world)
    page.goto(f"{world.url}{TOY}/changes/2/review")

    assert page.run("document.querySelector('iframe').contentDocument") is None
    assert page.console == []
    page.goto(f"{world.url}{TOY}/jobs/7/report")
    assert page.run("document.title") == "it ran"
    assert page.run("origin") == "null"
    assert page.run("fetch('/projects').then(() => 'read', () => 'refused')") == "refused"
    assert page.run("(() => { try { return document.cookie } catch { return 'refused' } })()") == "refused"


def test_a_log_and_its_job_grow_before_ones_eyes(browser: Browser, tmp_path: Path) -> None:
    """Without loading again: lines as they come, as text; and when the job ends, what came of it."""
    with World.open(tmp_path) as world:
        story = Story.begin(world.platform, tmp_path / "laptop")
        job = story.claim()
        story.print(job, "one\n<b>two</b>\n")
        page = enter(browser, world, "mona")
        page.goto(f"{world.url}{TOY}/jobs/2")
        page.run("window.loaded = 'once'")
        running = page.run("document.querySelector('#standing').innerText")
        story.print(job, "three <img src=x>\n", offset=len("one\n<b>two</b>\n"))
        page.until("document.querySelectorAll('.log li').length === 3")
        wrong = look(page, "running-job")
        story.end(job, "failed")
        page.until("document.querySelector('#standing').innerText.includes('says no')")

        assert "runner-1 is at it." in running
        assert page.run("[...document.querySelectorAll('.log code')].map(one => one.textContent)") == [
            "one", "<b>two</b>", "three <img src=x>",
        ]  # fmt: skip
        assert page.run("document.querySelectorAll('.log img').length") == 0
        assert page.run("window.loaded") == "once"
        assert page.run("document.querySelector('#standing form').action").endswith("/retry")
        assert [*wrong, *page.console] == []


def test_a_change_says_that_it_can_be_merged_when_it_can(browser: Browser, tmp_path: Path) -> None:
    """The page that waits for the tests goes on by itself, and its button merges."""
    with World.open(tmp_path) as world:
        story = Story.begin(world.platform, tmp_path / "laptop")
        story.branch("feature/x", "x")
        story.propose("feature/x", "Do x")
        page = enter(browser, world, "carl")
        page.goto(f"{world.url}{TOY}/changes/1")
        waits = page.run("document.querySelector('main').innerText")
        for _ in range(3):  # the checks of main and develop, and that of the change
            story.check()
        page.until("document.querySelector('#live').innerText.includes('It can be merged')")
        merged = page.submit("form[action$='/merge'] button")

        assert "The tests are running" in waits
        assert merged == 200
        assert "unreviewed" in page.run("document.querySelector('header.head').innerText")
        assert look(page, "merged") == []


def test_commands_are_copied(browser: Browser, world: World) -> None:
    """All lines of them."""
    page = enter(browser, world, "mona")
    page.goto(world.url + EMPTY)
    page.run("navigator.clipboard.writeText = text => { window.copied = text; return Promise.resolve() }; 0")
    page.run("document.querySelector('[data-copy=start]').click()")
    page.until("document.querySelector('#notice').innerText === 'Copied'")

    assert page.run("copied").splitlines()[0] == "roadworthy new flights && cd flights"


def test_pages_work_without_scripts(browser: Browser, world: World) -> None:
    """What is shown, the links and the forms; a log that grows by loading again."""
    page = enter(browser, world, "mona")
    page.call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        page.goto(f"{world.url}{TOY}/jobs/7")
        page.call("Emulation.setScriptExecutionDisabled", value=False)
        said = page.run("document.querySelector('main').innerText")
    finally:
        page.call("Emulation.setScriptExecutionDisabled", value=False)

    assert "Every test holds." in said
    assert "Checking out" in said
