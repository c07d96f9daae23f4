"""The rows of a workspace: what was applied last, and tombstones of what was applied before and is not any more."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from roadworthy.platform.workspace.keep import FIRST

if TYPE_CHECKING:
    from collections.abc import Iterable

    from roadworthy.ledger.records.record import Record
    from roadworthy.platform.rebuild.rows import Row

Key = tuple[str, str]


def resource_rows(project: str, made: Record | None, stated: Iterable[Record]) -> list[Row]:
    """Return the rows of resources that the records *stated* make, applied one after the other.

    First of all is the maintainer who made the project, as the record *made* says.

    A resource that somebody made by hand was never stated: nothing is known of it, or of its tombstone.

    Raises:
        KeyError, TypeError, ValueError: A record cannot be read.
    """
    rows: dict[Key, Row] = {}
    if made is not None:
        rows["member", made.actor] = _active(project, ("member", made.actor), dict(FIRST), made.milliseconds)
    for record in _in_order(stated):
        listed = cast("list[tuple[str, str, object]]", record.body["resources"])
        wanted = {(kind, name): value for kind, name, value in listed}
        for key in rows.keys() - wanted.keys():
            if rows[key]["state"] == "active":
                rows[key] |= {"state": "tombstone", "removed_at": record.milliseconds}
        for key, value in wanted.items():
            if key not in rows or (rows[key]["state"], rows[key]["wanted"]) != ("active", value):
                rows[key] = _active(project, key, value, record.milliseconds)
    return list(rows.values())


def member_rows(project: str, resources: Iterable[Row]) -> list[Row]:
    """Return the rows of members that *resources* make.

    Raises:
        KeyError, TypeError: A member has no role.
    """
    active = (row for row in resources if (row["kind"], row["state"]) == ("member", "active"))
    return [{"project": project, "who": row["name"], "role": str(row["wanted"]["role"])} for row in active]


def _in_order(stated: Iterable[Record]) -> list[Record]:
    numbered: dict[int, Record] = {}
    for record in stated:
        numbered.setdefault(cast("int", record.body["number"]), record)  # as `last_applied` has it
    return [numbered[number] for number in sorted(numbered)]


def _active(project: str, key: Key, value: object, at: int) -> Row:
    kind, name = key
    return {
        "project": project, "kind": kind, "name": name, "wanted": value, "state": "active", "applied_at": at,
        "removed_at": None,
    }  # fmt: skip
