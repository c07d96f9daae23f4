"""The description of the API, by which programs and tests find their way."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from roadworthy.platform.identity.permission import Permission
from roadworthy.web.route import Guarded, needs

router = APIRouter(route_class=Guarded, include_in_schema=False)
_TOKEN = {"type": "http", "scheme": "bearer", "description": "A token of an account: `rwt_…`."}


@router.get("/api/openapi.json")
@needs(Permission.ANYONE)
def description(request: Request) -> dict[str, Any]:
    """Return the OpenAPI description."""
    found: dict[str, Any] = request.app.openapi()
    found.setdefault("components", {})["securitySchemes"] = {"token": _TOKEN}
    return found
