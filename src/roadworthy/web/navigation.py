"""Where one can go from every page: to the lists that there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from roadworthy.platform.identity.permission import allowed
from roadworthy.web.visit import Visit

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request

_LISTS = (
    ("/projects", "Projects"),
    ("/jobs", "Jobs"),
    ("/audit", "Audit"),
    ("/accounts", "Accounts"),
)


class Entry(NamedTuple):
    """A link of the navigation."""

    path: str
    title: str
    is_here: bool


def entries(request: Request) -> list[Entry]:
    """Return the lists that the visitor may see."""
    visit: Visit = getattr(request.state, "visit", Visit())
    here = request.url.path
    return [
        Entry(path, title, here == path or here.startswith(f"{path}/"))
        for path, title in _LISTS
        if visit.actor is not None and _may(request.app, path, visit)
    ]


def _may(app: FastAPI, path: str, visit: Visit) -> bool:
    need = app.state.needs.get(("GET", path))
    return need is not None and allowed(visit.actor, need.permission)
