"""The server's loop: refs reconciled, its own jobs done, services kept in step; woken by pushes and results."""

from __future__ import annotations

import contextlib
import threading
import time
import traceback
from typing import TYPE_CHECKING

from roadworthy.app.server import witness
from roadworthy.app.server.alerting.happened import ended
from roadworthy.app.server.changes import settle
from roadworthy.app.server.context import Reading
from roadworthy.app.server.operate import do_next, in_place, serve
from roadworthy.app.server.platform import SPEAKER
from roadworthy.app.server.review.discuss import settle as settle_discussion
from roadworthy.app.server.review.feedback import give
from roadworthy.app.server.review.say import mend
from roadworthy.app.server.tend.drift import mend_hooks, mend_project
from roadworthy.app.server.tend.predictions import adopt_predictions
from roadworthy.app.server.tend.removal import purge, settle_projects
from roadworthy.app.server.tend.schedules import ask_for_what_is_due
from roadworthy.errors import NotFound, RoadworthyError
from roadworthy.platform.automate import lease
from roadworthy.platform.automate.deliver import deliver
from roadworthy.platform.automate.proposed import run_in_full
from roadworthy.platform.automate.reconcile import reconcile
from roadworthy.platform.change.change import changes
from roadworthy.platform.change.propose import follow
from roadworthy.platform.rebuild.facts import catch_up

if TYPE_CHECKING:
    from roadworthy.app.server.platform import Platform
    from roadworthy.platform.automate.deliver import Source
    from roadworthy.platform.forge.push import Push

SWEEP = 180.0  # seconds after which every project is looked at, whatever was told
_TICK = 1.0  # seconds between two looks at the server's own jobs when nothing wakes us


def delivered(platform: Platform, push: Push) -> tuple[str, ...]:
    """Keep that a push was let in, before anything is done about it; return what the pusher is told."""
    updates = [{"ref": one.ref, "before": one.before, "after": one.after} for one in push.updates]
    told = {"actor": push.actor, "updates": updates}
    number = deliver(
        platform.database, push.project, "hook", told,
        lambda connection, number: platform.audit.state(connection, witness.pushed(push, number)),
    )  # fmt: skip
    platform.receiving.difference_update(witness.moves(push))
    platform.wake.set()
    return (f"Delivery {number}: `roadworthy events explain {number}` tells what comes of it.",)


class Loop:
    """Works in a thread of its own until it is closed."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._over = threading.Event()
        self._minute, self._is_new_minute = 0, False
        self._thread = threading.Thread(target=self._work, name="loop", daemon=True)

    def start(self) -> None:
        """Begin: what happened while no server ran is found first."""
        adopt_predictions(self._platform.home)
        lease.give_back(self._platform.database)
        self._thread.start()

    def close(self) -> None:
        """End, once what is being done is done."""
        self._over.set()
        self._platform.wake.set()
        self._thread.join()
        with contextlib.suppress(RoadworthyError):  # a full disk does not keep us from ending
            witness.tell(self._platform, all_of_it=True)

    def _work(self) -> None:
        swept = -SWEEP
        source: Source = "start"
        while not self._over.is_set():
            due = time.monotonic() - swept >= SWEEP
            try:
                if due:
                    self._tell(source)
                    swept, source = time.monotonic(), "sweep"
                minute = int(time.time() // 60)
                self._is_new_minute, self._minute = minute != self._minute, minute
                self._once(first=due)
            except Exception:  # noqa: BLE001 - the outermost handler of this thread, which must live on
                self._platform.say(traceback.format_exc())
            self._platform.wake.wait(_TICK)
            self._platform.wake.clear()

    def _once(self, *, first: bool) -> None:
        platform = self._platform
        if first:
            settle_projects(platform)
            purge(platform)
            mend_hooks(platform)
        for project in platform.projects():
            try:
                if first:
                    begin(platform, project)
                    platform.forge.tidy(project)
                look(platform, project)
                if self._is_new_minute:
                    ask_for_what_is_due(platform, project)
            except RoadworthyError as fault:
                platform.say(f"{project}: {fault.problem} {fault.remedy}")
        while not self._over.is_set() and do_next(platform):
            for project in platform.projects():
                look(platform, project)
        lease.sweep(platform.database, ended)
        witness.tell(platform)

    def _tell(self, source: Source) -> None:
        for project in self._platform.projects():
            deliver(self._platform.database, project, source, None)


def begin(platform: Platform, project: str) -> None:
    """Put right what a crash left between a fact and its row, and what was changed by hand; let services run."""
    with platform.database.write() as connection:
        catch_up(connection, project, platform.home.ledger(project, SPEAKER))
    mend_project(platform, project)
    if platform.troubles.get(project):
        return
    settle(platform, project)
    mend(platform, project)
    settle_discussion(platform, project)
    give(platform, project)
    for one in in_place(platform, project):
        serve(platform, project, one.environment)


def look(platform: Platform, project: str) -> list[int]:
    """Reconcile the refs of *project*, and let its open changes follow their branches; return the new events."""
    reading = Reading(platform, project)
    try:
        with platform.moving:
            events = reconcile(
                platform.database, project, reading,
                lambda connection, numbers: witness.found(platform, connection, project, numbers),
            )  # fmt: skip
    except NotFound:
        return []  # removed meanwhile
    with platform.database.read() as connection:
        proposed = bool(changes(connection, project, "open"))
    if events:
        with platform.database.write() as connection:
            for name, head in reading.refs().items():
                if name.startswith("refs/heads/"):
                    follow(connection, project, name.removeprefix("refs/heads/"), head)
    if proposed:
        with platform.database.write() as connection:
            events += run_in_full(connection, project)
    if events or project in platform.judged:
        platform.judged.discard(project)
        give(platform, project)
    return events
