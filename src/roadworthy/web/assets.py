"""Styles, scripts and pictures: few, ours or vendored, under names that change with their bytes."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files

from fastapi import APIRouter
from fastapi.responses import Response

from roadworthy.errors import NotFound
from roadworthy.platform.identity.permission import Permission
from roadworthy.web.route import Guarded, needs

router = APIRouter(route_class=Guarded, include_in_schema=False)
_FOLDER = files("roadworthy.web") / "static"
_KINDS = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml", "txt": "text/plain"}
_FOREVER = "public, max-age=31536000, immutable"


@router.get("/static/{digest}/{name}")
@needs(Permission.ANYONE, asks_who=False)
def read(digest: str, name: str) -> Response:
    """Answer with an asset, to be kept for ever: other bytes have another address."""
    found = _assets().get(name)
    if found is None or found[0] != digest:
        raise NotFound("There is no such asset.", remedy="Load the page again.")
    kind = _KINDS[name.rpartition(".")[2]]
    return Response(found[1], media_type=f"{kind}; charset=utf-8", headers={"Cache-Control": _FOREVER})


def asset(name: str) -> str:
    """Return where an asset is found."""
    return f"/static/{_assets()[name][0]}/{name}"


@cache
def _assets() -> dict[str, tuple[str, bytes]]:
    found = {path.name: path.read_bytes() for path in _FOLDER.iterdir() if path.name.rpartition(".")[2] in _KINDS}
    return {name: (hashlib.blake2b(data, digest_size=8).hexdigest(), data) for name, data in found.items()}
