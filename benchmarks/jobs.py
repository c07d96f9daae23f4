"""The queue: jobs claimed and completed a second, by several at once, on SQLite and on PostgreSQL."""

from __future__ import annotations

import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from figure import Figure, summarise
from sqlalchemy import delete

TESTS = Path(__file__).parents[1] / "tests"
sys.path.insert(0, str(TESTS))

from automated import ask, make_projects, work  # noqa: E402 - the tests' own work
from databases import fresh_url, postgresql  # noqa: E402 - as above
from roadworthy.platform.automate.lease import claim, complete  # noqa: E402 - as above
from roadworthy.platform.store.platform import open_platform  # noqa: E402 - as above
from roadworthy.platform.store.schema import job  # noqa: E402 - as above

if TYPE_CHECKING:
    from roadworthy.platform.store.database import Database

TIMES, SECONDS, PROJECTS = 3, 3.0, 10
LOADS = ((1, 1000), (8, 1000), (32, 1000), (8, 10_000))  # claimers, and jobs that wait at the start


def measure() -> list[Figure]:
    """Let several claim and complete jobs of ten projects, for some seconds, on each database."""
    figures = []
    with tempfile.TemporaryDirectory() as scratch, ExitStack() as stack:
        servers = {"SQLite": None, "PostgreSQL": stack.enter_context(postgresql())}
        for name, server in servers.items():
            database = open_platform(fresh_url(server, Path(scratch)))
            make_projects(database, *(f"p{number}" for number in range(PROJECTS)))
            for claimers, waiting in LOADS:
                rates = [_rate(database, claimers, waiting) for _ in range(TIMES)]
                what = f"{name}: claimed and completed, {claimers} at once, {waiting:,} waiting"
                figures.append(summarise(what, rates, "jobs/s (at least)"))
            database.close()
    return figures


def _rate(database: Database, claimers: int, waiting: int) -> float:
    with database.write() as connection:
        connection.execute(delete(job))
    ask(database, *(work(f"k{number}", f"p{number % PROJECTS}") for number in range(waiting)))
    done: list[int] = []
    began = time.perf_counter()
    threads = [threading.Thread(target=_work, args=(database, f"r{n}", began + SECONDS, done)) for n in range(claimers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == len(set(done))
    return len(done) / (time.perf_counter() - began)


def _work(database: Database, owner: str, until: float, done: list[int]) -> None:
    while time.perf_counter() < until and (one := claim(database, owner, ["check"], 60)) is not None:
        with database.write() as connection:
            complete(connection, one.id, one.fence, "passed")
        done.append(one.id)
