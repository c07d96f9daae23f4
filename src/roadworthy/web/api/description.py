"""The description of the API, by which programs and tests find their way."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from roadworthy.platform.identity.permission import Permission
from roadworthy.web.forgery import HEADER
from roadworthy.web.problem import Problem
from roadworthy.web.route import Guarded, Platform, needs
from roadworthy.web.visit import cookie_name

router = APIRouter(route_class=Guarded, include_in_schema=False)
_TOKEN = {"type": "http", "scheme": "bearer", "description": "A token of an account: `rwt_…`."}
_SESSION = {"type": "apiKey", "in": "cookie", "description": "Somebody who signed in, in a browser."}
_PROOF = {"type": "apiKey", "in": "header", "name": HEADER, "description": "That a page of the session asks."}


@router.get("/api/openapi.json")
@needs(Permission.ANYONE)
def description(request: Request, platform: Platform) -> dict[str, Any]:
    """Return the OpenAPI description."""
    found: dict[str, Any] = request.app.openapi()
    components = found.setdefault("components", {})
    components.setdefault("schemas", {})[Problem.__name__] = Problem.model_json_schema()
    components["securitySchemes"] = {
        "token": _TOKEN,
        "session": {**_SESSION, "name": cookie_name(platform)},
        "proof": _PROOF,
    }
    return found
