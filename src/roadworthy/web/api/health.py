"""Whether the platform answers."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel

from roadworthy.platform.identity.permission import Permission
from roadworthy.version import VERSION
from roadworthy.web.route import Guarded, Platform, needs

router = APIRouter(route_class=Guarded)


class Health(BaseModel):
    """How it is."""

    status: str
    version: str


@router.get("/health")
@needs(Permission.ANYONE, asks_who=False)
def health(platform: Platform) -> Health:
    """Say that the server runs and reads its database."""
    platform.identity.accounts.has_admin()
    return Health(status="ready", version=VERSION)
