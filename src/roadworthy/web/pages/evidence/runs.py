"""Runs: found, sorted, held against a pinned one; one of them; and up to six side by side."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import Response

from roadworthy.app.server.view.evidence import compare as comparing
from roadworthy.app.server.view.evidence import runs as view
from roadworthy.errors import NotFound, UsageError
from roadworthy.platform.identity.permission import Permission
from roadworthy.web.api.evidence.runs import Asked, Chosen, Compared, Filter, Run
from roadworthy.web.faults import status_of
from roadworthy.web.pages.frame import frame
from roadworthy.web.render import page
from roadworthy.web.route import Guarded, Platform, Visitor, needs
from roadworthy.web.show.drawing import drawn

router = APIRouter(route_class=Guarded, include_in_schema=False)
_METRICS, _PARAMS = 3, 2  # columns of each in the list


@router.get("/projects/{project}/runs")
@needs(Permission.READ)
def listed(request: Request, project: str, visit: Visitor, platform: Platform, asked: Asked) -> Response:
    """Show the runs of a project that are asked for."""
    at, fault, pinned = platform.at_work, None, None
    try:
        pinned = view.line_of(at, project, asked.pin) if asked.pin else None
    except NotFound as missing:
        fault = missing
    found = view.runs(at, project, asked.wanted())
    return page(
        request, "runs.html", found=found, asked=asked, pinned=pinned, fault=fault, metrics=found.metrics[:_METRICS],
        params=found.params[:_PARAMS], links=_Links(f"/projects/{project}/runs", asked), size=view.PAGE,
        **frame(visit, project),
    )  # fmt: skip


@router.get("/projects/{project}/runs/compare")
@needs(Permission.READ)
def compare(request: Request, project: str, visit: Visitor, platform: Platform, chosen: Chosen) -> Response:
    """Show two to six runs side by side."""
    framed = frame(visit, project)
    try:
        found = comparing.comparison(platform.at_work, project, chosen.run, chosen.pin, diff=chosen.diff)
    except (UsageError, NotFound) as fault:
        return page(request, "runs_compared.html", status=status_of(fault), found=None, fault=fault, **framed)
    return page(
        request, "runs_compared.html", found=found, fault=None, diff=chosen.diff,
        address=lambda **other: f"{request.url.path}?{_compared(chosen, found['pin'], other)}",
        query=_compared(chosen, found["pin"], {}), **framed,
    )  # fmt: skip


@router.get("/projects/{project}/runs/{run}")
@needs(Permission.READ)
def show(request: Request, project: str, run: Run, visit: Visitor, platform: Platform) -> Response:
    """Show a run: what went in, what happened, what came of it."""
    found = view.run(platform.at_work, project, run)
    stages = [] if found["run"] is None else found["run"]["stages"]
    return page(request, "run.html", found=found, run=found["run"], proof=found["proof"], result={},
                drawing=drawn(stages), **frame(visit, project))  # fmt: skip


class _Links:
    """The addresses of the list in its other states."""

    def __init__(self, path: str, asked: Filter) -> None:
        self._path = path
        self._now = {
            name: value for name, value in asked.model_dump(exclude={"form"}).items()
            if value not in {"", None} and (name, value) != ("page", 1)
        }  # fmt: skip

    def __call__(self, **other: Any) -> str:
        """Return the address of the list with other values; from its first page, when none is named."""
        state = {name: value for name, value in {**self._now, "page": None, **other}.items() if value not in {"", None}}
        return f"{self._path}?{urlencode(state)}" if state else self._path

    def api(self) -> str:
        """Return the address of what is shown in the API."""
        state = {name: value for name, value in self._now.items() if name != "pin"}
        return f"/api{self._path}{f'?{urlencode(state)}' if state else ''}"

    def sort(self, name: str, title: str) -> dict[str, str]:
        """Return a column by which the list can be sorted: largest first, then smallest first, then not."""
        now = str(self._now.get("sort", ""))
        after = {f"-{name}": name, name: ""}.get(now, f"-{name}")
        state = {f"-{name}": "descending", name: "ascending"}.get(now, "")
        return {"title": title, "href": self(sort=after), "sorted": state}


def _compared(chosen: Compared, pin: str, other: dict[str, Any]) -> str:
    state = {"run": chosen.run, "pin": pin, "diff": "true" if chosen.diff else None, **other}
    return urlencode({name: value for name, value in state.items() if value is not None}, doseq=True)
