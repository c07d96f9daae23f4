"""Runs: listed, filtered, sorted, compared."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from roadworthy.app.server.view.evidence import compare as comparing
from roadworthy.app.server.view.evidence import runs as view
from roadworthy.platform.identity.permission import Permission
from roadworthy.web.route import Guarded, Platform, needs
from roadworthy.web.show.export import Form

router = APIRouter(route_class=Guarded, tags=["runs"])
_ADDRESS = r"^blake3:[0-9a-f]{64}$"
Run = Annotated[str, Path(pattern=_ADDRESS)]
Address = Annotated[str, Field(pattern=_ADDRESS)]
Words = Annotated[str, Field(max_length=500, pattern=r"^[^\x00-\x1f]*$")]


class Filter(BaseModel):
    """Which runs are wanted, in which order.

    Attributes:
        q: Words that all must fit: comparisons such as `roc_auc>=0.7` and `train.rows=10`, or a part of the commit, the
            branch, the version or who stated it.
        verdict: What its proof says; empty for any.
        sort: A metric, a parameter, or `at`, `seconds`, `branch` …; after `-`, the largest first.
        page: From 1 on, 50 at a time.
        pin: The run that the others are held against, on the page.
        form: Of the answer of the API.
    """

    model_config = ConfigDict(extra="forbid")
    q: Words = ""
    verdict: Literal["", "passed", "failed", "not_run"] = ""
    sort: Words = ""
    page: Annotated[int, Field(ge=1, le=10**6)] = 1
    pin: Address | None = None
    form: Form = "json"

    def wanted(self) -> view.Wanted:
        """Return it as the view asks for it."""
        return view.Wanted(self.q, self.verdict, self.sort.strip(), self.page)


class Compared(BaseModel):
    """Which runs are compared.

    Attributes:
        run: Their addresses, two to six.
        pin: That of the run that the others are held against; the first, when it is not said.
        diff: Whether only what differs is given.
        form: Of the answer of the API.
    """

    model_config = ConfigDict(extra="forbid")
    run: Annotated[list[Address], Field(max_length=20)] = Field(default_factory=list)
    pin: Address | None = None
    diff: bool = False
    form: Form = "json"


Asked = Annotated[Filter, Query()]
Chosen = Annotated[Compared, Query()]


@router.get("/api/projects/{project}/runs")
@needs(Permission.READ, rows="runs")
def listed(project: str, platform: Platform, asked: Asked) -> dict[str, Any]:
    """List the runs of a project, the newest first, 50 at a time."""
    return view.runs(platform.at_work, platform.at_work.known(project), asked.wanted()).as_json()


@router.get("/api/projects/{project}/runs/compare")
@needs(Permission.READ, rows="rows")
def compare(project: str, platform: Platform, chosen: Chosen) -> dict[str, Any]:
    """Hold two to six runs against one of them, value by value."""
    return comparing.comparison(platform.at_work, project, chosen.run, chosen.pin, diff=chosen.diff)


@router.get("/api/projects/{project}/runs/{run}")
@needs(Permission.READ)
def show(project: str, run: Run, platform: Platform) -> dict[str, Any]:
    """Show a run: what went in, its stages, what came of it, and its proof."""
    return view.run(platform.at_work, project, run)
