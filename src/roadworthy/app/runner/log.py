"""What a job prints, sent to the server as it comes, a piece at a time, and no more than its limit."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Self

from roadworthy.errors import RoadworthyError

if TYPE_CHECKING:
    from roadworthy.app.runner.client import Server, Work

LIMIT = 8 << 20  # bytes of one job
_EVERY = 0.3  # seconds


class Log:
    """Sends text from a thread of its own. What cannot be sent now is sent with what follows."""

    def __init__(self, server: Server, work: Work) -> None:
        self._server = server
        self._work = work
        self._waiting = ""
        self._sent = 0
        self._taken = 0
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._send_all, name=f"log of job {work.id}", daemon=True)

    def say(self, text: str) -> None:
        """Add *text*; what is beyond the limit is dropped, and that it was is said once."""
        with self._lock:
            if self._taken > LIMIT:
                return
            self._taken += len(text.encode())
            more = "\n(The rest is not kept: a job may print 8 MiB.)\n" if self._taken > LIMIT else ""
            self._waiting += text + more

    def _send_all(self) -> None:
        while not self._over.wait(_EVERY):
            self._send()

    def _send(self) -> None:
        with self._lock:
            text = self._waiting
        if not text:
            return
        with suppress(RoadworthyError):  # the server may be away for a while; it is tried again
            self._server.log(self._work, self._sent, text)
            with self._lock:
                self._waiting = self._waiting[len(text) :]
            self._sent += len(text.encode())

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        self._send()
