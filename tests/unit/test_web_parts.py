"""The parts of the web that are pure: where one is sent, what an error becomes, what a browser is called."""

from __future__ import annotations

import inspect

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadworthy import errors
from roadworthy.web.faults import status_of
from roadworthy.web.problem import ANSWERS
from roadworthy.web.show.agent import browser
from roadworthy.web.signing import own_place

ERRORS = [one for one in vars(errors).values() if inspect.isclass(one) and issubclass(one, errors.RoadworthyError)]


@pytest.mark.parametrize("path", ["/", "/projects/flights?tab=runs#top", "/account"])
def test_whoever_signs_in_goes_on_to_where_they_wanted(path: str) -> None:
    """A place on this platform is kept as it is."""
    assert own_place(path) == path


@pytest.mark.parametrize("path", [
    "https://evil.example", "//evil.example", "/\\evil.example", "\\/evil.example", "javascript:alert(1)", "",
    "/a\r\nSet-Cookie: x=1", "/\t/evil.example", "/\u202eelpmaxe", "account",
])  # fmt: skip
def test_whoever_signs_in_is_sent_nowhere_else(path: str) -> None:
    """What a browser could take for another site, or for two headers, becomes the first page."""
    assert own_place(path) == "/"


@given(st.text(alphabet="/\\:.@\t\n ae%\u202e"))
def test_a_place_is_always_on_this_platform(path: str) -> None:
    """Whatever is asked for: one slash, then something else, and nothing that hides."""
    found = own_place(path)

    assert found == "/" or (found == path and found[0] == "/" and found[1] not in "/\\" and found.isprintable())


@pytest.mark.parametrize("kind", ERRORS, ids=lambda kind: kind.__name__)
def test_every_error_has_a_status_that_the_description_lists(kind: type[errors.RoadworthyError]) -> None:
    """None that a user can act on is told as a fault of ours."""
    assert status_of(kind("problem", remedy="remedy")) in ANSWERS


@pytest.mark.parametrize(("kind", "status"), [
    (errors.UsageError, 400), (errors.InvalidDeclaration, 422), (errors.NotAllowed, 403), (errors.NotFound, 404),
    (errors.Conflict, 409), (errors.Unreachable, 503), (errors.TestsFailed, 422), (errors.LoadFailed, 422),
])  # fmt: skip
def test_an_error_is_told_with_the_status_that_means_it(kind: type[errors.RoadworthyError], status: int) -> None:
    """What may be repeated, what is not there and what is forbidden are told apart."""
    assert status_of(kind("problem", remedy="remedy")) == status


@pytest.mark.parametrize(("agent", "name"), [
    ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
    ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/150.0 Safari/537.36 Edg/150.0", "Edge on Windows"),
    ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) AppleWebKit/605 Version/18.0 Safari/605.1", "Safari on macOS"),
    ("Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 Chrome/150.0 Mobile Safari/537.36", "Chrome on Android"),
    ("curl/8.5", "curl/8.5"), ("", "unknown"), ("Firefox/1", "Firefox"),
])  # fmt: skip
def test_a_browser_is_called_what_its_user_calls_it(agent: str, name: str) -> None:
    """And another program as it calls itself."""
    assert browser(agent) == name
