"""The rows of changes: opened by the record that holds their number, then closed, or merged when git bears it out."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, cast

from roadworthy.errors import IntegrityError, NotFound
from roadworthy.platform.change.change import KIND, MERGE
from roadworthy.platform.change.propose import opened_by
from roadworthy.platform.rebuild.report import Lost
from roadworthy.platform.rebuild.unfinished import HEADS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from roadworthy.ledger.ledger import Ledger
    from roadworthy.ledger.objects.address import Address
    from roadworthy.ledger.records.record import Record
    from roadworthy.platform.change.change import Change
    from roadworthy.platform.rebuild.believed import Believed
    from roadworthy.platform.rebuild.sources import Merge


@dataclass(slots=True)
class Restoring:
    """What the changes of one project are restored from, and what was lost of them.

    Attributes:
        heads: Every ref with its object.
        merges: Returns the merges of a branch that name a record; raises NotFound when there is no such branch.
    """

    project: str
    ledger: Ledger
    said: Believed
    heads: Mapping[str, str]
    merges: Callable[[str], Sequence[Merge]]
    lost: list[Lost] = field(default_factory=list)


def restore_changes(restoring: Restoring) -> list[Change]:
    """Return the changes as the records and the repository have them; what is lost is added to *restoring*."""
    ended = [(record.body.get("number"), address, record) for address, record in _ends(restoring.said)]
    return [
        _ended(restoring, one, [(address, record) for number, address, record in ended if number == one.number])
        for one in _opened(restoring)
    ]


def _opened(restoring: Restoring) -> Iterator[Change]:
    for address, record in restoring.said.of(KIND):
        if record.body.get("state") != "open":
            continue
        try:
            found = opened_by(restoring.ledger, address)
            winner = restoring.ledger.names.resolve(f"change/{found.number}")
        except (IntegrityError, NotFound) as fault:
            _lose(restoring, f"the change that {address} opened", fault.problem)
            continue
        if winner == address:
            yield found
        elif winner is None:  # with another winner it was one of two for that number, and nobody was told of it
            why = f"the name change/{found.number} is not there; perhaps it was never given, and nobody told of it."
            _lose(restoring, f"the change that {address} opened", why)


def _ends(said: Believed) -> Iterator[tuple[Address, Record]]:
    yield from (pair for pair in said.of(KIND) if pair[1].body.get("state") == "closed")
    yield from said.of(MERGE)


def _ended(restoring: Restoring, opened: Change, ends: list[tuple[Address, Record]]) -> Change:
    """Return *opened* as it stands now. That it was merged counts before that it was closed: git has it."""
    wished = [pair for pair in ends if pair[1].kind == MERGE]
    closed = [cast("dict[str, object]", record.body) for _, record in ends if record.kind == KIND]
    merged = _merged(restoring, opened, wished) if wished else None
    if merged is not None:
        return merged
    if closed:
        last = max(closed, key=lambda body: cast("int", body["closed_at"]))
        return replace(opened, state="closed", closed_at=cast("int", last["closed_at"]), head=str(last["head"]))
    return replace(opened, head=_head(restoring, opened))


def _head(restoring: Restoring, opened: Change) -> str:
    there = restoring.heads.get(HEADS + opened.branch)
    if there is None and restoring.heads:
        why = f"the branch {opened.branch} is gone; it stands at the commit that it was opened with."
        _lose(restoring, f"the last commit of change {opened.number}", why)
    return there or opened.head


def _merged(restoring: Restoring, opened: Change, wished: list[tuple[Address, Record]]) -> Change | None:
    try:
        merges = restoring.merges(opened.target)
    except NotFound as fault:
        _lose(restoring, f"whether change {opened.number} was merged into {opened.target}", fault.problem)
        return None
    made = {(one.record, one.head): one.commit for one in merges}
    for address, record in wished:
        body = record.body
        commit = made.get((address, str(body["head"])))
        if commit is not None and opened.target == body["target"]:
            return replace(
                opened, state="merged", merge_commit=commit, closed_at=cast("int", body["merged_at"]),
                head=str(body["head"]), unreviewed=bool(body["unreviewed"]),
            )  # fmt: skip
    return None


def _lose(restoring: Restoring, what: str, why: str) -> None:
    restoring.lost.append(Lost(restoring.project, what, why))
