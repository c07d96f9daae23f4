"""Records as rows of the table of facts: what pages and decisions look up, with the whole body."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from roadworthy.ledger.objects.folder import addresses_in
from roadworthy.platform.rebuild.believed import believed
from roadworthy.platform.rebuild.report import Count
from roadworthy.platform.store.schema import fact as table

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from sqlalchemy import Connection, Table

    from roadworthy.ledger.ledger import Ledger
    from roadworthy.ledger.objects.address import Address
    from roadworthy.ledger.records.record import Record

_INSERTS: dict[str, Callable[[Table], sqlite.Insert | postgresql.Insert]] = {
    "sqlite": sqlite.insert, "postgresql": postgresql.insert
}  # fmt: skip


def index_fact(connection: Connection, project: str, address: Address, record: Record) -> None:
    """Put a believed record of the project's bucket into the index; one that is there is left. May be repeated.

    Args:
        connection: In a writing transaction, best the one that makes the rows which the record bears out.
        project: Whose bucket it is kept in.
        address: Where.
        record: As it was read from there.
    """
    statement = _INSERTS[connection.dialect.name](table).values(_row(project, address, record))
    connection.execute(statement.on_conflict_do_nothing(index_elements=["address"]))


def catch_up(connection: Connection, project: str, ledger: Ledger) -> int:
    """Put every believed record of the bucket that the index lacks into it, and return how many.

    For what a crash left between a record and its row: at each start.
    """
    known = _known(connection, project)
    if all(address in known for address in addresses_in(ledger.records.folder, ".json")):
        return 0
    missing = [address for address in believed(ledger, project).addresses if address not in known]
    for address in missing:
        index_fact(connection, project, address, ledger.records.read(address))
    return len(missing)


@dataclass(frozen=True, slots=True)
class FactSteps:
    """What makes the facts of a project as its bucket has them: addresses, since bodies may be large."""

    same: int
    add: tuple[Address, ...]
    change: tuple[Address, ...]
    remove: tuple[str, ...]

    @property
    def count(self) -> Count:
        """How many rows of each."""
        return Count(self.same, len(self.add), len(self.change), len(self.remove))


def fact_steps(connection: Connection, project: str, ledger: Ledger, addresses: Collection[Address]) -> FactSteps:
    """Return the steps to a table that holds the records *addresses* of *project*, each as it is kept, and no other."""
    known, wanted = _known(connection, project), set(addresses)
    others = set(connection.execute(select(table.c.address).where(table.c.project != project)).scalars())
    there = sorted(one for one in wanted if one in known)
    other = tuple(one for one in there if _kept(connection, one) != _row(project, one, ledger.records.read(one)))
    add = tuple(sorted(wanted - known - others))  # a record that two buckets hold stays with the first
    return FactSteps(len(there) - len(other), add, other, tuple(sorted(known - wanted)))


def put_facts(connection: Connection, project: str, ledger: Ledger, steps: FactSteps) -> None:
    """Do *steps*, one record in memory at a time."""
    for address in steps.remove:
        connection.execute(delete(table).where(table.c.address == address))
    for address in steps.change:
        row = _row(project, address, ledger.records.read(address))
        connection.execute(update(table).where(table.c.address == address).values(row))
    for address in steps.add:
        index_fact(connection, project, address, ledger.records.read(address))


def _row(project: str, address: Address, record: Record) -> dict[str, Any]:
    commit = record.body.get("commit")
    return {
        "address": str(address),
        "project": project,
        "kind": record.kind,
        "commit": commit if isinstance(commit, str) and commit else None,
        "at": record.at,
        "actor": record.actor,
        "body": dict(record.body),
    }


def _kept(connection: Connection, address: Address) -> dict[str, Any]:
    return dict(connection.execute(select(table).where(table.c.address == address)).one()._mapping)  # noqa: SLF001


def _known(connection: Connection, project: str) -> set[str]:
    return set(connection.execute(select(table.c.address).where(table.c.project == project)).scalars())
