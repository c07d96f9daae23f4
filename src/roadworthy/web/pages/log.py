"""A job's log as it grows, by Server-Sent Events: lines, from a place on, until the job ends."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Header, HTTPException, Query
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from roadworthy.app.server.platform import Platform as AtWork
from roadworthy.app.server.view import jobs as view
from roadworthy.errors import NotFound
from roadworthy.platform.identity.permission import Permission
from roadworthy.web.api.jobs import Number
from roadworthy.web.route import Guarded, Platform, Visitor, needs
from roadworthy.web.show.printed import printed

router = APIRouter(route_class=Guarded, include_in_schema=False)
_PIECE = 1 << 18  # bytes that are read at once
_PAUSE = 0.5  # seconds between two looks
_SIGN = 15.0  # seconds of silence after which we say that we are there
_LONGEST = 600.0  # seconds of one stream; a browser then asks for the rest, and whether it may is asked again
_ENDED = frozenset({"done", "failed", "cancelled"})


@dataclass(frozen=True, slots=True)
class _Piece:
    """What is sent at once: lines; up to where; whether they begin anew, and whether the job has ended."""

    lines: tuple[str, ...]
    end: int
    anew: bool
    ended: bool


@router.get("/projects/{project}/jobs/{job}/log/stream")
@needs(Permission.READ)
def stream(
    project: str, job: Number, visit: Visitor, platform: Platform,
    offset: Annotated[int, Query(ge=0, le=2**40)] = 0,
    last_event_id: Annotated[str | None, Header()] = None,
) -> StreamingResponse:  # fmt: skip
    """Send what a job prints, from *offset* bytes on, or from where the stream that broke had come to."""
    view.found(platform.at_work, project, job)
    who = visit.person.name
    if platform.streams.is_full(who):
        raise HTTPException(429, headers={"Retry-After": "10"})
    begin = int(last_event_id) if last_event_id and last_event_id.isdecimal() else offset

    async def sent() -> AsyncIterator[str]:
        with platform.streams.one(who):
            async for text in _events(platform.at_work, (project, job), begin):
                yield text

    return StreamingResponse(sent(), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


async def _events(at: AtWork, of: tuple[str, int], place: int) -> AsyncIterator[str]:
    began = said = time.monotonic()
    while time.monotonic() - began < _LONGEST:
        piece = await run_in_threadpool(_next, at, of, place)
        if piece.anew:
            yield "event: anew\ndata: 0\n\n"
        if piece.lines:
            yield f"id: {piece.end}\ndata: {json.dumps(piece.lines, ensure_ascii=True)}\n\n"
        if piece.ended:
            yield "event: end\ndata: 0\n\n"
            return
        now = time.monotonic()
        if piece.lines or now - said > _SIGN:
            said = now
        if not piece.lines and said == now:
            yield ": still here\n\n"
        place = piece.end
        await asyncio.sleep(0 if piece.lines else _PAUSE)


def _next(at: AtWork, of: tuple[str, int], place: int) -> _Piece:
    """Return what was printed after *place*; the state is read first, so that of one that ended all is there."""
    project, job = of
    try:
        state = view.found(at, project, job).state
    except NotFound:
        return _Piece((), place, anew=False, ended=True)
    size = at.home.job_log(job).stat().st_size if at.home.job_log(job).is_file() else 0
    anew = size < place  # it is done once more
    place = 0 if anew else place
    data = view.read_log(at, job, place, _PIECE)
    last = place + len(data) >= size
    ended = state in _ENDED and last
    found = printed(data, 0, ended=ended or (len(data) == _PIECE and b"\n" not in data))
    return _Piece(found.lines, place + found.end, anew=anew, ended=ended)
