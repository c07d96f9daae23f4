"""The workspace of a project in the index: what there is, and the record of what was applied last."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import delete, insert, select, update

from roadworthy.platform.store import schema
from roadworthy.platform.store.database import now
from roadworthy.platform.workspace.plan import There, Value
from roadworthy.platform.workspace.project import KIND as PROJECT
from roadworthy.platform.workspace.project import making
from roadworthy.platform.workspace.resource import KINDS, MERGE_ONLY

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import ColumnElement, Connection

    from roadworthy.ledger.ledger import Ledger
    from roadworthy.ledger.objects.address import Address
    from roadworthy.platform.workspace.resource import Key, Kind, Resource

KIND = "workspace"  # of records
APPLY, MEND = "workspace.apply", "workspace.mend"  # in the audit
FIRST: Value = {"role": "maintainer"}  # of who made the project, before its profile says anything
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


def forget_tombstones(connection: Connection, at: int) -> None:
    """Delete the tombstones whose 30 days have passed at the time *at*.

    Those of environments stay: what was deployed there is still in git, and must not be served again.
    """
    table = schema.resource
    over = (table.c.state == "tombstone") & (table.c.removed_at <= at - KEPT_MS) & (table.c.kind != "environment")
    connection.execute(delete(table).where(over))


def is_forgotten(row: Mapping[str, Any], at: int) -> bool:
    """Whether `forget_tombstones` deletes *row* of the table of resources at the time *at*."""
    is_over = row["state"] == "tombstone" and row["removed_at"] <= at - KEPT_MS
    return bool(is_over) and row["kind"] != "environment"


def is_removed(connection: Connection, project: str, environment: str) -> bool:
    """Whether the profile asked for an environment, and does not any more."""
    table = schema.resource
    asked = select(table.c.state).where(
        table.c.project == project, table.c.kind == "environment", table.c.name == environment
    )
    return connection.execute(asked).scalar_one_or_none() == "tombstone"


def there(connection: Connection, ledger: Ledger, project: str) -> There:
    """Return what the workspace of *project* is now, and what was applied last.

    What was stated and, by a crash, never made is not what was applied: what differs from it was not changed by hand.
    """
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
    return There(actual, _applied(connection, ledger, project), frozenset(removed))


def _members(connection: Connection, project: str, actual: dict[Key, Value]) -> None:
    """Take the members from the table that decides who may what, whatever the rows of resources say."""
    for key in [key for key in actual if key[0] == "member"]:
        del actual[key]
    for row in connection.execute(select(schema.member).where(schema.member.c.project == project)):
        actual["member", row.who] = {"role": row.role}


def state_applied(ledger: Ledger, commit: str, resources: Sequence[Resource]) -> Address:
    """State that what *commit* asks for is the workspace from now on; written before it is made."""
    number = number_of(last_applied(ledger)) + 1  # records bear seconds: two in one second must still have an order
    return ledger.keep(KIND, {"number": number, "commit": commit, "resources": _listed(resources)})


def is_stated(ledger: Ledger, resources: Sequence[Resource]) -> bool:
    """Whether *resources* are what was stated last."""
    last = last_applied(ledger)
    return last is not None and last["resources"] == _listed(resources)


def last_applied(ledger: Ledger) -> Mapping[str, object] | None:
    """Return the body of the record of what was applied last, or None."""
    return max((record.body for _, record in ledger.records.all(KIND)), key=number_of, default=None)


def number_of(body: Mapping[str, object] | None) -> int:
    """Return the place of a record among those of its project; 0 without one."""
    return cast("int", body["number"]) if body else 0


def _listed(resources: Sequence[Resource]) -> list[list[object]]:
    return [[one.kind, one.name, dict(one.value)] for one in resources]


def _applied(connection: Connection, ledger: Ledger, project: str) -> dict[Key, Value]:
    bodies = sorted((record.body for _, record in ledger.records.all(KIND)), key=number_of)
    if bodies and not _is_told(connection, project, number_of(bodies[-1])):
        bodies.pop()
    if not bodies:  # what the making of the project gave
        made = making(ledger.records.all(PROJECT))
        return {} if made is None else {("member", made.actor): dict(FIRST)}
    listed = cast("list[tuple[Kind, str, Value]]", bodies[-1]["resources"])
    return {(kind, name): value for kind, name, value in listed}


def _is_told(connection: Connection, project: str, number: int) -> bool:
    """Whether the audit tells that the record of that number was made so; its older entries name none."""
    table = schema.audit
    here = (table.c.project == project) & table.c.action.in_((APPLY, MEND))
    said = connection.execute(select(table.c.detail).where(here)).scalars()
    return any(detail.get("number", number) == number for detail in said)


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
