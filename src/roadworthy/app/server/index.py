"""Facts in the index as they are stated: what pages and the API list, and `rebuild` finds again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from roadworthy.platform.rebuild.facts import index_fact

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from roadworthy.ledger.ledger import Ledger
    from roadworthy.ledger.objects.address import Address


def note(connection: Connection, project: str, ledger: Ledger, address: Address) -> None:
    """List the record *address* of *project*'s bucket."""
    index_fact(connection, project, address, ledger.records.read(address))
