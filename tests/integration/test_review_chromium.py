"""The review's page in a real browser: every plot is drawn, and nothing the policy forbids is tried."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from browser import Browser
from review_poison import poisoned
from review_story import better, comparison, lost_weather, without_production
from roadworthy.prove.review.page import render

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from review_story import Story
    from roadworthy.prove.review.comparison import Comparison

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
OPTIONS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
    "--enable-logging=stderr", "--virtual-time-budget=10000", "--dump-dom",
)  # fmt: skip


@pytest.fixture(scope="module")
def browser() -> str:
    """Return a Chromium; without one, skip on a laptop and fail in CI."""
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        missing = "Chromium is not installed: `apt-get install chromium`."
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    return found


def shown(browser: str, html: str, folder: Path) -> tuple[str, list[str]]:
    """Return the document as the browser has it when all scripts have run, and what was logged on its console."""
    (folder / "page.html").write_text(html, encoding="utf-8")
    done = subprocess.run(
        [browser, *OPTIONS, f"--user-data-dir={folder / 'profile'}", (folder / "page.html").as_uri()],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return done.stdout, [line for line in done.stderr.splitlines() if "CONSOLE" in line]


def plain(found: Comparison) -> Comparison:
    """Return a comparison as it is."""
    return found


@pytest.mark.parametrize(
    ("story", "names"),
    [(better, plain), (better, poisoned), (lost_weather, plain), (without_production, poisoned)],
    ids=["better", "better-hostile", "lost-weather", "without-production-hostile"],
)
def test_every_plot_is_drawn_under_the_policy(
    browser: str, tmp_path: Path, story: Callable[[], Story], names: Callable[[Comparison], Comparison]
) -> None:
    """Each plot holds marks, and the console is silent: no violation of the policy, no error, no script of a name."""
    document, console = shown(browser, render(names(comparison(story()))), tmp_path)
    figures = re.findall(r'<figure data-plot="([a-z]+)"([^>]*)>(.*?)</figure>', document, re.DOTALL)

    assert console == []
    assert 'data-ready="yes"' in document
    assert len(figures) >= 4
    for name, attributes, inside in figures:
        assert 'data-drawn="yes"' in attributes, name
        assert '<details class="numbers">' in inside, "numbers fold away beside a plot that was drawn"
        assert len(re.findall(r'aria-roledescription="[^"]*mark"|<path ', inside)) >= 5, name


def test_a_script_that_is_not_ours_does_not_run(browser: str, tmp_path: Path) -> None:
    """Were a name ever to become a script, the policy would stop it: the guard behind the escaping works."""
    html = render(comparison(better())).replace("<main>", "<main><script>document.title = 'taken'</script>", 1)
    document, console = shown(browser, html, tmp_path)

    assert "<title>taken</title>" not in document
    assert any("Content Security Policy" in line for line in console)


# Words in tables that stand on two lines, and words of plots that end beyond their plot or meet each other.
BROKEN_WORDS = r"""[...document.querySelectorAll("table")].flatMap(table => {
  const walker = document.createTreeWalker(table, NodeFilter.SHOW_TEXT), found = [];
  for (let node = walker.nextNode(); node; node = walker.nextNode())
    for (const word of node.data.matchAll(/[^\s\-\u2013\/]+/g)) {
      const range = document.createRange();
      range.setStart(node, word.index);
      range.setEnd(node, word.index + word[0].length);
      if (new Set([...range.getClientRects()].map(box => Math.round(box.top))).size > 1) found.push(word[0]);
    }
  return found;
})"""
CLIPPED = r"""[...document.querySelectorAll("figure svg")].flatMap(svg => {
  const edge = svg.getBoundingClientRect();
  return [...svg.querySelectorAll("text")].filter(text => {
    const box = text.getBoundingClientRect();
    return box.width && (box.left < edge.left - 1 || box.right > edge.right + 1);
  }).map(text => text.textContent);
})"""
MEETING = r"""[...document.querySelectorAll("figure svg .role-axis-label")].flatMap(axis => {
  const labels = [...axis.querySelectorAll("text")].filter(text => text.getAttribute("opacity") !== "0");
  const boxes = labels.map(text => text.getBoundingClientRect()).filter(box => box.width);
  return boxes.flatMap((one, at) => boxes.slice(at + 1).filter(other =>
    one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom));
}).length"""
SIGNS = r"""[...document.querySelectorAll(".scroll")].filter(box => box.scrollWidth > box.clientWidth)
  .map(box => getComputedStyle(box).backgroundAttachment.includes("local"))"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("story", [better, lost_weather])
def test_the_page_can_be_read_on_a_narrow_screen(tmp_path: Path, story: Callable[[], Story], scheme: str) -> None:
    """At 400 pixels no word is cut in two, no label of a plot clipped, what scrolls is shaded; axe finds nothing."""
    (tmp_path / "page.html").write_text(render(comparison(story())), encoding="utf-8")
    with Browser.open(tmp_path, 400, 900) as page:
        page.prefer(scheme)
        page.call("Page.navigate", url=(tmp_path / "page.html").as_uri())
        page.until('document.documentElement?.dataset.ready === "yes"')

        assert page.run("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
        assert page.run(BROKEN_WORDS) == []
        assert page.run(CLIPPED) == []
        assert page.run(MEETING) == 0
        assert page.axe() == []
        signs = page.run(SIGNS)
        assert signs
        assert all(signs)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_a_wide_screen(tmp_path: Path, scheme: str) -> None:
    """Nothing is too pale to read, and what a screen reader steps through has names of its own."""
    (tmp_path / "page.html").write_text(render(comparison(lost_weather())), encoding="utf-8")
    with Browser.open(tmp_path) as page:
        page.prefer(scheme)
        page.call("Page.navigate", url=(tmp_path / "page.html").as_uri())
        page.until('document.documentElement?.dataset.ready === "yes"')

        assert page.axe() == []


def test_the_page_is_as_wide_as_paper(tmp_path: Path) -> None:
    """On a sheet that lies on its long side no table goes over the edge, where nothing can be scrolled."""
    (tmp_path / "page.html").write_text(render(comparison(lost_weather())), encoding="utf-8")
    with Browser.open(tmp_path, 964, 700) as page:
        page.call("Emulation.setEmulatedMedia", media="print")
        page.call("Page.navigate", url=(tmp_path / "page.html").as_uri())
        page.until('document.documentElement?.dataset.ready === "yes"')

        assert page.run("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
