"""A route, and the one way in which it says what it asks for: `@needs(Permission.…)` on its handler.

A handler without it cannot become a route. The permission is decided before anything of the request's body is read::

    router = APIRouter(route_class=Guarded)

    @router.get("/projects/{project}/runs")
    @needs(Permission.READ)
    def runs(project: str, visit: Visitor, platform: Platform) -> …
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from fastapi import Depends, HTTPException, Request
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool

from roadworthy.errors import NotAllowed, NotFound
from roadworthy.platform.identity.permission import Permission, allowed, role_of
from roadworthy.web.forgery import SAFE, refuse_forged
from roadworthy.web.problem import ANSWERS
from roadworthy.web.services import Services
from roadworthy.web.show.export import DESCRIBED, exported, form_of
from roadworthy.web.visit import Visit, address_of, visit_of, wait

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from starlette.responses import Response
    from starlette.types import Message, Receive

Handler = TypeVar("Handler", bound="Callable[..., Any]")
IN_PROJECT = frozenset({Permission.READ, Permission.CONTRIBUTE, Permission.MAINTAIN})
BODY = 1 << 20  # bytes, where a route says nothing else
_MARK = "__roadworthy_need__"


@dataclass(frozen=True, slots=True)
class Need:
    """What a route asks for, and what it takes."""

    permission: Permission
    body: int | None = BODY
    asks_who: bool = True  # False: nobody is looked up or counted, as for a picture
    removed: bool = False  # True: the project that it is about may have been removed
    rows: str | None = None  # the member of the answer that holds rows, which CSV can show; "" for all of it


def needs(
    permission: Permission,
    *,
    body: int | None = BODY,
    asks_who: bool = True,
    removed: bool = False,
    rows: str | None = None,
) -> Callable[[Handler], Handler]:
    """Declare what a handler's route asks for, and how many bytes it takes at most: None, as many as come.

    With *rows*, the answer can be had as CSV too: the member of it that is called so, or all of it for "".
    """

    def mark(handler: Handler) -> Handler:
        setattr(handler, _MARK, Need(permission, body, asks_who, removed, rows))
        return handler

    return mark


class Guarded(APIRoute):
    """A route that lets in whom its handler's permission allows."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        need = getattr(endpoint, _MARK, None)
        if not isinstance(need, Need):
            raise TypeError(f"The route {path} says nothing of its permission: put `@needs(…)` on its handler.")
        if need.permission in IN_PROJECT and "{project}" not in path:
            raise TypeError(f"The route {path} asks for a role in a project, and names none: put `{{project}}` in it.")
        self.need = need
        if path.startswith("/api/"):
            options["responses"] = {**ANSWERS, **(options.get("responses") or {})}
            options["openapi_extra"] = _security(need.permission, set(options.get("methods") or ()))
        if need.rows is not None:
            options["responses"] = {**options["responses"], **DESCRIBED}
            options["dependencies"] = [*(options.get("dependencies") or ()), Depends(form_of)]
        super().__init__(path, endpoint, **options)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what answers: first the permission, then the handler."""
        answer = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            request.state.visit = Visit()
            bounded = request if self.need.body is None else Request(request.scope, _bounded(request, self.need.body))
            if self.need.asks_who:
                await admit(bounded, self.need.permission, removed=self.need.removed)
            said = await answer(bounded)
            return said if self.need.rows is None else exported(request, said, self.need.rows)

        return guarded


async def admit(request: Request, permission: Permission, *, removed: bool = False) -> None:
    """Find out who asks, and let them through or not; with *removed*, the project may have been removed.

    Raises:
        HTTPException: 401, when nobody is signed in and somebody must be; 429, when they ask too often.
        NotAllowed: They may not, or the request is forged.
    """
    services: Services = request.app.state.services
    visit = await run_in_threadpool(_judge, request, services, permission, removed=removed)
    await refuse_forged(request, visit, services)


def _security(permission: Permission, methods: set[str]) -> dict[str, Any] | None:
    """Return what the description says of how one shows who one is; the schemes stand in `api/description.py`."""
    if permission is Permission.ANYONE:
        return None
    session: dict[str, list[str]] = {"session": []} if methods <= SAFE else {"session": [], "proof": []}
    ways = {Permission.IN_PERSON: [session], Permission.RUNNER: [{"token": []}]}
    return {"security": ways.get(permission, [{"token": []}, session])}


def _bounded(request: Request, most: int) -> Receive:
    """Return what gives the body of *request*, and refuses one of more than *most* bytes when they come.

    Raises:
        HTTPException: 413, before any are read, when the request itself says that they are more.
    """
    said = request.headers.get("content-length", "0")
    if not said.isdecimal() or int(said) > most:
        raise HTTPException(413)
    came = 0

    async def receive() -> Message:
        nonlocal came
        message = await request.receive()
        came += len(message.get("body", b""))
        if came > most:
            raise HTTPException(413)
        return message

    return receive


def _judge(request: Request, services: Services, permission: Permission, *, removed: bool) -> Visit:
    project = request.path_params.get("project") if permission in IN_PROJECT else None
    visit = visit_of(request, services)
    request.state.visit = visit
    actor = visit.actor
    if actor is None or not actor.is_runner:
        who = f"at {address_of(request)}" if actor is None else f"of {actor.name}"
        wait(services.limits.requests.take(who))
    if project is not None:
        visit = Visit(actor, visit.session, role_of(actor, services.members.roles(project, removed=removed)))
        request.state.visit = visit
    if allowed(actor, permission, visit.role, project):
        _expect(visit, services, project, removed=removed)
        return visit
    if actor is None:
        raise HTTPException(401, detail="Nobody is signed in.")
    raise NotAllowed(f"{actor.name} may not do this: it asks for {_words(permission, project)}.", remedy=_remedy(visit))


def _expect(visit: Visit, services: Services, project: str | None, *, removed: bool) -> None:
    """Let no administrator on to a project that is not there: no handler meets a name that is none.

    Raises:
        NotFound: There is no such project.
    """
    if project is not None and visit.role is None and not services.members.has(project, removed=removed):
        raise NotFound(f"There is no project {project!r}.", remedy="`roadworthy project list` names them.")


def _words(permission: Permission, project: str | None) -> str:
    words = {
        Permission.CREATE: "signing in, or a token for all projects that may write",
        Permission.READ: f"a role in {project}",
        Permission.CONTRIBUTE: f"a contributor of {project}",
        Permission.MAINTAIN: f"a maintainer of {project}",
        Permission.ADMIN: "an administrator of the platform",
        Permission.RUNNER: "a runner of the platform's own",
        Permission.IN_PERSON: "signing in, rather than a token",
    }
    return words.get(permission, "signing in")


def _remedy(visit: Visit) -> str:
    if visit.is_by_token:
        return "See what the token is limited to, or sign in; roles stand in the project's profile.yaml."
    return "A maintainer adds members in the project's profile.yaml; an administrator sees to accounts."


def _visit(request: Request) -> Visit:
    found: Visit = request.state.visit
    return found


def _services(request: Request) -> Services:
    found: Services = request.app.state.services
    return found


Visitor = Annotated[Visit, Depends(_visit)]
Platform = Annotated[Services, Depends(_services)]
