"""What was answered in an environment lately, by version: when and how it was judged, and no value of any row."""

from __future__ import annotations

from collections import Counter, deque
from typing import TYPE_CHECKING, Any, Final

from roadworthy.app.server.view import places
from roadworthy.errors import IntegrityError, NotFound
from roadworthy.ledger.predictions import segment

if TYPE_CHECKING:
    from roadworthy.app.server.platform import Platform

Json = dict[str, Any]
LAST: Final = 50
_LARGEST: Final = 32 << 20  # bytes of the newest segment that is read for a page


def answered(platform: Platform, name: str, environment: str) -> Json:
    """Return what the newest segment of an environment's predictions holds: counts, and the last of them.

    Raises:
        NotFound: The project has no such environment.
    """
    seen = places.seen(platform, platform.known(name))
    found = next((one for one in places.environments(platform, name, seen) if one["environment"] == environment), None)
    if found is None:
        raise NotFound(f"{name} has no environment {environment!r}.", remedy="profile.yaml on main declares them.")
    deployments = [one for one in places.history(platform, name)["deployments"] if one["environment"] == environment]
    return {"environment": found, "deployments": deployments[::-1], **_newest(platform, name, environment)}


def _newest(platform: Platform, name: str, environment: str) -> Json:
    folder = platform.home.predictions(name, environment)
    newest = segment.segments(folder)[-1:]
    if not newest:
        return _told([], Counter(), "")
    if newest[0].stat().st_size > _LARGEST:
        return _told(
            [], Counter(), f"The newest segment is larger than {_LARGEST >> 20} MiB, which is too much for a page."
        )
    last: deque[Json] = deque(maxlen=LAST)
    counts: Counter[tuple[str, str]] = Counter()
    try:
        for row in segment.read(folder, 1):
            counts[str(row["version"]), str(row["verdict"])] += 1
            last.append({key: row.get(key) for key in ("at", "version", "verdict", "ms")})
    except (IntegrityError, FileNotFoundError) as fault:
        return _told(list(last)[::-1], counts, str(fault))
    return _told(list(last)[::-1], counts, "")


def _told(last: list[Json], counts: Counter[tuple[str, str]], why_not: str) -> Json:
    by_version = [
        {"version": version, "verdict": verdict, "rows": rows} for (version, verdict), rows in sorted(counts.items())
    ]
    return {"answered": by_version, "predictions": last, "why_not": why_not}
