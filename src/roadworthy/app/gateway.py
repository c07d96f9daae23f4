"""Serving what is deployed in an environment, from the project here."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import socket
import sys
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn
from starlette.concurrency import run_in_threadpool

from roadworthy.app.history import unheeded
from roadworthy.app.local import PREDICTIONS, PSEUDONYMS, confinement, declared, open_local
from roadworthy.app.named.environments import refuse_undeclared, where_else
from roadworthy.build.model.version import open_version
from roadworthy.declare.requirements import HOW_TO_BEGIN
from roadworthy.errors import Conflict, IntegrityError, NotFound, UsageError
from roadworthy.ledger.predictions.segment import SegmentWriter
from roadworthy.ledger.versions import read
from roadworthy.operate.serve import served
from roadworthy.operate.serve.gateway import Gateway
from roadworthy.operate.serve.log import Log, secret_in
from roadworthy.operate.serve.meter import Meter
from roadworthy.operate.serve.switch import Switch

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    from starlette.applications import Starlette

    from roadworthy.app.local import Local
    from roadworthy.ledger.repo.tag import Tag
    from roadworthy.ledger.versions.read import Deployment, History

    Say = Callable[[str], None]

# A lane's thread gets its turn beside a busy event loop within this time, not within Python's 5 ms.
_TURN_SECONDS = 0.0005


@dataclass(frozen=True, slots=True)
class Address:
    """Where the service listens, and how long one batch may take."""

    host: str = "127.0.0.1"
    port: int = 8080
    timeout: float = 10.0


def serve(environment: str, at: Address, say: Say, warn: Say, start: Path | None = None) -> None:
    """Serve what is deployed in *environment* until it is interrupted.

    *say* is told what is served, *warn* which newer deployments do not count.

    Raises:
        NotFound: Nothing is deployed there, or there is no such environment.
        Conflict: The port is taken.
        ModelError, EnvironmentFailed: What is deployed cannot be served.
        IntegrityError: It is damaged, or its record is, so that nobody can say what it is.
    """
    local = open_local(start)
    seek = _Seeker(local, _model(local, environment), environment, warn)
    deployment = seek()
    if deployment is None:
        raise NotFound(
            f"Nothing is deployed in {environment}.",
            remedy=where_else(
                environment, seek.used, f"Put a version there: `roadworthy deploy VERSION --to {environment}`."
            ),
        )
    confined = confinement(os.environ)()
    with _listening(at) as listener:
        kept, secret = _kept(local, environment, os.environ)
        log = Log(SegmentWriter(kept), secret_in(secret), say)
        gateway = Gateway(environment, Meter(), log)

        def begin(wanted: Deployment) -> served.Served:
            version = read.version(local.repo, local.ledger, wanted.model, wanted.version, folder=local.prefix)
            opened = open_version(local.repo, local.ledger, version, say, confined)
            return served.begin(opened, wanted, gateway.deliver, timeout=at.timeout, say=say)

        switch = Switch(seek, begin, gateway, say)

        def close() -> None:
            switch.close()
            log.close()

        with contextlib.ExitStack() as last:
            last.callback(close)
            switch.first(deployment)
            say(f"Serving {deployment.model} {deployment.version} ({deployment.tag}) at {_url(listener)}")
            if not ip_address(listener.getsockname()[0]).is_loopback:
                say("It has no log-in: whoever reaches this address may ask it.")
            _run(gateway, switch, listener, close)


class _Seeker:
    """Finds what is deployed; reads the records again only when a tag has come or gone."""

    def __init__(self, local: Local, model: str, environment: str, warn: Say) -> None:
        self._local = local
        self._warn = warn
        self._model = model
        self._environment = environment
        self._tags: tuple[Tag, ...] | None = None
        self._found: Deployment | None = None
        self.used: tuple[str, ...] = ()  # environments that something was deployed to

    def __call__(self) -> Deployment | None:
        local = self._local
        prefix = f"{local.prefix}=" if local.prefix else ""
        tags = local.repo.tags(f"{prefix}{self._model}#{self._environment}#*")
        if tags != self._tags:
            seen = read.history(local.repo, local.ledger, self._model, folder=local.prefix)
            self._refuse_damaged(seen)
            for said in unheeded(seen, self._environment):
                self._warn(said)
            self.used = seen.environments
            self._found, self._tags = seen.current(self._environment), tags
        return self._found

    def _refuse_damaged(self, seen: History) -> None:
        """Refuse to take an older version for the one whose record cannot be read."""
        for one in seen.newer(self._environment):
            if one.cause == "damaged":
                raise IntegrityError(
                    f"What is in {self._environment} cannot be said, for {one.tag} is damaged: {one.reason}",
                    remedy="Restore its record from a copy, or deploy again what shall be there.",
                )


def _model(local: Local, environment: str) -> str:
    project = declared(local)
    refuse_undeclared(project, environment)
    if project.requirements is None:
        raise NotFound(
            "There is no requirements.yaml, so nothing says which model is served.",
            remedy=HOW_TO_BEGIN,
        )
    return project.requirements.model


def _kept(local: Local, environment: str, given: Mapping[str, str]) -> tuple[Path, Path]:
    """Return the folder of what is answered in *environment*, and the file of the secret for its hashed columns.

    Both as a platform says; else beside the rest that is kept of the project.
    """
    place = local.ledger.state / "predictions"
    return Path(given.get(PREDICTIONS) or place / environment), Path(given.get(PSEUDONYMS) or place / "secret")


def _listening(at: Address) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in at.host else socket.AF_INET
        listener = socket.create_server((at.host, at.port), family=family, backlog=2048)
    except OSError as fault:
        if fault.errno == errno.EADDRINUSE:
            raise Conflict(
                f"Port {at.port} of {at.host} is taken.", remedy="Choose another: `--port 0` takes any that is free."
            ) from fault
        raise UsageError(
            f"{at.host}:{at.port} cannot be listened on: {fault.strerror}.", remedy="Choose another host or port."
        ) from fault
    # Inherited by every connection; without it an answer in two packets waits 40 ms for the client's acknowledgement.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _run(gateway: Gateway, switch: Switch, listener: socket.socket, close: Callable[[], None]) -> None:
    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        switch.follow(asyncio.get_running_loop())
        yield
        # Here, not only when we return: a server that was asked to end does not.
        await run_in_threadpool(close)

    sys.setswitchinterval(_TURN_SECONDS)
    settings = uvicorn.Config(
        gateway.app(lifespan), http="httptools", ws="none", loop="asyncio", lifespan="on", access_log=False,
        log_config=None, server_header=False, timeout_graceful_shutdown=15, backlog=2048,
    )  # fmt: skip
    uvicorn.Server(settings).run(sockets=[listener])
