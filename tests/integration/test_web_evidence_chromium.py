"""The pages of a project's evidence in a real browser: for everyone, light, in the reader's own time.

With `ROADWORTHY_PICTURES=FOLDER` they are also drawn there, to be looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from browser import Browser
from web_evidence import DATA, tell_more
from web_looks import SIZES, enter, look
from web_world import World

if TYPE_CHECKING:
    from collections.abc import Iterator

TOY, EMPTY = "/projects/toy", "/projects/flights"
OF_BOTH = ("runs", "data", "versions", "environments", "failure-modes", "readiness", "people", "settings")
LIGHTEST, HEAVIEST = 30_000, 150_000  # bytes of a page with its styles and scripts


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Give a platform with evidence of every kind."""
    with World.open(tmp_path_factory.mktemp("world")) as opened:
        tell_more(opened.platform, tmp_path_factory.mktemp("laptop"))
        yield opened


@pytest.fixture(scope="module")
def pages(world: World) -> tuple[str, ...]:
    """Give every page, also in its other states."""
    rita = world.person("rita")
    one, two, three = (run["run"] for run in rita.get(f"/api{TOY}/runs").data["runs"][:3])
    chosen = f"run={one}&run={two}&run={three}"
    return (
        *(f"{project}/{name}" for project in (TOY, EMPTY) for name in OF_BOTH),
        f"{TOY}/runs?pin={two}&sort=-roc_auc", f"{TOY}/runs?q=nothing", f"{TOY}/runs/{one}",
        f"{TOY}/runs/compare?{chosen}", f"{TOY}/runs/compare?{chosen}&diff=true&pin={two}", f"{TOY}/versions/v1.0.0",
        f"{TOY}/data/versions?path={DATA}", f"{TOY}/failure-modes/FM-001", f"{TOY}/environments/production", f"{TOY}/environments/staging", "/projects", "/design",
    )  # fmt: skip


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Give a browser."""
    with Browser.open(tmp_path_factory.mktemp("browser")) as opened:
        yield opened


@pytest.mark.parametrize(("scheme", "size"), [("light", "wide"), ("dark", "narrow")])
def test_every_page_can_be_used_by_everyone(
    browser: Browser, world: World, pages: tuple[str, ...], scheme: str, size: str
) -> None:
    """Axe finds nothing, no text is run, nothing is refused by the policy; no page is wider than its window, or heavy.

    With nothing in the cache, what comes over the wire is counted.
    """
    page = enter(browser, world, "rita")
    page.call("Network.setCacheDisabled", cacheDisabled=True)
    page.prefer(scheme)
    page.resize(SIZES[size], 900)
    wrong, weights = {}, {}
    for path in pages:
        status = page.goto(world.url + path)
        weights[path] = page.weight()
        page.run("document.querySelectorAll('details').forEach(one => { one.open = true })")
        name = path.strip("/").partition("?")[0].replace("/", "-")[:60]
        made = page.run("document.querySelectorAll('main img, main script').length")
        found = look(page, f"evidence-{name}-{pages.index(path)}-{scheme}-{size}")
        wrong[path] = [*found, *([] if status == 200 and not made else [f"status {status}, {made} made of text"])]
    page.call("Network.setCacheDisabled", cacheDisabled=False)

    assert {path: found for path, found in wrong.items() if found} == {}
    assert min(weights.values()) > LIGHTEST
    assert {path: weight for path, weight in weights.items() if weight > HEAVIEST} == {}


def test_moments_are_in_the_readers_zone_with_utc_in_the_title(browser: Browser, world: World) -> None:
    """Where it is a day later, that day is shown."""
    page = enter(browser, world, "rita")
    page.call("Emulation.setTimezoneOverride", timezoneId="Pacific/Auckland")
    try:
        page.goto(f"{world.url}/design")
        exact = page.run("document.querySelector('td time').innerText")
        title = page.run("document.querySelector('td time').title")
        page.goto(world.url + f"{TOY}/runs")
        ago = page.run("document.querySelector('td time').title")
    finally:
        page.call("Emulation.setTimezoneOverride", timezoneId="")

    assert exact.startswith("25 Nov 2025, 05:00")
    assert title == "24 Nov 2025, 16:00 UTC"
    assert ago.endswith("UTC")
    assert ("GMT+13" in ago) or ("NZDT" in ago)


def test_runs_are_ticked_and_compared(browser: Browser, world: World) -> None:
    """Two ticks and the button lead to the page on which they stand side by side."""
    page = enter(browser, world, "rita")
    page.goto(world.url + f"{TOY}/runs")
    page.run("[...document.querySelectorAll('td input[type=checkbox]')].slice(0, 2).forEach(one => one.click()); 0")
    status = page.submit("form[action$='/compare'] button")

    assert status == 200
    assert page.run("document.querySelector('h1').innerText") == "2 runs side by side"
    page.run("[...document.querySelectorAll('.choices a')].at(-1).click(); 0")
    page.until("location.search.includes('diff=true') && document.readyState === 'complete'")
    assert page.run("document.querySelectorAll('tr.differs').length") > 3
    assert page.run("document.querySelectorAll('tbody tr:not(.differs):not(.group)').length") == 1
