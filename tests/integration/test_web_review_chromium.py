"""Two people review a change in a real browser: for everyone, with drafts that survive, up to the merge.

With `ROADWORTHY_PICTURES=FOLDER` the pages are also drawn there, to be looked at.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from approving import Reviewed
from browser import Browser
from roadworthy.platform.change.discussion import Anchor
from web_world import PASSWORD, World

if TYPE_CHECKING:
    from collections.abc import Iterator

PICTURES = os.environ.get("ROADWORTHY_PICTURES")
CHANGE = "/projects/toy/changes/1"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Give a browser."""
    with Browser.open(tmp_path_factory.mktemp("browser")) as opened:
        yield opened


def enter(page: Browser, world: World, who: str) -> None:
    """Sign in, and go to the change."""
    page.call("Network.clearBrowserCookies")
    page.goto(f"{world.url}/sign-in?next={CHANGE}")
    page.fill(name=who, password=PASSWORD)
    assert page.submit("form button") == 200


def look(page: Browser, name: str) -> list[str]:
    """Return what is wrong with the page that is shown, in every scheme and size, and draw it when that is wanted."""
    wrong = []
    for scheme, width in (("light", 1280), ("dark", 1280), ("light", 400), ("dark", 400)):
        page.prefer(scheme)
        page.resize(width, 900)
        if PICTURES:
            page.picture(Path(PICTURES) / f"{name}-{scheme}-{width}.png")
        too_wide = page.run("document.scrollingElement.scrollWidth > innerWidth")
        wrong += [*page.axe(), *page.console, *(["wider than the window"] if too_wide else [])]
        page.console.clear()
    page.resize(1280, 900)
    return wrong


def test_two_people_review_a_change(browser: Browser, tmp_path: Path) -> None:
    """A question on a line, its answer, a no, a push, a stale approval, both approvals, and the merge."""
    with World.open(tmp_path) as world:
        reviewed = Reviewed.begin(world.platform, tmp_path / "laptop")
        reviewed.push("train.py", "a = 1\nb = 2\n")
        remark = {"anchor": Anchor("line", "train.py", 2)}
        reviewed.comment("rita", "Why 2?\n/status\n/aprove software", **remark)  # type: ignore[arg-type]
        reviewed.approve("otto", "analysis", "no")
        reviewed.approve("rita", "software")
        reviewed.push("train.py", "import os\n\na = 1\nb = 2\n")
        page = browser
        enter(page, world, "rita")
        page.run("document.querySelectorAll('details').forEach(one => { one.open = true }); 0")
        wrong = look(page, "stale")
        seen = page.run("document.querySelector('main').innerText")
        page.goto(f"{world.url}" + page.run("document.querySelector('a[href*=\"/approvals/\"]').getAttribute('href')"))
        wrong += look(page, "exactly")
        page.goto(world.url + CHANGE)
        page.submit("form[action$='/approvals'] button[value=yes]")
        enter(page, world, "otto")
        page.submit("form[action$='/approvals'] button[value=yes]")
        enter(page, world, "carl")
        wrong += look(page, "approved")
        page.submit("form[action$='/merge'] button")
        wrong += look(page, "merged")

        seen = " ".join(seen.split())
        assert "on the line train.py:4" in seen
        assert "changed since: code" in seen
        assert "Did you mean /approve?" in seen
        assert page.run("document.querySelector('header.head').innerText").count("unreviewed") == 0
        assert "merged" in page.run("document.querySelector('header.head').innerText")
        assert wrong == []


def test_a_draft_survives_a_reload_and_is_sent_once(browser: Browser, tmp_path: Path) -> None:
    """What was written is there again, under the key that it had; once it was said, it is gone."""
    with World.open(tmp_path) as world:
        Reviewed.begin(world.platform, tmp_path / "laptop")
        page = browser
        enter(page, world, "rita")
        write = (
            "const t = document.querySelector('#f-text'); t.value = 'Half a'; t.dispatchEvent(new Event('input')); 0"
        )
        page.run(write)
        key = page.run("document.querySelector('#f-text').form.elements.key.value")
        page.goto(world.url + CHANGE)
        again = page.run(
            "[document.querySelector('#f-text').value, document.querySelector('#f-text').form.elements.key.value]"
        )
        page.submit("#f-text ~ button, form[data-draft] > button.primary")
        page.goto(world.url + CHANGE)

        assert again == ["Half a", key]
        assert page.run("document.querySelector('#f-text').value") == ""
        assert page.run("document.querySelectorAll('.remark .words').length") == 1
        assert page.console == []
