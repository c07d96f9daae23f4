"""The index, made again: each project in one transaction, so that a crash is mended by doing it again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select, true

from roadworthy.platform.rebuild.entries import restore_audit
from roadworthy.platform.rebuild.facts import fact_steps, put_facts
from roadworthy.platform.rebuild.report import Lost, Report
from roadworthy.platform.rebuild.restore import restore
from roadworthy.platform.rebuild.rows import put, rows_there, steps
from roadworthy.platform.store import schema
from roadworthy.platform.store.database import hold, hold_all, now
from roadworthy.platform.workspace.keep import is_forgotten

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import ColumnElement, Connection, Table

    from roadworthy.platform.rebuild.facts import FactSteps
    from roadworthy.platform.rebuild.restore import Restored
    from roadworthy.platform.rebuild.rows import Steps
    from roadworthy.platform.rebuild.sources import Sources
    from roadworthy.platform.store.database import Database

# In this order, as rows name those of the first. What was reconciled once stays so: of `ref`, rows are only added.
_TABLES: tuple[tuple[Table, bool], ...] = (
    (schema.project, False), (schema.member, False), (schema.resource, False), (schema.ref, True),
    (schema.change, False),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Plan:
    """What makes the rows of one project so; empty when they are."""

    restored: Restored
    rows: tuple[Steps, ...] = ()
    facts: FactSteps | None = None

    @property
    def report(self) -> Report:
        """What it comes to."""
        found, bucket = self.restored, self.restored.bucket
        tables = {one.table.name: one.count for one in self.rows}
        if self.facts is not None:
            tables["fact"] = self.facts.count
        return Report(
            tables, () if bucket is None else bucket.said.rejected, found.lost,
            tuple((found.name, branch) for branch in found.unfinished),
        )  # fmt: skip


def plan(database: Database, sources: Sources) -> Report:
    """Return what `rebuild` would do. Nothing is written."""
    report = Report()
    for name in sources.projects():
        restored = restore(sources, name)
        with database.read() as connection:
            report += _planned(connection, restored).report
    rows, found = restore_audit(sources)
    with database.read() as connection:
        if rows is not None:
            found += Report({"audit": steps(schema.audit, rows_there(connection, schema.audit, true()), rows).count})
        return report + found + _strangers(connection, sources)


def rebuild(database: Database, sources: Sources, say: Callable[[str], None]) -> Report:
    """Make the rows of the index so that they say what the repositories and the buckets do; what is so is left.

    Nobody else may write meanwhile: hold the home. May be repeated, and after a crash is to be.

    Args:
        database: The index, empty or not; of traces nothing is touched.
        sources: The repositories and the buckets, of which nothing is written.
        say: Takes a line when a project is done.

    Returns:
        What was done, which records were refused, and what could not be restored.

    Raises:
        StorageError: A bucket cannot be read.
    """
    report = Report()
    for name in sources.projects():
        done = rebuild_project(database, sources, name)
        say(f"{name}: " + "; ".join(f"{table}: {count}" for table, count in done.tables.items()))
        report += done
    report += _rebuild_audit(database, sources)
    with database.read() as connection:
        return report + _strangers(connection, sources)


def rebuild_project(database: Database, sources: Sources, name: str) -> Report:
    """Make the rows of one project so, in one transaction; see `rebuild`."""
    restored = restore(sources, name)
    with database.write() as connection:
        hold(connection, name)
        planned = _planned(connection, restored)
        for one in planned.rows:
            put(connection, one)
        if planned.facts is not None and restored.bucket is not None:
            put_facts(connection, name, restored.bucket.ledger, planned.facts)
    return planned.report


def _planned(connection: Connection, restored: Restored) -> Plan:
    bucket = restored.bucket
    if bucket is None or not restored.rows:
        return Plan(restored)
    return Plan(
        restored, tuple(_steps(connection, restored)),
        fact_steps(connection, restored.name, bucket.ledger, bucket.said.addresses),
    )  # fmt: skip


def _steps(connection: Connection, restored: Restored) -> Iterator[Steps]:
    for table, keep in _TABLES:
        there, wanted = rows_there(connection, table, _of(table, restored.name)), restored.rows[table.name]
        if table is schema.resource:
            wanted = [row for row in wanted if not is_forgotten(row, now(connection))]
        yield steps(table, there, wanted, keep=keep)


def _of(table: Table, name: str) -> ColumnElement[bool]:
    return table.c.name == name if table is schema.project else table.c.project == name


def _rebuild_audit(database: Database, sources: Sources) -> Report:
    rows, report = restore_audit(sources)
    if rows is None:
        return report
    with database.write() as connection:
        hold_all(connection)
        wanted = steps(schema.audit, rows_there(connection, schema.audit, true()), rows)
        put(connection, wanted)
    return report + Report({"audit": wanted.count})


def _strangers(connection: Connection, sources: Sources) -> Report:
    """Tell the projects of the index that nothing else knows of; they are left as they are."""
    names = set(connection.execute(select(schema.project.c.name)).scalars()) - set(sources.projects())
    why = "the index has it, and there is neither a repository nor a bucket of it."
    return Report(lost=tuple(Lost(name, "the project", why) for name in sorted(names)))
