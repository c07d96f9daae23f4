"""Signing in and out, invitations, one's account: what a browser gets, and what another site cannot do with it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from roadworthy.platform.identity.limit import Limit, Limits
from web_world import GENEROUS, PASSWORD, World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WRONG = "quite another one"
FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Give a platform."""
    with World.open(tmp_path_factory.mktemp("world")) as opened:
        yield opened


def test_signing_in_leads_to_where_one_wanted_and_out_again(world: World) -> None:
    """With a new session each time, which signing out ends where it is kept."""
    client = world.nobody()
    client.cookies["roadworthy"] = "planted"
    answer = client.post("/sign-in", name=" Mona ", password=PASSWORD, next="/account/tokens")
    assert (answer.status, answer.headers["location"]) == (303, "/account/tokens")
    assert client.get("/account").status == 200
    first = client.cookies["roadworthy"]
    assert first != "planted"
    out = client.post("/sign-out")
    client.cookies["roadworthy"] = first

    assert (out.status, out.headers["location"]) == (303, "/sign-in")
    assert 'roadworthy=""' in out.headers["set-cookie"]
    assert client.get("/account").status == 303


def test_a_wrong_password_is_told_on_the_form(world: World) -> None:
    """With the name still there, no cookie, and the same words for a name that there is not."""
    answers = [world.nobody().post("/sign-in", name=name, password=WRONG) for name in ("mona", "<b>nobody")]

    assert [answer.status for answer in answers] == [403, 403]
    assert all("The name or the password is wrong." in answer.text for answer in answers)
    assert 'value="mona"' in answers[0].text
    assert 'value="&lt;b&gt;nobody"' in answers[1].text
    assert all("set-cookie" not in answer.headers for answer in answers)


def test_the_cookie_is_hidden_from_scripts_and_other_sites(world: World, tmp_path: Path) -> None:
    """And over https sent no other way, under a name that no other host can set."""
    answer = world.nobody().post("/sign-in", name="mona", password=PASSWORD)
    plain = {part.strip().lower() for part in answer.headers["set-cookie"].split(";")[1:]}
    with World.open(tmp_path, url="https://platform.example") as secure:
        answer = secure.nobody().post("/sign-in", name="mona", password=PASSWORD)
    cookie = answer.headers["set-cookie"]

    assert plain == {"httponly", "max-age=604800", "path=/", "samesite=lax"}
    assert cookie.startswith("__Host-roadworthy=")
    assert {part.strip().lower() for part in cookie.split(";")[1:]} == plain | {"secure"}
    assert answer.headers["strict-transport-security"] == "max-age=31536000"


@pytest.mark.parametrize("headers", [
    {"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}, {"origin": "https://evil.example"},
    {"origin": "null"}, {"origin": "http://127.0.0.1:1"},
])  # fmt: skip
def test_another_site_can_neither_sign_in_nor_act(world: World, headers: dict[str, str]) -> None:
    """Whatever it sends along: with the proof of the session even, and for somebody who is not signed in."""
    client = world.person("mona")
    form = f"csrf={client.csrf}&label=x".encode()
    acted = client.ask("POST", "/account/tokens", form, {**FORM, **headers})
    signed_in = world.nobody().ask("POST", "/sign-in", f"name=mona&password={PASSWORD}".encode(), {**FORM, **headers})

    assert (acted.status, signed_in.status) == (403, 403)
    assert "comes from another site" in acted.text
    assert "set-cookie" not in signed_in.headers


def test_a_form_without_the_proof_of_its_session_does_nothing(world: World) -> None:
    """Neither with none, nor with that of another session, nor in the query; with its own, in the form or a header."""
    client, other = world.person("mona"), world.person("rita")
    tried = [
        client.ask("POST", "/account/tokens", b"label=x", FORM),
        client.ask("POST", "/account/tokens", f"label=x&csrf={other.csrf}".encode(), FORM),
        client.ask("POST", f"/account/tokens?csrf={client.csrf}", b"label=x", FORM),
        client.ask("POST", "/account/tokens", "label=x&csrf=\u00e4".encode(), FORM),
        client.ask("POST", "/api/tokens", b"{}", {"content-type": "application/json"}),
    ]

    assert [answer.status for answer in tried] == [403] * 5
    assert world.identity.tokens.of("mona") == ()
    assert client.post("/account/tokens", label="form").status == 201
    assert client.ask("POST", "/account/tokens", b"label=header", {**FORM, "x-csrf-token": client.csrf}).status == 201


def test_too_many_tries_have_to_wait(tmp_path: Path) -> None:
    """Also with the right password then; others at the same address do not, until it is a crowd."""
    limits = Limits(Limit(1000, 1000), Limit(0.001, 3), Limit(0.001, 8))
    with World.open(tmp_path, limits=limits) as world:
        client = world.nobody()
        tried = [client.post("/sign-in", name="mona", password=WRONG).status for _ in range(4)]
        right = client.post("/sign-in", name="mona", password=PASSWORD)
        other = client.post("/sign-in", name="rita", password=PASSWORD).status
        api = {"name": "rita", "password": PASSWORD}
        crowd = [client.send("POST", "/api/sign-in", api) for _ in range(4)]

    assert tried == [403, 403, 403, 429]
    assert right.status == 429
    assert "too many tries" in right.text
    assert int(right.headers["retry-after"]) > 60
    assert other == 303
    assert [answer.status for answer in crowd] == [200, 200, 429, 429]
    assert crowd[-1].data["problem"] == "That was too often."


def test_whoever_asks_too_often_has_to_wait(tmp_path: Path) -> None:
    """Each account by itself, and nobody by the address; and guesses of tokens are counted."""
    with World.open(tmp_path, limits=Limits(Limit(0.001, 4), GENEROUS.tries, Limit(0.001, 5))) as world:
        client, other = world.program("mona", "read"), world.program("rita", "read")
        asked = [client.get("/api/account").status for _ in range(5)]
        others = other.get("/api/account").status
        client.show("rwt_guess")
        guesses = [client.get("/api/account").status for _ in range(6)]

    assert asked == [200, 200, 200, 200, 429]
    assert others == 200
    assert guesses == [401, 401, 401, 401, 401, 429]


def test_the_first_link_makes_the_administrator(world: World) -> None:
    """Looking does not use it; a mistake neither; then it is used, and its guest is signed in."""
    link = f"/join/{world.identity.invitations.create(is_admin=True).reveal()}"
    client = world.nobody()
    looked = [client.get(link).status for _ in range(2)]
    wrong = client.post(link, name="grace", display="Grace <i>", password=WRONG[:5])
    right = client.post(link, name="grace", display="Grace", password=PASSWORD)

    assert looked == [200, 200]
    assert (wrong.status, right.status) == (400, 303)
    assert "12 to 256 characters" in wrong.text
    assert "Grace &lt;i&gt;" in wrong.text
    assert WRONG[:5] not in wrong.text
    assert client.get("/accounts").status == 200
    assert world.nobody().get(link).status == 404
    assert world.nobody().post(link, name="mallory", password=PASSWORD).status == 404


def test_an_administrator_invites_and_disables(world: World) -> None:
    """The link makes an account without other rights; disabled, it is out at once, until it may again."""
    ada, guest = world.person("ada"), world.nobody()
    shown = ada.post("/accounts/invite").text
    link = re.search(rf'value="{world.url}(/join/[a-z2-7]+)"', shown)
    assert link is not None
    guest.post(link[1], name="newton", password=PASSWORD)
    before = (guest.get("/account").status, guest.get("/accounts").status)
    ada.post("/accounts/newton/disable")
    during = guest.get("/account").status
    ada.post("/accounts/newton/enable")

    assert before == (200, 403)
    assert during == 303
    assert guest.get("/account").status == 200
    assert ada.post("/accounts/ada/disable").status == 409
    assert ada.post("/accounts/invite", account="none").status == 404


def test_another_password_needs_the_old_one_and_ends_other_sessions(world: World) -> None:
    """The one in which it was set goes on with a new cookie."""
    world.identity.accounts.create("curie", PASSWORD)
    here, there = world.person("curie"), world.person("curie")
    wrong = here.post("/account/password", current="not this one", new="radium and polonium")
    short = here.post("/account/password", current=PASSWORD, new="short")
    done = here.post("/account/password", current=PASSWORD, new="radium and polonium")

    assert (wrong.status, short.status, done.status) == (403, 400, 303)
    assert (here.get("/account").status, there.get("/account").status) == (200, 303)
    assert world.identity.sign_in("curie", "radium and polonium") == "curie"


def test_all_other_sessions_can_be_ended(world: World) -> None:
    """The page shows them, and which is this one."""
    world.identity.accounts.create("noether", PASSWORD)
    here, there = world.person("noether"), world.person("noether")
    shown = here.get("/account/sessions").text
    here.post("/account/sessions/end-others")

    assert shown.count("Firefox on Linux") == 2
    assert shown.count("this one") == 1
    assert (here.get("/account").status, there.get("/account").status) == (200, 303)


def test_a_token_is_shown_once(world: World) -> None:
    """It works, it is listed without its secret, and revoking ends it."""
    client = world.person("carl")
    made = client.post("/account/tokens", label="lap\u202etop", scope="read", days="7")
    text = re.search(r'value="(rwt_[a-z0-9_]+)"', made.text)
    assert text is not None
    program = world.nobody()
    program.token = text[1]
    who = program.get("/api/account").data
    listed = client.get("/account/tokens").text
    gone = client.post(f"/account/tokens/{text[1][4:16]}/revoke")

    assert (made.status, made.headers["cache-control"]) == (201, "no-store")
    assert who == {"name": "carl", "is_admin": False, "groups": [], "scopes": ["read"], "project": None}
    assert "lap top" in listed
    assert text[1][17:] not in listed
    assert gone.status == 303
    assert program.get("/api/account").status == 401
    assert client.post("/account/tokens", label="x", days="4000").status == 400
