"""Facts in the index: what pages and the API list, found again by `rebuild` from the records themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select

from roadworthy.ledger.objects.address import Address
from roadworthy.platform.store import schema

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from roadworthy.ledger.ledger import Ledger


def note(connection: Connection, project: str, ledger: Ledger, address: Address) -> None:
    """List the record *address* of *project*'s bucket; one that is listed is listed anew."""
    record = ledger.records.read(address)
    commit = record.body.get("commit")
    connection.execute(delete(schema.fact).where(schema.fact.c.address == str(address)))
    connection.execute(
        insert(schema.fact).values(
            address=str(address), project=project, kind=record.kind, commit=commit if isinstance(commit, str) else None,
            at=record.at, actor=record.actor, body=record.body,
        )
    )  # fmt: skip


def newest(connection: Connection, project: str, kind: str, commit: str) -> Address | None:
    """Return the newest record of a *kind* about *commit*, or None."""
    table = schema.fact
    asked = select(table.c.address).where(table.c.project == project, table.c.kind == kind, table.c.commit == commit)
    found = connection.execute(asked.order_by(table.c.at.desc(), table.c.address).limit(1)).scalar_one_or_none()
    return None if found is None else Address(found)
