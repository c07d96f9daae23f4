"""The workspace of a project in the index: what there is, and the record of what was applied last."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from sqlalchemy import delete, insert, select, update

from roadworthy.platform.store import schema
from roadworthy.platform.store.database import now
from roadworthy.platform.workspace.plan import There
from roadworthy.platform.workspace.resource import KINDS, MERGE_ONLY

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import ColumnElement, Connection

    from roadworthy.ledger.ledger import Ledger
    from roadworthy.ledger.objects.address import Address
    from roadworthy.platform.workspace.plan import Value
    from roadworthy.platform.workspace.resource import Key, Kind, Resource

KIND = "workspace"  # of records
KEPT_MS = 30 * 24 * 3600 * 1000


@dataclass(frozen=True, slots=True)
class IndexHost:
    """Keeps a workspace in the rows of the index, inside the transaction of whoever applies. A Host."""

    connection: Connection
    project: str

    def put(self, kind: Kind, name: str, value: Value) -> None:
        """Make it so."""
        row = {"wanted": value, "state": "active", "applied_at": now(self.connection), "removed_at": None}
        changed = self.connection.execute(update(schema.resource).where(*self._is(kind, name)).values(**row))
        if changed.rowcount == 0:
            self.connection.execute(insert(schema.resource).values(project=self.project, kind=kind, name=name, **row))
        if kind == "member":
            self._forget_member(name)
            self.connection.execute(
                insert(schema.member).values(project=self.project, who=name, role=str(value["role"]))
            )

    def remove(self, kind: Kind, name: str) -> None:
        """Leave a tombstone."""
        gone = {"state": "tombstone", "removed_at": now(self.connection)}
        self.connection.execute(
            update(schema.resource).where(*self._is(kind, name), schema.resource.c.state == "active").values(**gone)
        )
        if kind == "member":
            self._forget_member(name)

    def _forget_member(self, who: str) -> None:
        table = schema.member
        self.connection.execute(delete(table).where(table.c.project == self.project, table.c.who == who))

    def _is(self, kind: Kind, name: str) -> tuple[ColumnElement[bool], ...]:
        table = schema.resource
        return (table.c.project == self.project, table.c.kind == kind, table.c.name == name)


def there(connection: Connection, ledger: Ledger, project: str) -> There:
    """Return what the workspace of *project* is now, and what was applied last."""
    actual: dict[Key, Value] = {}
    removed: set[Key] = set()
    oldest = now(connection) - KEPT_MS
    for row in connection.execute(select(schema.resource).where(schema.resource.c.project == project)):
        key = (cast("Kind", row.kind), row.name)
        if row.kind not in KINDS:
            continue
        if row.state == "active":
            actual[key] = row.wanted
        elif row.removed_at >= oldest:
            removed.add(key)
    _members(connection, project, actual)
    return There(actual, _applied(ledger), frozenset(removed))


def _members(connection: Connection, project: str, actual: dict[Key, Value]) -> None:
    """Take the members from the table that decides who may what, whatever the rows of resources say."""
    for key in [key for key in actual if key[0] == "member"]:
        del actual[key]
    for row in connection.execute(select(schema.member).where(schema.member.c.project == project)):
        actual["member", row.who] = {"role": row.role}


def state_applied(ledger: Ledger, commit: str, resources: Sequence[Resource]) -> Address:
    """State that what *commit* asks for is the workspace from now on; written before it is made."""
    last = last_applied(ledger)
    number = _number(last) + 1  # records bear seconds: two in one second must still have an order
    listed = [[one.kind, one.name, dict(one.value)] for one in resources]
    return ledger.keep(KIND, {"number": number, "commit": commit, "resources": listed})


def last_applied(ledger: Ledger) -> Mapping[str, object] | None:
    """Return the body of the record of what was applied last, or None."""
    return max((record.body for _, record in ledger.records.all(KIND)), key=_number, default=None)


def _number(body: Mapping[str, object] | None) -> int:
    return cast("int", body["number"]) if body else 0


def _applied(ledger: Ledger) -> dict[Key, Value]:
    body = last_applied(ledger)
    listed = cast("list[tuple[Kind, str, Value]]", body["resources"]) if body else []
    return {(kind, name): value for kind, name, value in listed}


def branches_now(connection: Connection, project: str) -> dict[str, bool]:
    """Return for each pattern of branches, as applied, whether only merges reach them; none before the first time."""
    table = schema.resource
    asked = select(table.c.name, table.c.wanted).where(
        table.c.project == project, table.c.kind == "branch", table.c.state == "active"
    )
    rows = connection.execute(asked.order_by(table.c.name))
    return {row.name: row.wanted.get("push") == MERGE_ONLY for row in rows}


def quota_now(connection: Connection, project: str) -> str | None:
    """Return how much the bucket of *project* may keep, as it was applied, e.g. `50GiB`; None: as much as fits."""
    table = schema.resource
    asked = select(table.c.wanted).where(
        table.c.project == project, table.c.kind == "bucket", table.c.name == project, table.c.state == "active"
    )
    said = (connection.execute(asked).scalar_one_or_none() or {}).get("quota")
    return None if said is None else str(said)
