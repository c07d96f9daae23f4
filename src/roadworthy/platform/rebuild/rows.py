"""Steps from the rows that there are to those that facts make: shown as a plan, or done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, delete, insert, select, update

from roadworthy.platform.rebuild.report import Count

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import ColumnElement, Connection, Table

Row = dict[str, Any]
# Times that the database gave: a record knows them to the second alone, and a row that only differs so is left.
APPROXIMATE: Mapping[str, frozenset[str]] = {"resource": frozenset({"applied_at", "removed_at"})}


@dataclass(frozen=True, slots=True)
class Steps:
    """What makes the rows of a table so."""

    table: Table
    same: int
    add: tuple[Row, ...]
    change: tuple[Row, ...]
    remove: tuple[Row, ...]

    @property
    def count(self) -> Count:
        """How many rows of each."""
        return Count(self.same, len(self.add), len(self.change), len(self.remove))


def rows_there(connection: Connection, table: Table, where: ColumnElement[bool]) -> list[Row]:
    """Return the rows of *table* that are there."""
    return [dict(row._mapping) for row in connection.execute(select(table).where(where))]  # noqa: SLF001


def steps(table: Table, there: Iterable[Row], wanted: Sequence[Row], *, keep: bool = False) -> Steps:
    """Return the steps from the rows *there* to *wanted*; with *keep*, only what is missing is added."""
    keys = [column.name for column in table.primary_key.columns]
    known = {tuple(row[name] for name in keys): row for row in there}
    asked = {tuple(row[name] for name in keys): row for row in wanted}
    add = tuple(row for key, row in asked.items() if key not in known)
    if keep:
        return Steps(table, len(known), add, (), ())
    other = tuple(row for key, row in asked.items() if key in known and _differs(table, known[key], row))
    gone = tuple(row for key, row in known.items() if key not in asked)
    return Steps(table, len(known) - len(other) - len(gone), add, other, gone)


def put(connection: Connection, wanted: Steps) -> None:
    """Do the steps."""
    table = wanted.table
    for row in wanted.remove:
        connection.execute(delete(table).where(_is(table, row)))
    for row in wanted.change:
        connection.execute(update(table).where(_is(table, row)).values(row))
    for row in wanted.add:
        connection.execute(insert(table).values(row))


def _differs(table: Table, there: Row, wanted: Row) -> bool:
    loose = APPROXIMATE.get(table.name, frozenset())
    return any(there[name] != value for name, value in wanted.items() if name not in loose)


def _is(table: Table, row: Row) -> ColumnElement[bool]:
    return and_(*(column == row[column.name] for column in table.primary_key.columns))
