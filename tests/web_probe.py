"""Routes that only the tests have: one for each permission in a project, and some that fail."""

from __future__ import annotations

from fastapi import APIRouter, Request
from pydantic import BaseModel

from roadworthy import errors
from roadworthy.platform.identity.permission import Permission
from roadworthy.web.route import IN_PROJECT, Guarded, Visitor, needs

router = APIRouter(route_class=Guarded, include_in_schema=False)


class Text(BaseModel):
    """Something sent."""

    text: str


def _add(permission: Permission) -> None:
    @needs(permission)
    def probe(visit: Visitor) -> dict[str, str | None]:
        return {"who": visit.actor.name if visit.actor else None, "role": visit.role}

    path = f"/api/{'projects/{project}/' if permission in IN_PROJECT else ''}probe/{permission}"
    router.add_api_route(path, probe, methods=["GET"])
    router.add_api_route(path, probe, methods=["POST"], operation_id=f"post-{permission}")


for _permission in Permission:
    _add(_permission)


@router.get("/api/probe/fault/{name}")
@router.get("/probe/fault/{name}")
@router.get("/git/probe/fault/{name}")
@needs(Permission.ANYONE)
def fail(name: str) -> None:
    """Raise an error of ours by its name, or another."""
    kind = getattr(errors, name, None)
    if kind is None:
        raise RuntimeError("canary-of-a-traceback")
    raise kind("It <b>fails</b>\u202e.", remedy="Do \u0007 this & that.")


@router.post("/api/probe/take")
@needs(Permission.ANYONE, body=1000)
async def take(request: Request) -> int:
    """Return how many bytes were sent."""
    return sum([len(chunk) async for chunk in request.stream()])


@router.post("/api/probe/text")
@needs(Permission.ANYONE)
def text(sent: Text) -> str:
    """Return what was sent."""
    return sent.text
