"""What `roadworthy readiness` does: reads what was executed from the ledger and scores it; records what was by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from roadworthy.app.local import declared, open_local
from roadworthy.declare.form import seconds
from roadworthy.errors import NotFound, UsageError
from roadworthy.ledger.predictions import segment
from roadworthy.prove.readiness.catalogue import items
from roadworthy.prove.readiness.gather import ATTESTED, KINDS, of_record, of_requests
from roadworthy.prove.readiness.score import readiness

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from roadworthy.app.local import Local
    from roadworthy.ledger.objects.address import Address
    from roadworthy.prove.readiness.score import Executed, Readiness


def readiness_here(limit: str, start: Path | None = None) -> Readiness:
    """Return the score of what was executed in the project here, not longer ago than *limit* (a duration)."""
    return readiness(tuple(executed(open_local(start))), datetime.now(UTC), timedelta(seconds=seconds(limit)))


def executed(local: Local) -> Iterator[Executed]:
    """Yield what was executed in the project here, from its records and its log of predictions."""
    requirements = declared(local).requirements
    for kind in KINDS:
        for address, record in local.ledger.records.all(kind):
            yield from of_record(address, record, requirements)
    folder = local.ledger.state / "predictions"
    for environment in sorted(folder.iterdir()) if folder.is_dir() else ():
        if environment.is_dir():
            yield from of_requests(segment.read(environment), f"predictions/{environment.name}")


def record_here(test: str, said: str, start: Path | None = None) -> Address:
    """Record that *test* was done by hand, and what came of it.

    Raises:
        NotFound: It is none of the 28.
        UsageError: Nothing is said.
    """
    if test not in {item.id for item in items()}:
        listed = ", ".join(item.id for item in items())
        raise NotFound(f"The ML Test Score has no test {test}.", remedy=f"It has: {listed}.")
    if not said.strip():
        raise UsageError(
            "Nothing is said of what was done.", remedy="Say what was done and what came of it: `--said …`."
        )
    made = datetime.now(UTC).isoformat(timespec="microseconds")
    return open_local(start).ledger.keep(ATTESTED, {"test": test, "said": said, "made": made})
