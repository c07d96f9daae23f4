"""The application that serves buckets: objects in and out by their address, and which of many are not there."""

from __future__ import annotations

import contextlib
import json
from collections import Counter
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from roadworthy.adapters.object_store.serve.bucket import Bucket
from roadworthy.adapters.object_store.serve.disk import Disk
from roadworthy.adapters.object_store.serve.refusal import SAFE, Refused
from roadworthy.adapters.object_store.serve.request import address_of, credentials_of, project_of
from roadworthy.adapters.object_store.serve.upload import Pace, pieces
from roadworthy.errors import NotFound
from roadworthy.ledger.objects.address import Address
from roadworthy.ledger.objects.store import ASKED_AT_ONCE
from roadworthy.ledger.objects.usage import Usage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from starlette.types import Receive, Scope, Send

    from roadworthy.adapters.object_store.serve.request import Service
    from roadworthy.ledger.objects.folder import DirectoryStore

    # (project, service, user or "", token, address) -> the actor's name, or the status with which they are sent away.
    Authorise = Callable[[str, Service, str, str, str], str | HTTPStatus]
    OpenStore = Callable[[str], DirectoryStore]  # raises NotFound when there is no such project
    Quota = Callable[[str], int | None]

_LISTED: Final = 80 * ASKED_AT_ONCE  # bytes of a list of addresses


@dataclass(frozen=True, slots=True)
class Limits:
    """What the server bears.

    Attributes:
        pace: How slowly a client may send or take.
        each: Objects that one actor may send and take at once.
        at_once: Threads that work on the disk.
    """

    pace: Pace = field(default_factory=Pace)
    each: int = 32
    at_once: int = 8


def bucket_app(open_store: OpenStore, authorise: Authorise, quota: Quota, limits: Limits | None = None) -> Starlette:
    """Return the application that serves buckets, to be mounted at `/buckets`.

    It reads and writes objects, and nothing else of a bucket. What it calls, it calls in a thread.

    Args:
        open_store: Gives the objects of a project; raises NotFound when there is no such project.
        authorise: Says who reads or writes in a project, or sends them away with 401, 403 or 404.
        quota: Gives how many bytes a project may keep; None: as many as there is room for.
        limits: What the server bears.
    """
    buckets = _Buckets(open_store, authorise, quota, limits or Limits())
    app = Starlette(
        routes=[
            Route("/{project}/objects/{address}", _Objects(buckets), methods=["GET", "HEAD", "PUT"]),
            Route("/{project}/missing", buckets.missing, methods=["POST"]),
        ],
        exception_handlers={Refused: _refuse, HTTPException: _refuse},
    )
    app.router.redirect_slashes = False  # a path that is not one of these is not almost one
    return app


class _Buckets:
    def __init__(self, open_store: OpenStore, authorise: Authorise, quota: Quota, limits: Limits) -> None:
        self._open, self._authorise, self._quota, self._limits = open_store, authorise, quota, limits
        self._disk = Disk(limits.at_once)
        self._usages: dict[Path, Usage] = {}
        self._going: Counter[str] = Counter()

    async def admit(self, request: Request, service: Service) -> Bucket:
        """Return the bucket that *request* is about, for whoever may use it so. Raises Refused."""
        credentials = credentials_of(request)
        if credentials is None:
            raise Refused(HTTPStatus.UNAUTHORIZED)
        project = project_of(request)
        host = "" if request.client is None else request.client.host
        actor = await run_in_threadpool(self._authorise, project, service, *credentials, host)
        if actor is HTTPStatus.TOO_MANY_REQUESTS:
            raise Refused(actor, "Too many tokens were tried that are not good.", "Wait a minute, and try again.")
        if isinstance(actor, HTTPStatus):
            raise Refused(actor)
        try:
            store = await run_in_threadpool(self._open, project)
        except NotFound as fault:
            raise Refused(HTTPStatus.NOT_FOUND) from fault
        usage = self._usages.setdefault(store.root, Usage(store))
        return Bucket(project, actor, store, usage, self._disk, self._limits.pace)

    async def quota(self, project: str) -> int | None:
        """Return how many bytes *project* may keep."""
        return await run_in_threadpool(self._quota, project)

    @contextlib.contextmanager
    def turn(self, actor: str) -> Iterator[None]:
        """Count a transfer of *actor* for the block. Raises Refused when too many go on."""
        if self._going[actor] >= self._limits.each:
            raise Refused(HTTPStatus.TOO_MANY_REQUESTS)
        self._going[actor] += 1
        try:
            yield
        finally:
            self._going -= Counter([actor])

    async def missing(self, request: Request) -> Response:
        """Answer which of the addresses in a JSON list are not kept."""
        bucket = await self.admit(request, "read")
        data = bytearray()
        try:
            async for piece in pieces(request.receive, _LISTED, self._limits.pace):
                data += piece
                if len(data) > _LISTED:
                    raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        except TimeoutError as fault:
            raise Refused(HTTPStatus.REQUEST_TIMEOUT) from fault
        found = await self._disk.do(bucket.store.missing, _addresses(bytes(data)))
        return JSONResponse(sorted(found), headers=SAFE)


class _Objects:
    """Answers what is asked about one object; it is an actor's transfer until the last byte is taken."""

    def __init__(self, buckets: _Buckets) -> None:
        self._buckets = buckets

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        bucket = await self._buckets.admit(request, "write" if request.method == "PUT" else "read")
        address = address_of(request, bucket.project)
        with self._buckets.turn(bucket.actor):
            response = await self._answer(bucket, address, request)
            await response(scope, receive, send)

    async def _answer(self, bucket: Bucket, address: Address, request: Request) -> Response:
        if request.method == "PUT":
            return await bucket.put(address, request, await self._buckets.quota(bucket.project))
        return await (bucket.get(address, request) if request.method == "GET" else bucket.head(address))


def _refuse(request: Request, fault: Exception) -> Response:
    match fault:
        case Refused():
            return fault.answer(request)
        case HTTPException():
            return Refused(HTTPStatus(fault.status_code)).answer(request)
        case _:
            raise fault


def _addresses(data: bytes) -> frozenset[Address]:
    try:
        listed = json.loads(data)
        found = frozenset(Address(text) for text in listed) if isinstance(listed, list) else None
    except (ValueError, TypeError, RecursionError):
        found = None
    if found is None:
        raise Refused(HTTPStatus.BAD_REQUEST, "That is no list of addresses.", 'Send ["blake3:…", …].')
    if len(found) > ASKED_AT_ONCE:
        raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    return found
