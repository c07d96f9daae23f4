"""The index, deleted and made again from repositories and buckets: what it said before, it says; on both databases."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from databases import fresh_url
from rebuild_world import EXCLUDED_COLUMNS, EXCLUDED_TABLES, NAMES, World, dump
from roadworthy.platform.change.said import KINDS
from roadworthy.platform.rebuild.rebuild import plan, rebuild
from roadworthy.platform.store import schema
from roadworthy.platform.store.platform import open_platform

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from roadworthy.platform.store.database import Database


@pytest.fixture
def anew(database_url: str, tmp_path: Path) -> Iterator[Database]:
    """Give what is there after the database was deleted: an empty one of the same kind."""
    folder = tmp_path / "again"
    folder.mkdir()
    opened = open_platform(fresh_url(None if database_url.startswith("sqlite") else database_url, folder))
    yield opened
    opened.close()


@pytest.mark.slow
def test_a_week_is_restored(database: Database, anew: Database, tmp_path: Path) -> None:
    """A hundred things that people and the server did: every row but the listed ones is as it was."""
    world = World(tmp_path / "home", database, 1)
    world.week(100)
    before, said = dump(database), list[str]()

    report = rebuild(anew, world.sources, said.append)

    assert dump(anew) == before
    assert (report.rejected, report.lost, report.unfinished) == ((), (), ())
    assert {name: count.added for name, count in report.tables.items()} == {
        name: len(rows) for name, rows in before.items()
    }
    assert [line.partition(":")[0] for line in said] == sorted(NAMES)
    assert all(len(rows) > 2 for rows in before.values())
    assert {row["state"] for row in before["change"]} == {"open", "merged", "closed"}
    assert {row["state"] for row in before["resource"]} == {"active", "tombstone"}
    assert {row["kind"] for row in before["fact"]} >= set(KINDS)


def test_a_running_index_needs_no_rebuild(database: Database, tmp_path: Path) -> None:
    """What the server keeps is what the facts make: there is nothing to do, and doing it changes nothing."""
    world = World(tmp_path / "home", database, 3)
    world.week(60)
    before = dump(database)

    assert not plan(database, world.sources).differs
    assert not rebuild(database, world.sources, print).differs
    assert dump(database) == before


def test_a_plan_writes_nothing_and_tells_what_a_rebuild_does(
    database: Database, anew: Database, tmp_path: Path
) -> None:
    """The plan of an applied plan is empty, and rebuilding twice is rebuilding once."""
    world = World(tmp_path / "home", database, 4)
    world.week(30)
    planned = plan(anew, world.sources)

    assert not any(dump(anew).values())
    assert rebuild(anew, world.sources, print) == planned
    after = dump(anew)
    assert not plan(anew, world.sources).differs
    assert not rebuild(anew, world.sources, print).differs
    assert dump(anew) == after


def test_an_empty_home_makes_an_empty_index(database: Database, tmp_path: Path) -> None:
    """Nothing is there, nothing is made, and the traces are told all the same."""
    world = World(tmp_path / "home", database)
    report = rebuild(database, world.sources, print)

    assert not report.differs
    assert not any(dump(database).values())
    assert any("jobs" in line for line in report.lines())


def test_every_table_is_restored_or_stands_in_the_list() -> None:
    """Nothing is left out without its reason."""
    names = {table.name for table in schema.TABLES.sorted_tables}

    assert names >= EXCLUDED_TABLES.keys() | EXCLUDED_COLUMNS.keys()
    assert names - EXCLUDED_TABLES.keys() == {"project", "member", "resource", "ref", "change", "fact", "audit"}
