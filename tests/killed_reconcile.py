"""Claims and reconciles in a process of its own that is killed at a certain statement: URL WHAT NUMBER.

Ends by itself, with status 0, when what it does has fewer statements.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING

from sqlalchemy import event

from automated import Repository, commit
from roadworthy.platform.automate.deliver import deliver
from roadworthy.platform.automate.lease import claim, complete
from roadworthy.platform.automate.reconcile import reconcile
from roadworthy.platform.store.platform import open_platform

if TYPE_CHECKING:
    from roadworthy.platform.store.database import Database


def repository() -> Repository:
    """Return what is reconciled: branches that moved, and a tag."""
    names = ("heads/main", "heads/develop", "heads/feature/x", "heads/unknown", "tags/v1")
    return Repository({f"refs/{name}": commit(name) for name in names}, lacking=1)


def act(database: Database, what: str) -> None:
    """Do the one thing, or the other."""
    if what == "reconcile":
        deliver(database, "flights", "hook", {"updates": [{"ref": "refs/heads/main", "after": commit("heads/main")}]})
        reconcile(database, "flights", repository())
        return
    one = claim(database, "killed", ["check"], 60)
    assert one is not None
    with database.write() as connection:
        complete(connection, one.id, one.fence, "passed")


def main(url: str, what: str, number: int) -> None:
    """Be killed before statement *number*, counted from 1, or before the commit after the last one."""
    database = open_platform(url)
    seen = 0

    def count(*_: object) -> None:
        nonlocal seen
        seen += 1
        if seen == number:
            os.kill(os.getpid(), signal.SIGKILL)

    for moment in ("before_cursor_execute", "commit"):
        event.listen(database.engine, moment, count)
    act(database, what)
    database.close()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
