"""Sending alerts: by threads of their own, so that a receiver that hangs keeps no push, merge or deployment waiting."""

from __future__ import annotations

import threading
import traceback
from typing import TYPE_CHECKING

from roadworthy.errors import RoadworthyError
from roadworthy.platform.alert.notice import Message, notices_of
from roadworthy.platform.alert.tell import KIND, gather, is_open
from roadworthy.platform.automate import lease

if TYPE_CHECKING:
    from roadworthy.app.server.platform import Platform

_LEASE = 120.0  # seconds: several addresses of a host may be tried
_TICK = 1.0
_PATIENCE = 5.0
_THREADS = 2  # one project's receiver that hangs leaves another for the rest
_UNREACHABLE = 6


class Senders:
    """Work in threads of their own until they are closed; *url* is where users find the platform."""

    def __init__(self, platform: Platform, url: str) -> None:
        self._platform = platform
        self._url = url
        self._over = threading.Event()
        self._threads = [
            threading.Thread(target=self._work, name=f"alerts-{number}", daemon=True) for number in range(_THREADS)
        ]

    def start(self) -> None:
        """Begin."""
        for one in self._threads:
            one.start()

    def close(self) -> None:
        """End, once what is being sent is sent; what takes longer is sent again by the next server."""
        self._over.set()
        for one in self._threads:
            if one.is_alive():
                one.join(_PATIENCE)

    def _work(self) -> None:
        while not self._over.is_set():
            try:
                while not self._over.is_set() and send_next(self._platform, self._url):
                    pass
            except Exception:  # noqa: BLE001 - the outermost handler of this thread, which must live on
                self._platform.say(traceback.format_exc())
            self._over.wait(_TICK)


def send_next(platform: Platform, url: str) -> bool:
    """Tell the next channel whose turn it is, of all that waits for it; return whether there was one."""
    with platform.database.read() as connection:
        there = is_open(connection)
    job = lease.claim(platform.database, "alerts", (KIND,), _LEASE) if there else None
    if job is None:
        return False
    with platform.database.write() as connection:
        job = gather(connection, job)
    to = str(job.payload["to"])
    message = Message(job.project, to, notices_of(job.payload), int(job.payload["more"]), url)
    try:
        platform.outside.alert(to, platform.identity.alert_secrets.find(job.project, to)).send(message)
    except RoadworthyError as fault:
        said = f"{fault.problem} {fault.remedy}"
        left = lease.fail(platform.database, job.id, job.fence, said, again=fault.status == _UNREACHABLE)
        if left.state == "failed":
            platform.say(f"{job.project}: {to} was not told, and will not be (job {job.id}): {said}")
        return True
    with platform.database.write() as connection:
        told = {"id": message.id, "told": len(message.notices) + message.more}
        lease.complete(connection, job.id, job.fence, "passed", told)
    return True
