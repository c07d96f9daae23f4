"""The audit: who did what, as signed records that each name the one before, so that none can be taken out unseen."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from sqlalchemy import func, insert, select

from roadworthy.errors import IntegrityError, NotFound
from roadworthy.platform.store import schema
from roadworthy.platform.store.database import hold_all

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlalchemy import Connection

    from roadworthy.ledger.ledger import Ledger
    from roadworthy.ledger.objects.address import Address
    from roadworthy.ledger.records.record import Record

KIND = "audit"  # of records
UNREADABLE = "audit.unreadable"  # what the index lists in place of an entry that was lost or damaged
_NUMBER = re.compile(r"[1-9][0-9]{0,17}")
_REMEDY = "Restore the audit from a copy of the platform's home, and find out who changed it."


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that somebody did, or was refused.

    Attributes:
        actor: Who: an account, or what acted by itself.
        action: What, e.g. `change.merge`.
        target: To what, e.g. `flights/12`.
        project: In which project; None for the platform's own.
        detail: What else is worth knowing; never a secret.
    """

    actor: str
    action: str
    target: str
    project: str | None = None
    detail: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verified:
    """How many entries are whole and in their order, and what is not, in words."""

    entries: int
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Listed:
    """An entry as the index has it, and what is wrong with it; no row for one that is gone without a trace."""

    seq: int
    row: dict[str, object] | None
    fault: str | None = None


class Audit:
    """States entries in the platform's own ledger, and lists them in the index."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def state(self, connection: Connection, entry: Entry) -> Address:
        """State *entry* after all others, in the transaction of whoever did what it says.

        Raises:
            StorageError: The disk is full.
        """
        hold_all(connection)
        self.restore(connection)  # a crash may have left an entry without its row
        number = _last(connection) + 1
        record = self._ledger.names.claim(_name(number), self._kept(number, entry))
        self._index(connection, number, record)
        return record

    def once(self, connection: Connection, entry: Entry, by: str) -> bool:
        """State *entry*, unless that is stated: the same action on the same target, with the same *by* in its detail.

        Returns whether it was stated now.

        For what is done again after a crash, which may have come before the entry or after it.

        Raises:
            StorageError: The disk is full.
        """
        hold_all(connection)
        self.restore(connection)
        table = schema.audit
        same = (table.c.action == entry.action) & (table.c.target == entry.target) & (table.c.project == entry.project)
        stated = connection.execute(select(table.c.detail).where(same)).scalars()
        is_new = all(detail.get(by) != entry.detail[by] for detail in stated)
        if is_new:
            self.state(connection, entry)
        return is_new

    def restore(self, connection: Connection) -> int:
        """List every entry that the index lacks, and return how many."""
        number = known = _last(connection)
        while (record := self._ledger.names.resolve(_name(number + 1))) is not None:
            number += 1
            self._index(connection, number, record)
        return number - known

    def listing(self) -> Iterator[Listed]:
        """Yield every entry as the index lists it; one that is damaged keeps its number, and says so."""
        before = 0
        for number in sorted(int(name) for name in self._ledger.names.under(KIND) if _NUMBER.fullmatch(name)):
            if number > before + 1:
                yield Listed(
                    before + 1, None, f"Nothing is named {_name(before + 1)}, nor what follows to {number - 1}."
                )
            yield self._listed(number)
            before = number

    def unplaced(self) -> Iterator[Address]:
        """Yield every signed entry that stands in no place of the chain: nobody was told of it, or it was taken out."""
        for address, record in self._ledger.records.all(KIND):
            seq = record.body.get("seq")
            try:
                placed = isinstance(seq, int) and self._ledger.names.resolve(_name(seq)) == address
            except IntegrityError:
                placed = False
            if not placed:
                yield address

    def verify(self) -> Verified:
        """Read every entry, its signature and its place in the chain."""
        faults, number, before = [], 0, None
        for number, address in enumerate(self._chain(), start=1):
            try:
                body = self._ledger.records.read(address).body
            except (NotFound, IntegrityError) as fault:
                faults.append(f"entry {number}: {fault.problem}")
            else:
                if body.get("seq") != number:
                    faults.append(f"entry {number}: its record is that of entry {body.get('seq')}.")
                if body.get("previous") != before:
                    faults.append(f"entry {number}: it does not follow the entry before it.")
            before = address
        beyond = sum(1 for _ in self._ledger.records.all(KIND)) - number
        if beyond > 0:
            faults.append(f"{beyond} more signed entries are kept, and stand in no place of the chain.")
        return Verified(number, tuple(faults))

    def _listed(self, seq: int) -> Listed:
        address = None
        try:
            address = self._ledger.names.resolve(_name(seq))
            if address is None:
                return _unreadable(seq, "", "Its name was taken away.")
            record = self._ledger.records.read(address)
        except (NotFound, IntegrityError) as fault:
            return _unreadable(seq, address or "", fault.problem)
        if record.kind != KIND or record.body.get("seq") != seq:
            return _unreadable(seq, address, f"Its record is of a {record.kind}, numbered {record.body.get('seq')}.")
        return Listed(seq, _row(seq, address, record))

    def _chain(self) -> Iterator[Address]:
        number = 1
        while (record := self._ledger.names.resolve(_name(number))) is not None:
            yield record
            number += 1

    def _kept(self, seq: int, entry: Entry) -> Address:
        before = self._ledger.names.resolve(_name(seq - 1)) if seq > 1 else None
        if seq > 1 and before is None:
            raise IntegrityError(f"The audit's entry {seq - 1} is not there.", remedy=_REMEDY)
        body = {
            "seq": seq,
            "previous": before,
            "action": entry.action,
            "target": entry.target,
            "project": entry.project,
            "detail": dict(entry.detail),
        }
        return self._ledger.spoken_by(entry.actor).keep(KIND, body)

    def _index(self, connection: Connection, seq: int, address: Address) -> None:
        record = self._ledger.records.read(address)
        connection.execute(insert(schema.audit).values(**_row(seq, address, record)))


def _row(seq: int, address: Address, record: Record) -> dict[str, object]:
    body = record.body
    return {
        "seq": seq,
        "project": body["project"],
        "at": record.at,
        "actor": record.actor,
        "action": body["action"],
        "target": body["target"],
        "detail": cast("Mapping[str, object]", body["detail"]),
        "record": str(address),
    }


def _unreadable(seq: int, address: str, reason: str) -> Listed:
    row = {"seq": seq, "project": None, "at": "", "actor": "", "action": UNREADABLE, "target": "", "record": address}
    return Listed(seq, {**row, "detail": {"reason": reason}}, reason)


def _last(connection: Connection) -> int:
    return int(connection.execute(select(func.max(schema.audit.c.seq))).scalar_one() or 0)


def _name(seq: int) -> str:
    return f"audit/{seq}"
