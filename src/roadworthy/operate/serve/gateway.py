"""The gateway: HTTP in front of the version that is deployed."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import orjson
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from roadworthy.operate.serve import body, protocol, records
from roadworthy.operate.serve.batch import Closed, Job
from roadworthy.operate.serve.log import Entry
from roadworthy.operate.serve.refusal import BUSY, NOT_FOUND, Refusal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from contextlib import AbstractAsyncContextManager

    from roadworthy.operate.serve.batch import Outcome
    from roadworthy.operate.serve.guard import Answer
    from roadworthy.operate.serve.log import Log
    from roadworthy.operate.serve.meter import Meter
    from roadworthy.operate.serve.records import Asked
    from roadworthy.operate.serve.served import Served

    Handler = Callable[[Request], Awaitable[Response]]
    Parse = Callable[[bytes, Served], Asked]
    Render = Callable[[Served, Asked, Answer], bytes]

P = ParamSpec("P")
T = TypeVar("T")

_JSON = "application/json"
_LARGE = 128 << 10  # bytes; reading more would hold up everybody else
_OURS = 500
_GUIDE = {
    "POST /predict": '{"records": [{"column": value, …}]}',
    "POST /v2/models/{model}/infer": "the Open Inference Protocol, version 2",
    "GET /v2/models/{model}": "what the model takes and returns",
    "GET /v2/health/ready": "whether it answers",
    "GET /metrics": "counts for Prometheus",
}


class Gateway:
    """Answers requests with the version that is current when they have arrived."""

    def __init__(self, environment: str, meter: Meter, log: Log) -> None:
        self._environment = environment
        self._meter = meter
        self._log = log
        self._served: Served | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self.switches = 0
        self.trouble: str | None = None  # why a newer deployment is not served

    def take_over(self, served: Served) -> None:
        """Let *served* answer every request from now on; to be called in the event loop's thread, or before it runs."""
        self.switches += self._served is not None
        self._served = served

    def renumber(self, deployment: int) -> None:
        """Note that the version in service was deployed again."""
        if self._served is not None:
            self._served = replace(self._served, deployment=deployment)

    def deliver(self, pairs: Sequence[tuple[Job, Outcome]]) -> None:
        """Hand outcomes to the requests that wait for them; from a lane's thread."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(_resolve, pairs)

    def app(self, lifespan: Callable[[Starlette], AbstractAsyncContextManager[None]] | None = None) -> Starlette:
        """Return the application; *lifespan* is entered when it starts and left when it ends."""
        model = "/v2/models/{model}"
        routes = [
            ("/", "GET", self._index),
            ("/predict", "POST", self._predict),
            ("/v2", "GET", self._server),
            ("/v2/health/live", "GET", self._live),
            ("/v2/health/ready", "GET", self._ready),
            (model, "GET", self._metadata),
            (f"{model}/ready", "GET", self._ready),
            (f"{model}/infer", "POST", self._infer),
            (f"{model}/versions/{{version}}", "GET", self._metadata),
            (f"{model}/versions/{{version}}/ready", "GET", self._ready),
            (f"{model}/versions/{{version}}/infer", "POST", self._infer),
            ("/metrics", "GET", self._metrics),
        ]
        return Starlette(
            routes=[Route(path, self._counted(path, handler), methods=[method]) for path, method, handler in routes],
            exception_handlers={HTTPException: self._lost},
            lifespan=lifespan,
        )

    def _counted(self, path: str, handler: Handler) -> Handler:
        """Return *handler* with its refusals answered and everything counted."""

        async def answer(request: Request) -> Response:
            self._loop = self._loop or asyncio.get_running_loop()
            try:
                response = await handler(request)
            except Refusal as refusal:
                response = _refused(refusal)
            except ClientDisconnect:
                response = Response(status_code=499)  # nobody hears it; it is counted
            self._meter.request(path, response.status_code)
            return response

        return answer

    def _lost(self, request: Request, fault: Exception) -> Response:
        status = fault.status_code if isinstance(fault, HTTPException) else _OURS
        self._meter.request("none", status)
        problem = f"There is no {request.method} {request.url.path} here."
        return _refused(Refusal(status, problem, f"There is {', '.join(_GUIDE)}."))

    def _current(self, request: Request) -> Served:
        """Return who answers *request*; a model or version that it names must be in service."""
        served = self._served
        if served is None:
            raise Refusal(BUSY, "No version is in service yet.", "Try again in a few seconds.")
        model, version = request.path_params.get("model"), request.path_params.get("version")
        if model not in {None, served.model}:
            raise Refusal(NOT_FOUND, f"There is no model {model!r} here.", f"There is {served.model}.")
        if version not in {None, served.version, served.version.removeprefix("v")}:
            raise Refusal(NOT_FOUND, f"Version {version!r} is not in service.", f"It is {served.version}.")
        return served

    async def _index(self, request: Request) -> Response:
        served = self._current(request)
        return _json({**served.names, "environment": self._environment, "deployment": served.deployment, "ask": _GUIDE})

    async def _server(self, request: Request) -> Response:  # noqa: ARG002 - a handler's signature
        return _json(protocol.SERVER)

    async def _live(self, request: Request) -> Response:  # noqa: ARG002
        return _json({"live": True})

    async def _ready(self, request: Request) -> Response:
        served = self._current(request)
        if served.lane.trouble is not None:
            raise Refusal(BUSY, served.lane.trouble, "Try again in a few seconds.")
        troubles = {"not_switched": self.trouble, "not_logged": self._log.trouble}
        told = {name: trouble for name, trouble in troubles.items() if trouble is not None}
        return _json({"name": served.model, "version": served.version, "ready": True, **told})

    async def _metadata(self, request: Request) -> Response:
        served = self._current(request)
        document = protocol.metadata(served.model, [served.version], served.form.inputs, served.guard.outputs)
        return Response(document, media_type=_JSON)

    async def _metrics(self, request: Request) -> Response:
        served = self._current(request)
        gauges = {
            "deployment": served.deployment,
            "ready": served.lane.trouble is None,
            "worker_restarts": served.lane.restarts,
            "switches": self.switches,
            "switch_failed": self.trouble is not None,
            "log_dropped_requests": self._log.dropped,
        }
        return Response(self._meter.render(gauges, served.version), media_type="text/plain; version=0.0.4")

    async def _predict(self, request: Request) -> Response:
        return await self._answered(request, _parse_records, _render_records)

    async def _infer(self, request: Request) -> Response:
        return await self._answered(request, _parse_tensors, _render_tensors)

    async def _answered(self, request: Request, parse: Parse, render: Render) -> Response:
        arrived, at = time.perf_counter(), time.time()
        data = await body.read(request)
        served, asked, outcome = await self._asked(request, data, parse)
        seconds = time.perf_counter() - arrived
        self._meter.outcome(served.version, len(asked.table), outcome, seconds)
        self._log.note(Entry(served.facts, served.log, asked, outcome, at, seconds))
        if isinstance(outcome, Refusal):
            raise outcome
        return Response(await _off_loop(len(data), render, served, asked, outcome), media_type=_JSON)

    async def _asked(self, request: Request, data: bytes, parse: Parse) -> tuple[Served, Asked, Outcome]:
        """Ask the version that is current when the request has been read, and say which it was."""
        waiting: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        while True:
            served = self._current(request)
            asked = await _off_loop(len(data), parse, data, served)
            try:
                served.lane.submit(Job(asked.table, waiting))
            except Closed:
                if self._served is served:
                    raise Refusal(BUSY, "The service is shutting down.", "Try again in a few seconds.") from None
                continue  # another version took over while this was being read
            return served, asked, await waiting


async def _off_loop(size: int, function: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
    """Do what is quick here, and what is not in a thread, so that it holds up nobody else."""
    if size < _LARGE:
        return function(*arguments, **named)
    return await run_in_threadpool(function, *arguments, **named)


def _parse_records(data: bytes, served: Served) -> Asked:
    return records.parse(data, served.form)


def _render_records(served: Served, asked: Asked, answer: Answer) -> bytes:
    return records.render(served.names, asked, answer)


def _parse_tensors(data: bytes, served: Served) -> Asked:
    return protocol.parse(data, served.form, tuple(served.guard.outputs))


def _render_tensors(served: Served, asked: Asked, answer: Answer) -> bytes:
    return protocol.render({"model_name": served.model, "model_version": served.version}, asked, answer)


def _resolve(pairs: Sequence[tuple[Job, Outcome]]) -> None:
    for job, outcome in pairs:
        waiting = job.ticket
        # A client that went away has cancelled its future, which is no reason to fail the others.
        if isinstance(waiting, asyncio.Future) and not waiting.done():
            waiting.set_result(outcome)


def _json(document: object) -> Response:
    return Response(orjson.dumps(document), media_type=_JSON)


def _refused(refusal: Refusal) -> Response:
    headers = {"retry-after": "2"} if refusal.status == BUSY else {}
    return Response(orjson.dumps(refusal.body()), refusal.status, headers, _JSON)
