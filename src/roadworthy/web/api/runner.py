"""What the platform's own runners ask: a job, its lease, its log, and to take what came of it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from roadworthy.app.server import hand
from roadworthy.platform.identity.permission import Permission
from roadworthy.web.route import Guarded, Platform, needs

router = APIRouter(route_class=Guarded, tags=["runner"])
_LARGE = 32 << 20  # bytes of what is handed in: a proof holds every check, with examples


class Asking(BaseModel):
    """Who asks for a job, and what they can do."""

    model_config = ConfigDict(extra="forbid")
    owner: Annotated[str, Field(min_length=1, max_length=100)]
    kinds: Annotated[list[Annotated[str, Field(max_length=40)]], Field(min_length=1, max_length=10)]


class Holding(BaseModel):
    """The fence under which a job is held."""

    model_config = ConfigDict(extra="forbid")
    fence: Annotated[int, Field(ge=1)]


class Piece(Holding):
    """A piece of a job's log."""

    offset: Annotated[int, Field(ge=0)]
    text: Annotated[str, Field(max_length=1 << 20)]


class HandIn(Holding):
    """What came of a job."""

    outcome: Literal["passed", "failed", "error"]
    exit: int | None = None
    summary: Annotated[str, Field(max_length=10_000)] = ""
    ours: bool = False
    run: dict[str, Any] | None = None
    proof: dict[str, Any] | None = None
    reports: dict[str, str] | None = None


class Cancel(BaseModel):
    """Whether a job is to stop."""

    cancel: bool


@router.post("/api/runner/claim", response_model=None)
@needs(Permission.RUNNER)
def claim(asking: Asking, platform: Platform) -> Response:
    """Take the next job; 204 when there is none."""
    found = hand.claim(platform.at_work, asking.owner, asking.kinds)
    return Response(status_code=204) if found is None else JSONResponse(found)


@router.post("/api/runner/jobs/{job}/beat")
@needs(Permission.RUNNER)
def beat(job: int, holding: Holding, platform: Platform) -> Cancel:
    """Keep the lease of a job up."""
    return Cancel(cancel=hand.beat(platform.at_work, job, holding.fence))


@router.post("/api/runner/jobs/{job}/log", status_code=204)
@needs(Permission.RUNNER, body=8 << 20)
def log(job: int, piece: Piece, platform: Platform) -> None:
    """Add to the log of a job."""
    hand.add_to_log(platform.at_work, job, piece.fence, (piece.offset, piece.text))


@router.post("/api/runner/jobs/{job}/complete", status_code=204)
@needs(Permission.RUNNER, body=_LARGE)
def complete(job: int, handed: HandIn, platform: Platform) -> None:
    """Hand in what came of a job."""
    hand.complete(platform.at_work, job, handed.fence, handed.model_dump(exclude={"fence"}))
