"""The switch: follows the deployments of an environment; a new version takes over without dropping a request."""

from __future__ import annotations

import threading
import traceback
from dataclasses import replace
from typing import TYPE_CHECKING

from roadworthy.errors import RoadworthyError
from roadworthy.operate.serve.refusal import cause

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from roadworthy.ledger.versions.read import Deployment
    from roadworthy.operate.serve.gateway import Gateway
    from roadworthy.operate.serve.served import Served

_PAUSE = 0.3  # seconds between two looks
_PATIENCE = 5.0
_LONGEST_PAUSE = 60.0  # between two attempts at a deployment that cannot be served


class Switch:
    """Looks for what is deployed, starts it beside what is served, and swaps; keeps the version before warm."""

    def __init__(
        self,
        seek: Callable[[], Deployment | None],
        begin: Callable[[Deployment], Served],
        gateway: Gateway,
        say: Callable[[str], None],
    ) -> None:
        """*seek* returns what is deployed; *begin* has it loaded and warm. Both may raise RoadworthyError."""
        self._seek = seek
        self._begin = begin
        self._gateway = gateway
        self._say = say
        self._current: Served | None = None
        self._before: Served | None = None
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def first(self, deployment: Deployment) -> None:
        """Serve *deployment* before any request is taken.

        Raises:
            RoadworthyError: It cannot be served.
        """
        self._current = self._begin(deployment)
        self._gateway.take_over(self._current)

    def follow(self, loop: asyncio.AbstractEventLoop) -> None:
        """Look for newer deployments from now on, in a thread; swaps are made in *loop*."""
        self._thread = threading.Thread(target=self._work, args=(loop,), name="switch", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Look no more; answer what is queued, and end all workers."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=_PATIENCE)  # it may be making a Python environment
        for served in (self._current, self._before):
            if served is not None:
                served.lane.close()

    def _work(self, loop: asyncio.AbstractEventLoop) -> None:
        pause = _PAUSE
        while not self._stop.wait(pause):
            try:
                self._look(loop)
                pause, self._gateway.trouble = _PAUSE, None
            except RoadworthyError as fault:
                # Callers are told the cause, in a line; the whole, with its paths, is for whoever runs the service.
                is_new, self._gateway.trouble = self._gateway.trouble is None, cause(fault)
                pause = min(pause * 4, _LONGEST_PAUSE)
                if is_new:  # told last: whoever heard it finds it in every answer too
                    self._say(f"Not switched: {fault}")
            except Exception as fault:  # noqa: BLE001 - the outermost handler of this thread, which must live on
                traceback.print_exc()
                pause, self._gateway.trouble = _LONGEST_PAUSE, f"A bug in Roadworthy: {type(fault).__name__}"

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        wanted, current, before = self._seek(), self._current, self._before
        if wanted is None or current is None or wanted.number == current.deployment:
            return
        if wanted.version == current.version:
            following = replace(current, deployment=wanted.number)
        elif before is not None and wanted.version == before.version and before.lane.trouble is None:
            following = replace(before, deployment=wanted.number)
        else:
            self._say(f"Starting {wanted.model} {wanted.version} beside {current.version}.")
            following = self._begin(wanted)
        _do_in(loop, lambda: self._gateway.take_over(following))
        self._say(f"Serving {following.model} {following.version} ({wanted.tag}); it was {current.version}.")
        self._keep_warm(following, current, before)

    def _keep_warm(self, following: Served, current: Served, before: Served | None) -> None:
        """Keep *current* running for a rollback, and end what was before it."""
        self._current = following
        if following.lane is current.lane:
            return
        self._before = current
        if before is not None and before.lane is not following.lane:
            before.lane.close()


def _do_in(loop: asyncio.AbstractEventLoop, action: Callable[[], None]) -> None:
    """Do *action* in the event loop's thread, between two requests, and wait until it is done."""
    done = threading.Event()

    def act() -> None:
        try:
            action()
        finally:
            done.set()

    loop.call_soon_threadsafe(act)
    done.wait()
