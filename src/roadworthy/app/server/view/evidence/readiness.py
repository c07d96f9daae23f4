"""Readiness: which of the 28 tests of the ML Test Score were executed lately, by what the records say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from roadworthy.app.server.view.evidence.declared import head, said
from roadworthy.ledger.objects.address import Address
from roadworthy.ledger.records.record import Record
from roadworthy.platform.store.schema import fact
from roadworthy.prove.readiness.gather import KINDS, of_record
from roadworthy.prove.readiness.score import readiness as scored

if TYPE_CHECKING:
    from collections.abc import Iterator

    from roadworthy.app.server.platform import Platform
    from roadworthy.prove.readiness.score import Executed

Json = dict[str, Any]
LIMIT: Final = 30  # days after which what was executed counts for nothing
_MOST = 500  # records of a kind that are looked at, the newest


def readiness(platform: Platform, name: str, days: int = LIMIT) -> Json:
    """Return the score of what was executed in a project in the last *days*."""
    platform.known(name)
    found = scored(tuple(_executed(platform, name)), datetime.now(UTC), timedelta(days=days))
    return {
        "score": found.score,
        "days": days,
        "sections": dict(found.sections),
        "next": None if found.next is None else found.next.item.id,
        "tests": [
            {
                "id": one.item.id, "section": one.item.section, "title": one.item.title, "score": one.score,
                "why": one.why, "next": one.item.next, "command": one.item.command,
                "evidence": [_evidence(each) for each in one.evidence],
            }
            for one in found.points
        ],
    }  # fmt: skip


def _executed(platform: Platform, name: str) -> Iterator[Executed]:
    requirements = said(platform, name, head(platform, name)).requirements
    with platform.database.read() as connection:
        for kind in KINDS:
            asked = select(fact).where(fact.c.project == name, fact.c.kind == kind)
            for row in connection.execute(asked.order_by(fact.c.at.desc(), fact.c.address).limit(_MOST)):
                record = Record(row.kind, row.body, row.actor, row.at, authority="platform")
                yield from of_record(Address(row.address), record, requirements)


def _evidence(one: Executed) -> Json:
    return {
        "what": one.what, "record": one.record, "at": one.at.isoformat(), "of": one.of, "good": one.good,
        "said": one.said,
    }  # fmt: skip
