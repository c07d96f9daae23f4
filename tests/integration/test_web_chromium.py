"""The pages in a real browser: they work by keyboard, keep to their policy, and axe finds nothing.

With `ROADWORTHY_PICTURES=FOLDER` they are also drawn there, to be looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from browser import Browser
from web_looks import look
from web_world import PASSWORD, World

if TYPE_CHECKING:
    from collections.abc import Iterator

SIZES = {"wide": 1280, "narrow": 390}
OPEN = ("/sign-in", "/design", "/nothing", "/join/none")
SIGNED_IN = ("/account", "/account/tokens", "/account/sessions", "/accounts", "/projects/none")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Give a platform, in which one name is hostile."""
    with World.open(tmp_path_factory.mktemp("world")) as opened:
        opened.identity.accounts.create(
            "mallory", None, display="<script>alert(1)</script> \u05d0\u05d1 " + "long" * 20
        )
        opened.program("ada", "read", "write")
        yield opened


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Give a browser."""
    with Browser.open(tmp_path_factory.mktemp("browser")) as opened:
        yield opened


@pytest.fixture
def page(browser: Browser, world: World) -> Browser:
    """Give the browser as nobody has used it: signed out, light and wide."""
    browser.call("Network.clearBrowserCookies")
    browser.goto(f"{world.url}/sign-in")
    browser.run("localStorage.clear()")
    browser.prefer("light")
    browser.resize(SIZES["wide"], 900)
    browser.console.clear()
    return browser


def sign_in(page: Browser, world: World, then: str = "/account") -> None:
    """Sign in as Ada, on the page."""
    page.goto(f"{world.url}/sign-in?next={then}")
    page.fill(name="ada", password=PASSWORD)
    assert page.submit("form button") == 200


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_can_be_used_by_everyone(page: Browser, world: World, scheme: str, size: str) -> None:
    """Axe finds nothing, nothing is refused by the policy, and no page is wider than its window."""
    page.prefer(scheme)
    page.resize(SIZES[size], 900)
    link = f"/join/{world.identity.invitations.create(is_admin=True).reveal()}"
    wrong = {}
    for path in (*OPEN, link):
        page.goto(world.url + path)
        wrong[path] = look(page, f"open{path[:9].replace('/', '-')}-{scheme}-{size}")
    sign_in(page, world)
    for path in SIGNED_IN:
        page.goto(world.url + path)
        wrong[path] = look(page, f"signed-in{path.replace('/', '-')}-{scheme}-{size}")

    assert {path: found for path, found in wrong.items() if found} == {}


def test_axe_finds_what_is_wrong(page: Browser, world: World) -> None:
    """An input without a label and a text without contrast are found: the test above can fail."""
    page.goto(f"{world.url}/design")
    page.run("document.querySelector('label').remove(); document.querySelector('.lede').id = 'faint'; 0")
    page.run("document.querySelector('#faint').style.color = '#ddd'; 0")
    found = " ".join(page.axe())

    assert "label:" in found
    assert "color-contrast:" in found


def test_a_form_that_is_refused_says_so_and_how_to_go_on(page: Browser, world: World) -> None:
    """Signing in with a wrong password, joining with one that is too short, a token that lasts too long."""
    page.goto(f"{world.url}/sign-in")
    page.fill(name="ada", password="no")  # noqa: S106 - a wrong one
    refused = page.submit("form button")
    said = page.run("document.querySelector('[role=alert]').innerText")

    assert refused == 403
    assert "The name or the password is wrong" in said
    assert page.run("document.querySelector('[name=name]').value") == "ada"
    assert look(page, "refused-sign-in") == []


def test_the_first_administrator_gets_in(page: Browser, world: World) -> None:
    """By the link, with a name and a password, and is where projects are made."""
    link = world.identity.invitations.create(is_admin=True).reveal()
    page.goto(f"{world.url}/join/{link}")
    page.fill(name="grace", display="Grace Hopper", password="compiler and moth")  # noqa: S106
    page.submit("form button")

    assert page.run("location.pathname") == "/projects"
    assert page.run("document.querySelector('.who').innerText") == "grace"
    assert page.run("document.cookie") == ""


def test_a_token_is_made_copied_and_revoked(page: Browser, world: World) -> None:
    """Revoking replaces the list alone, without a script of the page's own, and the focus stays there."""
    sign_in(page, world, "/account/tokens")
    page.fill(label="laptop <b>")
    page.submit("form.stack button")
    text = page.run("document.querySelector('#once').value")
    assert world.identity.by_token(text).name == "ada"
    assert look(page, "token-made") == []
    page.run("document.title = 'not loaded again'")
    page.run(f"document.querySelector('form[action*=\"{text[4:16]}\"] button').click()")
    page.until(f"!document.querySelector('form[action*=\"{text[4:16]}\"]')")
    page.until("document.activeElement.id === 'tokens'")

    assert page.run("document.title") == "not loaded again"
    assert text[4:16] not in {token.id for token in world.identity.tokens.of("ada")}
    assert page.console == []


def test_a_part_that_fails_says_so(page: Browser, world: World) -> None:
    """A list is never replaced by the page of an error."""
    sign_in(page, world, "/account/tokens")
    world.program("ada", "read")
    page.goto(f"{world.url}/account/tokens")
    page.run("document.querySelectorAll('#tokens [name=csrf]').forEach(field => { field.value = 'x' })")
    page.run("document.querySelector('#tokens form button').click()")
    page.until("document.querySelector('#notice').innerText.startsWith('That did not work (403)')")

    assert page.run("document.querySelectorAll('#tokens tr').length") > 1
    assert page.run("document.querySelectorAll('main').length") == 1


def test_the_theme_is_the_systems_until_another_is_chosen(page: Browser, world: World) -> None:
    """It is kept for the next page, before anything is drawn."""
    paper = "getComputedStyle(document.body).backgroundColor"
    page.goto(f"{world.url}/design")
    light = page.run(paper)
    page.prefer("dark")
    dark = page.run(paper)
    page.run("document.querySelector('button.theme').click()")
    chosen = page.run(paper)
    page.goto(f"{world.url}/sign-in")

    assert light != dark
    assert chosen == light
    assert page.run(paper) == light
    assert page.run("document.querySelector('button.theme').innerText.trim()") == "Theme: light"


def test_signing_in_needs_no_mouse(page: Browser, world: World) -> None:
    """The first stop skips to the content; Enter in the password signs in; every stop is seen."""
    page.goto(f"{world.url}/sign-in")
    page.press("Tab")
    first = page.run("document.activeElement.innerText")
    stops = []
    for _ in range(5):
        page.press("Tab")
        stops.append(page.run("document.activeElement.name || document.activeElement.className || 'button'"))
        assert page.run("getComputedStyle(document.activeElement).outlineStyle") != "none"
    page.run("document.querySelector('[name=name]').focus()")
    page.call("Input.insertText", text="ada")
    page.press("Tab")
    page.call("Input.insertText", text=PASSWORD)
    page.enter()

    assert first == "Skip to content"
    assert stops == ["brand", "theme", "name", "password", "button primary"]
    assert page.run("document.querySelector('.who').innerText") == "ada"


def test_another_site_cannot_use_the_session(page: Browser, world: World) -> None:
    """A form that it sends in the browser of somebody who is signed in is refused, and comes without the cookie."""
    sign_in(page, world)
    page.call("Page.navigate", url="about:blank")
    page.until("location.href === 'about:blank'")
    form = f"<form method=post action={world.url}/account/tokens><input name=label value=x></form>"
    page.run(f"document.body.innerHTML = {form!r}; 0")
    page.forget()
    page.run("document.forms[0].submit()")

    assert page.loaded() in {401, 403}
    assert not [token for token in world.identity.tokens.of("ada") if token.label == "x"]
