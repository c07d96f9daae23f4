"""That there is a project: stated in its own bucket, so that its row in the index can be made again."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal, cast

from roadworthy.errors import Conflict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from roadworthy.ledger.ledger import Ledger
    from roadworthy.ledger.objects.address import Address
    from roadworthy.ledger.records.record import Record

KIND = "project"  # of records
Stated = Literal["created", "removed", "restored"]


@dataclass(frozen=True, slots=True)
class Project:
    """A project of the platform, as its row in the index has it: a function of its records alone.

    Attributes:
        state: `removed` is a tombstone; nothing of the project is deleted.
        created_at: Milliseconds since 1970.
        removed_at: When it was removed; None when it was not, or was brought back.
        record: What was stated last.
    """

    name: str
    state: Literal["active", "removed"]
    created_at: int
    removed_at: int | None
    record: Address

    def row(self) -> dict[str, Any]:
        """Return it as the table has it."""
        return {**asdict(self), "record": str(self.record)}


def state_created(ledger: Ledger, name: str) -> Address:
    """State that there is a project called *name*; one that is there already is stated once.

    Raises:
        Conflict: It was removed.
        StorageError: The disk is full.
    """
    there = latest(ledger)
    if there is not None and there.state == "removed":
        raise Conflict(f"The project {name} was removed.", remedy="Bring it back, or take another name.")
    return _state(ledger, name, "created") if there is None else there.record


def state_removed(ledger: Ledger, name: str) -> Address:
    """State that the project is removed; one that is removed already is stated once."""
    there = latest(ledger)
    return there.record if there is not None and there.state == "removed" else _state(ledger, name, "removed")


def state_restored(ledger: Ledger, name: str) -> Address:
    """State that a removed project is brought back; one that was not removed is left as it is."""
    there = latest(ledger)
    return there.record if there is not None and there.state == "active" else _state(ledger, name, "restored")


def latest(ledger: Ledger) -> Project | None:
    """Return the project as the records of its bucket have it, or None when none says that it was created."""
    return standing(ledger.records.all(KIND))


def making(records: Iterable[tuple[Address, Record]]) -> Record | None:
    """Return which of the believed *records* of a bucket says that its project was made, or None when none does.

    Who stated it is the project's first maintainer.
    """
    stated = (pair for pair in records if pair[1].kind == KIND and pair[1].body["state"] == "created")
    first = min(stated, key=_order, default=None)
    return None if first is None else first[1]


def standing(records: Iterable[tuple[Address, Record]]) -> Project | None:
    """Return the project that believed *records* of its bucket make, or None when they make none."""
    stated = sorted((pair for pair in records if pair[1].kind == KIND), key=_order)
    if not stated:
        return None
    address, record = stated[-1]
    removed = record.body["state"] == "removed"
    return Project(
        name=str(record.body["name"]),
        state="removed" if removed else "active",
        created_at=stated[0][1].milliseconds,
        removed_at=record.milliseconds if removed else None,
        record=address,
    )


def _state(ledger: Ledger, name: str, state: Stated) -> Address:
    # Records bear seconds: two in one second must still have an order.
    numbers = (_number(record) for _, record in ledger.records.all(KIND))
    return ledger.keep(KIND, {"name": name, "state": state, "number": max(numbers, default=0) + 1})


def _order(stated: tuple[Address, Record]) -> tuple[int, str, str]:
    return (_number(stated[1]), stated[1].at, stated[0])


def _number(record: Record) -> int:
    return cast("int", record.body["number"])
