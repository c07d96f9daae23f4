"""Schedules: cron expressions with a time zone, each due once for each time, and once for all that were missed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

from roadworthy.errors import UsageError
from roadworthy.platform.automate import event, jobs
from roadworthy.platform.automate.job import NewJob
from roadworthy.platform.store.database import now

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from sqlalchemy import Connection

_FIELDS = 5
_BACK = tuple(timedelta(days=days) for days in (1 / 24, 1, 8, 32, 367, 8 * 366))  # 29 February may be 8 years ago
_REMEDY = "Write minute, hour, day, month, weekday and a time zone, such as `0 3 * * 1 Europe/Stockholm`."


@dataclass(frozen=True, slots=True)
class Timed:
    """Work that is due by a schedule.

    Attributes:
        name: Of the schedule, in its project.
        schedule: A cron expression, and a time zone; UTC when it names none.
        kind: Of the job.
        payload: Of the job; `due` is added to it.
        since: Milliseconds since 1970 from which it holds: no earlier time is due.
    """

    name: str
    schedule: str
    kind: str
    payload: Mapping[str, Any]
    since: int


def next_due(after: datetime, schedule: str) -> datetime:
    """Return the first time after *after* that *schedule* names, in UTC.

    A time that the clocks skip in spring comes as soon as they have; one that they repeat in autumn comes once.

    Raises:
        UsageError: The schedule cannot be read, or never comes.
    """
    for found in _times(after, schedule):
        if found > after:
            return found
    raise UsageError(f"The schedule {schedule!r} never comes.", remedy=_REMEDY)


def last_due(until: datetime, schedule: str) -> datetime | None:
    """Return the last time up to *until* that *schedule* names, in UTC; None when there was none for years.

    Raises:
        UsageError: The schedule cannot be read.
    """
    for back in _BACK:
        last = None
        for found in _times(until - back, schedule):
            if found > until:
                break
            last = found
        if last is not None:
            return last
    return None


def due(connection: Connection, project: str, schedules: Iterable[Timed]) -> list[int]:
    """Ask for the work of every schedule whose time has come, and return the numbers of the new events.

    Of all the times that passed since the last one, as when the platform was down, the latest alone is due. Repeating
    it does nothing: the job's key is the project, the schedule and the time.

    Raises:
        NotFound: There is no such project, or it was removed.
        UsageError: A schedule cannot be read.
    """
    event.lock(connection, project)
    at = datetime.fromtimestamp(now(connection) / 1000, UTC)
    times = [(one, last_due(at, one.schedule)) for one in schedules]
    asked = {_key(project, one, time): (one, time) for one, time in times if time is not None and _holds(one, time)}
    there = jobs.by_key(connection, asked)
    return [_ask(connection, project, key, *asked[key]) for key in asked if key not in there]


def _holds(one: Timed, time: datetime) -> bool:
    return time.timestamp() * 1000 > one.since


def _key(project: str, one: Timed, time: datetime) -> str:
    return f"{project}/schedule/{one.name}/{time:%Y-%m-%dT%H:%MZ}"


def _ask(connection: Connection, project: str, key: str, one: Timed, time: datetime) -> int:
    number = event.write(connection, event.NewEvent(project, "schedule", one.name))
    when = f"{time:%Y-%m-%dT%H:%MZ}"
    jobs.enqueue(connection, NewJob(project, key, one.kind, {**one.payload, "due": when}), number)
    why = f"The schedule {one.name}, `{one.schedule}`, was due at {when}."
    event.settle(connection, number, [{"did": f"{one.kind} for {one.name}", "why": why, "job": key}])
    return number


def _times(after: datetime, schedule: str) -> Iterator[datetime]:
    """Yield the times of *schedule* from *after*, in UTC, ever later; one before *after* may come first."""
    words = schedule.split()
    if len(words) not in {_FIELDS, _FIELDS + 1}:
        raise UsageError(f"{schedule!r} is no schedule.", remedy=_REMEDY)
    zone = _zone(words[_FIELDS]) if len(words) > _FIELDS else UTC
    try:
        times = CronSim(" ".join(words[:_FIELDS]), after.astimezone(zone))
    except CronSimError as fault:
        raise UsageError(f"{schedule!r} is no schedule: {str(fault).lower()}.", remedy=_REMEDY) from fault
    return (found.astimezone(UTC) for found in times)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as fault:
        raise UsageError(f"There is no time zone {name!r}.", remedy=_REMEDY) from fault
