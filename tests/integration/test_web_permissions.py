"""Every route lets in whom it says, and nobody else: all routes for all kinds of visitors."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from fastapi import APIRouter
from starlette.routing import Route

import web_probe
from roadworthy.platform.identity.permission import Permission
from roadworthy.web.app import ROUTERS, create_app, guarded
from roadworthy.web.route import Guarded, needs
from web_world import Answer, Client, World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ALL = frozenset({Permission.ANYONE, Permission.SIGNED_IN})
OWN = ALL | {Permission.IN_PERSON, Permission.CREATE}
WRITE = ALL | {Permission.CREATE}
READ, CONTRIBUTE = {Permission.READ}, {Permission.READ, Permission.CONTRIBUTE}
MAINTAIN = {*CONTRIBUTE, Permission.MAINTAIN}
# Who asks for things in `flights`, each as fresh as nobody has used; and what each may.
KINDS: dict[str, tuple[Callable[[World], Client], frozenset[Permission]]] = {
    "nobody": (lambda world: world.nobody(), frozenset({Permission.ANYONE})),
    "reader": (lambda world: world.person("rita"), OWN | READ),
    "contributor": (lambda world: world.person("carl"), OWN | CONTRIBUTE),
    "maintainer": (lambda world: world.person("mona"), OWN | MAINTAIN),
    "admin": (lambda world: world.person("ada"), OWN | MAINTAIN | {Permission.ADMIN}),
    "maintainer of another project": (lambda world: world.person("otto"), OWN),
    "token to read": (lambda world: world.program("mona", "read"), ALL | READ),
    "token to write": (lambda world: world.program("mona", "write"), WRITE | MAINTAIN),
    "token of a reader": (lambda world: world.program("rita", "read", "write", "admin"), WRITE | READ),
    "token of the admin": (lambda world: world.program("ada", "admin"), WRITE | MAINTAIN | {Permission.ADMIN}),
    "token of the admin to write": (lambda world: world.program("ada", "write"), WRITE | MAINTAIN),
    "token for another project": (lambda world: world.program("mona", "write", project="trains"), ALL),
    "token of the admin for another project": (lambda world: world.program("ada", "admin", project="trains"), ALL),
    "token of another project's maintainer": (lambda world: world.program("otto", "write", "admin"), WRITE),
    "runner": (
        lambda world: Client(world.port, token=world.runner.reveal()),
        frozenset({Permission.ANYONE, Permission.RUNNER}),
    ),
}
# Of the parameters in a path; what names nothing is not found, by whoever may ask.
SAMPLES = {
    "project": "flights", "name": "NotFound", "job": "999", "number": "999", "event": "999", "delivery": "999",
    "run": f"blake3:{'0' * 64}", "version": "v9.9.9", "mode": "FM-999",
}  # fmt: skip
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Give a platform with the tests' own routes beside all others."""
    with World.open(tmp_path_factory.mktemp("world"), (*ROUTERS, web_probe.router)) as opened:
        yield opened


def is_let_in(answer: Answer) -> bool:
    """Whether a request got as far as its handler; that it then lacks a body or names nothing is as good."""
    sent_away = answer.status == 303 and answer.headers["location"].startswith("/sign-in?next=")
    assert answer.status < 500, answer.text
    return answer.status not in {401, 403} and not sent_away


def asked(world: World, visitor: Callable[[World], Client]) -> Iterator[tuple[str, Guarded, bool]]:
    """Ask every route by every method, and give whether the visitor was let in; who signed out comes anew."""
    client = visitor(world)
    for route in guarded(world.app):
        for method in sorted(route.methods or ()):
            answer = client.send(method, filled(route.path), {} if method != "GET" else None)
            yield method, route, is_let_in(answer)
            if "set-cookie" in answer.headers:
                client = visitor(world)


def filled(path: str) -> str:
    """Return the path of a route with something in the place of its parameters."""
    return re.sub(r"\{(\w+)[^}]*\}", lambda found: SAMPLES.get(found[1], "nothing"), path)


@pytest.mark.parametrize("kind", KINDS)
def test_every_route_lets_in_whom_it_says_and_nobody_else(world: World, kind: str) -> None:
    """Of all routes that there are, whatever is added to them."""
    visitor, may = KINDS[kind]
    wrong = [
        f"{method} {route.path} says {route.need.permission}"
        for method, route, let_in in asked(world, visitor)
        if let_in != (route.need.permission in may)
    ]

    assert wrong == []


def test_the_tests_look_at_every_permission_and_all_routes(world: World) -> None:
    """Each permission has a route, and the application has no other kind of route."""
    routes = guarded(world.app)

    assert {route.need.permission for route in routes} == set(Permission)
    assert len(routes) == len(world.app.routes) > 30
    assert {method for route in routes for method in route.methods or ()} <= set(METHODS)


@pytest.mark.parametrize("path", ["/account", "/account/tokens", "/accounts", "/", "/api/tokens", "/api/accounts"])
def test_nobody_is_sent_to_sign_in_or_told_to(world: World, path: str) -> None:
    """A page leads there and back; the API says it."""
    answer = world.nobody().get(path)

    if path.startswith("/api/"):
        assert answer.status == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert answer.data["problem"] == "Nobody is signed in."
    else:
        assert (answer.status, answer.headers["location"]) == (303, f"/sign-in?next={path}")


def test_a_project_that_is_not_there_is_as_forbidden_as_one_of_others(world: World) -> None:
    """Nobody learns by asking which projects there are."""
    client = world.program("rita", "read")
    answers = {client.get(f"/api/projects/{name}/probe/read").status for name in ("trains", "none", "..", "a%00b")}

    assert answers <= {403, 404}
    assert client.get("/api/projects/trains/probe/read").status == client.get("/api/projects/none/probe/read").status
    assert client.get("/api/projects/flights/probe/read").data == {"who": "rita", "role": "reader"}


@pytest.mark.parametrize("path", ["/account/tokens/{id}/revoke", "/api/tokens/{id}"])
def test_nobody_ends_anothers_token(world: World, path: str) -> None:
    """Not even an administrator: to them it is not there. Its owner does."""
    wanted = world.program("rita", "read")
    (token,) = [one for one in world.identity.tokens.of("rita") if one.id == (wanted.token or "")[4:16]]
    method, place = ("DELETE" if path.startswith("/api/") else "POST"), path.format(id=token.id)
    refused = [world.person(name).send(method, place, {}).status for name in ("mona", "otto", "ada")]
    before = wanted.get("/api/account").status
    done = world.person("rita").send(method, place, {}).status

    assert refused == [404, 404, 404]
    assert before == 200
    assert done in {204, 303}
    assert wanted.get("/api/account").status == 401


def test_a_route_without_a_permission_is_no_route(world: World) -> None:
    """Neither a handler that says nothing, nor a route of another kind, nor a role in no project."""
    router, bare = APIRouter(route_class=Guarded), APIRouter()

    @bare.get("/open")
    def silent() -> None:
        """Say nothing."""

    with pytest.raises(TypeError, match=r"The route /open says nothing of its permission"):
        router.add_api_route("/open", silent)
    with pytest.raises(TypeError, match=r"Routes without a permission: /open"):
        create_app(world.app.state.services, [*ROUTERS, bare])
    with pytest.raises(TypeError, match=r"asks for a role in a project, and names none"):
        router.add_api_route("/projects", needs(Permission.READ)(lambda: None))
    bare.routes[:] = [Route("/raw", lambda _: None)]
    with pytest.raises(TypeError, match="/raw"):
        create_app(world.app.state.services, [bare])


@pytest.mark.parametrize("name", ["none", "%2e%2e", ".git", "a%00b", "x" * 300])
def test_no_handler_meets_a_project_that_is_not_there(world: World, name: str) -> None:
    """To an administrator, who may in every project, it is not found."""
    assert world.person("ada").get(f"/api/projects/{name}/probe/maintain").status == 404


def test_a_page_that_is_not_there_knows_who_asks(world: World) -> None:
    """It leads back to their account, and nobody to signing in."""
    assert 'href="/account"' in world.person("mona").get("/nothing/at/all").text
    assert 'href="/sign-in"' in world.nobody().get("/nothing/at/all").text


def test_links_lead_only_where_one_may_go(world: World) -> None:
    """The navigation of an administrator has the accounts, and that of others has not."""
    assert 'href="/accounts"' in world.person("ada").get("/account").text
    assert 'href="/accounts"' not in world.person("mona").get("/account").text
