"""What a change does to the readiness of its project: the score without what was executed for it, and with that."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING

from roadworthy.app.hardening.readiness import executed
from roadworthy.prove.readiness.score import readiness
from roadworthy.prove.review.drawn.readiness import change_of

if TYPE_CHECKING:
    from roadworthy.app.local import Local
    from roadworthy.prove.review.drawn.readiness import ReadinessChange

_LIMIT = timedelta(days=30)  # as `roadworthy readiness` has it
_MOST = 20_000  # things that were executed and are looked at


def readiness_of(local: Local, commit: str) -> ReadinessChange | None:
    """Return how the score moves with what was executed at *commit*; None where too much was executed to look at all.

    Raises:
        IntegrityError: A record is damaged.
    """
    found = tuple(islice(executed(local), _MOST + 1))
    if len(found) > _MOST:
        return None
    now = datetime.now(UTC)
    before = readiness([one for one in found if one.of != commit], now, _LIMIT)
    return change_of(before, readiness(found, now, _LIMIT))
