"""Whether the platform answers, and what it stands on works."""

from __future__ import annotations

from fastapi import APIRouter, Response
from pydantic import BaseModel

from roadworthy.app.server.health import examine
from roadworthy.platform.identity.permission import Permission
from roadworthy.version import VERSION
from roadworthy.web.route import Guarded, Platform, needs

router = APIRouter(route_class=Guarded)
_FAILING = 503


class Health(BaseModel):
    """How it is: `ready`, or `failing`; and of each part what it says, the failing ones by name."""

    status: str
    version: str
    failing: list[str]
    parts: dict[str, str]


@router.get("/health", responses={_FAILING: {"model": Health, "description": "A part of it does not work."}})
@needs(Permission.ANYONE, asks_who=False)
def health(platform: Platform, answer: Response) -> Health:
    """Say whether the server runs, and whether its databases, its buckets and its runners work; 503 when not."""
    parts = examine(platform.at_work)
    failing = [one.name for one in parts if not one.works]
    if failing:
        answer.status_code = _FAILING
    return Health(
        status="failing" if failing else "ready", version=VERSION, failing=[*failing],
        parts={one.name: one.says for one in parts},
    )  # fmt: skip
