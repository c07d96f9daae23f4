"""How tests look at a page in a browser: signed in, and for what is wrong with it.

With `ROADWORTHY_PICTURES=FOLDER` pages are also drawn there, to be looked at.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from web_world import PASSWORD

if TYPE_CHECKING:
    from browser import Browser
    from web_world import World

PICTURES = os.environ.get("ROADWORTHY_PICTURES")
SIZES = {"wide": 1280, "narrow": 400}


def enter(browser: Browser, world: World, who: str = "ada") -> Browser:
    """Sign in on the page, as in a browser that nobody has used."""
    browser.call("Network.clearBrowserCookies")
    browser.resize(SIZES["wide"], 900)
    browser.prefer("light")
    browser.goto(f"{world.url}/sign-in?next=/projects")
    browser.fill(name=who, password=PASSWORD)
    assert browser.submit("form button") == 200
    browser.console.clear()
    return browser


def look(page: Browser, name: str) -> list[str]:
    """Return what is wrong with the page that is shown, and draw it when pictures are wanted."""
    if PICTURES:
        page.picture(Path(PICTURES) / f"{name}.png")
    too_wide = page.run("document.scrollingElement.scrollWidth > innerWidth")
    said = [line for line in page.console if "Failed to load resource" not in line]
    page.console.clear()
    return [*page.axe(), *said, *(["wider than the window"] if too_wide else [])]
