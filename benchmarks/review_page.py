"""The review's page in Chromium: what it weighs, when it can be read and used, and how long a filter takes."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from figure import Figure, summarise

TESTS = Path(__file__).parents[1] / "tests"
sys.path.insert(0, str(TESTS))

from browser import Browser  # noqa: E402 - the tests' own browser and stories
from review_rows_story import explored, flood, flooded  # noqa: E402 - as above
from review_story import better  # noqa: E402 - as above
from roadworthy.prove.review.page import render  # noqa: E402 - as above
from roadworthy.prove.review.rows.flipped import flipped  # noqa: E402 - as above
from roadworthy.prove.review.rows.pack import APART, packed  # noqa: E402 - as above

TIMES = 7
ROWS, FLIPS = 1_000_000, 100_000  # behind the page
SEARCHES = ("", "f777", "sfo", "0.12")
# What a person waits for: that the verdict is painted, that the table can be used, that the last plot is drawn.
PAINTED = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
USABLE = "performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd"
FILTER = (
    "(async () => { const field = document.querySelector('[type=search]'); field.value = %r; const begun ="
    " performance.now(); window.roadworthy.filter(); document.body.offsetHeight; return performance.now() - begun })()"
)


def measure() -> list[Figure]:
    """Show the page of a million tested rows, 100,000 of which flip; then give it all of these, and filter them."""
    story = better()
    found = replace(flooded(story, FLIPS), rows=ROWS, files=(), curves=explored(story).curves)
    html = render(found)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        place = Path(scratch) / "page.html"
        place.write_text(html, encoding="utf-8")
        with Browser.open(Path(scratch)) as page:
            loads = [_load(page, place) for _ in range(TIMES + 1)][1:]
            rows = flipped(*flood(FLIPS), title="main", predicates=[], rows_shown=True)
            assert rows is not None
            filters = _filters(page, packed(rows, APART))
    painted, usable, drawn = (list(column) for column in zip(*loads, strict=True))
    weight = len(html.encode()) / 1e6
    return [
        Figure(f"weight of the file, {ROWS:,} rows and {FLIPS:,} flips behind it", weight, (weight, weight), "MB", 2),
        summarise("first paint", painted, "s", mark=1),
        summarise("loaded: the table can be used", usable, "s", mark=1),
        summarise("the last plot is drawn", drawn, "s"),
        summarise(f"a filter or search of {FLIPS:,} flips, with its layout", filters, "ms", mark=100),
    ]


def _load(page: Browser, place: Path) -> tuple[float, float, float]:
    page.call("Page.navigate", url="about:blank")
    page.call("Page.navigate", url=place.as_uri())
    page.until("document.documentElement?.dataset.ready === 'yes'")
    page.until(f"{PAINTED} > 0")
    drawn = page.run("Number(document.documentElement.dataset.drawnAt)")
    return page.run(PAINTED) / 1e3, page.run(USABLE) / 1e3, drawn / 1e3


def _filters(page: Browser, document: str) -> list[float]:
    page.run(f"window.roadworthy.load({document}); 0")
    page.run("new Promise(done => setTimeout(done, 3000))")  # what a search looks through is made meanwhile
    return [float(page.run(FILTER % words)) for _ in range(TIMES) for words in SEARCHES]
