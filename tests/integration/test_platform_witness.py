"""Who signs in, makes tokens and pushes stands in the audit; who guesses waits, and makes it grow by little."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Any

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from forge_world import begun, serving
from roadworthy.app.server import witness
from roadworthy.app.server.hosting import buckets_at, git_at
from roadworthy.app.server.loop import look
from roadworthy.app.server.view.audit import Filter, audit
from roadworthy.platform.automate.deliver import deliver
from roadworthy.platform.identity.tokens import named
from web_world import PASSWORD, Answer, Client, World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WRONG = "hunter2 hunter2 hunter2"
GIT, BUCKET = "/git/flights.git/info/refs?service=git-upload-pack", "/buckets/flights/missing"
Where = tuple[World, int]


@pytest.fixture
def where(tmp_path: Path) -> Iterator[Where]:
    """Give a platform, and the port at which its repositories and buckets are."""
    with World.open(tmp_path) as world, git_at(world.platform) as git:
        app = Starlette(routes=[Mount("/git", git), Mount("/buckets", buckets_at(world.platform))])
        with serving(app) as port:
            yield world, port


def shown(port: int, token: str, path: str = GIT) -> Answer:
    """Return what is answered to whoever shows a token, as git does."""
    header = {"authorization": f"Basic {b64encode(f'x:{token}'.encode()).decode()}"}
    return (
        Client(port).ask("POST", path, b"[]", header) if path == BUCKET else Client(port).ask("GET", path, None, header)
    )


def told(world: World, *actions: str) -> list[dict[str, Any]]:
    """Return the entries of the audit for some actions, the oldest first, once what was refused is told."""
    witness.tell(world.platform)
    return [one for one in reversed(audit(world.platform, Filter())) if one["action"] in actions]


@pytest.mark.parametrize("path", [GIT, BUCKET])
def test_who_guesses_at_a_token_waits_and_the_team_does_not(where: Where, path: str) -> None:
    """After eight wrong guesses at one token none is looked at, not even the right one; others go on as before."""
    world, port = where
    token, other = (world.program(name, "read").token or "" for name in ("mona", "rita"))
    guesses = [shown(port, token[:-1] + ("a" if token[-1] != "a" else "b"), path).status for _ in range(9)]
    right, others = shown(port, token, path), shown(port, other, path)

    assert guesses == [401] * 8 + [429]
    assert (right.status, others.status) == (429, 200)
    assert int(right.headers["retry-after"]) > 0
    assert "too many" in right.text.lower()


def test_a_crowd_of_guesses_from_one_address_locks_nobody_out(where: Where) -> None:
    """They are told to wait; whoever shows a good token from there is let in, however often."""
    world, port = where
    token = world.program("mona", "read").token or ""
    crowd = [
        shown(port, f"rwt_{'a' * 10}{chr(97 + at // 26)}{chr(97 + at % 26)}_{'b' * 52}").status for at in range(70)
    ]
    good = [shown(port, token).status for _ in range(70)]

    assert crowd[0] == 401
    assert crowd[-1] == 429
    assert set(good) == {200}


def test_sign_ins_and_tokens_stand_in_the_audit_without_a_secret(where: Where) -> None:
    """Good and failed ones; a name that is nobody's is not repeated, as people type their password there."""
    world, _ = where
    client = world.nobody()
    client.post("/sign-in", name="mona", password=WRONG)
    client.post("/sign-in", name="correct horse battery", password=WRONG)
    client.post("/sign-in", name="mona", password=PASSWORD)
    client.get("/account/tokens")
    made = client.send("POST", "/api/tokens", {"label": "ci", "scopes": ["read"]}).data
    revoked = client.send("DELETE", f"/api/tokens/{made['about']['id']}")
    Client(world.port, token=made["token"]).get("/api/account")
    found = told(world, "sign_in.accept", "sign_in.refuse", "token.create", "token.revoke", "token.refuse")
    records = b"".join(place.read_bytes() for place in (world.platform.home.folder / "audit").rglob("*.json"))

    assert revoked.status == 204
    assert sorted((one["action"], one["actor"], one["target"]) for one in found) == [
        ("sign_in.accept", "mona", "mona"),
        ("sign_in.refuse", "anonymous", "mona"),
        ("sign_in.refuse", "anonymous", "nobody's name"),
        ("token.create", "mona", made["about"]["id"]),
        ("token.refuse", "anonymous", named(made["token"])),
        ("token.revoke", "mona", made["about"]["id"]),
    ]
    assert [one["detail"]["from"] for one in found if one["action"].startswith("sign_in")] == ["127.0.0.1"] * 3
    assert world.platform.audit.verify().faults == ()
    for secret in (WRONG, "correct horse", PASSWORD, made["token"], made["token"].rpartition("_")[2]):
        assert secret.encode() not in records


def test_a_flood_of_failed_sign_ins_makes_few_entries(where: Where) -> None:
    """Sixty tries under sixty names are one entry, and one more that says how many."""
    world, _ = where
    client = world.nobody()
    for number in range(60):
        client.send("POST", "/api/sign-in", {"name": f"guess-{number}", "password": WRONG})
    at_once = told(world, "sign_in.refuse")
    witness.tell(world.platform, all_of_it=True)
    later = told(world, "sign_in.refuse")

    assert len(at_once) == 1
    assert [one["detail"].get("times") for one in later] == [None, 59]


def test_pushes_stand_in_the_audit_and_so_does_what_was_refused(where: Where, tmp_path: Path) -> None:
    """Who pushed which refs, from where to where; and why a push was not taken."""
    world, port = where
    token = world.program("carl", "read", "write").token
    client = begun(tmp_path / "tree", f"http://carl:{token}@127.0.0.1:{port}/git/flights.git")
    commit = client.commit("direct")
    client.refused("push", "origin", "HEAD:main", "HEAD:feature/x")
    accepted, refused = told(world, "push.accept", "push.refuse")

    assert (accepted["actor"], accepted["project"], accepted["action"]) == ("carl", "flights", "push.accept")
    assert {one["ref"] for one in accepted["detail"]["refs"]} == {"refs/heads/develop", "refs/heads/main"}
    assert (refused["actor"], refused["action"]) == ("carl", "push.refuse")
    assert {one["after"] for one in refused["detail"]["refs"]} == {commit}
    assert refused["detail"]["why"] == ["refs/heads/main: it is protected: it is changed by merges, not by pushes."]


def test_a_page_shows_what_was_told(where: Where) -> None:
    """An administrator finds sign-ins among all other entries, and `audit verify` reads them."""
    world, _ = where
    world.nobody().post("/sign-in", name="mona", password=PASSWORD)
    page = world.person("ada").get("/audit?action=sign_in").text

    assert "sign_in.accept" in page
    assert world.platform.audit.verify().entries > 0


@pytest.mark.parametrize("swept", [False, True], ids=["looked at", "swept"])
def test_a_ref_that_nobody_told_of_is_told_as_found(where: Where, tmp_path: Path, *, swept: bool) -> None:
    """Whoever moves a branch by hand, beside the server, is not seen; that it moved is, also by a sweep."""
    world, port = where
    token = world.program("carl", "read", "write").token
    client = begun(tmp_path / "tree", f"http://carl:{token}@127.0.0.1:{port}/git/flights.git")
    look(world.platform, "flights")
    on_its_way = client.commit("on its way")
    client.git("push", "--quiet", str(world.platform.forge.path("flights")), "HEAD:feature/way")
    world.platform.receiving.add(("flights", "refs/heads/feature/way", on_its_way))  # its hook tells of it in a moment
    commit = client.commit("by hand")
    client.git("push", "--quiet", str(world.platform.forge.path("flights")), "HEAD:feature/hand")
    if swept:
        deliver(world.platform.database, "flights", "sweep", None)
    look(world.platform, "flights")
    accepted, found = told(world, "push.accept", "push.found")

    assert (accepted["actor"], len(accepted["detail"]["refs"])) == ("carl", 2)
    assert (found["actor"], found["project"]) == ("platform", "flights")
    assert found["detail"]["refs"] == [{"ref": "refs/heads/feature/hand", "before": None, "after": commit}]
