"""A clock that is set forward or back, of the database or the server: nothing is done twice, or out of order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

import pytest

from automated import ask, make_projects, work
from release_project import change, make, prove
from roadworthy.app.release import deploy_here, release_here
from roadworthy.errors import Conflict
from roadworthy.ledger.versions.read import history
from roadworthy.operate.release import write
from roadworthy.operate.release.write import after_all
from roadworthy.platform.automate.lease import claim, complete, heartbeat
from roadworthy.platform.automate.schedule import Timed, due
from roadworthy.platform.store import database as store
from roadworthy.platform.store.platform import open_platform

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from roadworthy.platform.store.database import Database

HOUR = 3_600_000  # milliseconds


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """Give an index with a project."""
    opened = open_platform(f"sqlite:///{tmp_path / 'platform.db'}")
    make_projects(opened, "flights")
    yield opened
    opened.close()


@pytest.fixture
def set_clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Give what sets the database's clock so many milliseconds forward, or back, of what it is."""
    clocks: dict[str, str] = store._NOW
    right = clocks["sqlite"]
    return lambda by: monkeypatch.setitem(clocks, "sqlite", f"{right} + {by}")


def test_a_job_is_done_once_when_the_clock_is_set_forward(database: Database, set_clock: Callable[[int], None]) -> None:
    """Its lease is over at once: another does it, and who had it is refused."""
    ask(database, work("check"))
    first = claim(database, "first", ["check"], 60)
    set_clock(HOUR)
    second = claim(database, "second", ["check"], 60)

    assert first is not None
    assert second is not None
    assert second.fence == first.fence + 1
    with pytest.raises(Conflict):
        heartbeat(database, first.id, first.fence, 60)
    with database.write() as connection:
        assert complete(connection, second.id, second.fence, "passed").passed


def test_a_job_is_done_when_the_clock_is_set_back(database: Database, set_clock: Callable[[int], None]) -> None:
    """Who has it keeps it; and what was asked for at once does not wait until the old time comes again."""
    ask(database, work("check"), work("another"))
    first = claim(database, "first", ["check"], 60)
    set_clock(-HOUR)
    second = claim(database, "second", ["check"], 60)

    assert first is not None
    assert second is not None
    assert second.id != first.id
    assert not heartbeat(database, first.id, first.fence, 60)
    for one in (first, second):
        with database.write() as connection:
            assert complete(connection, one.id, one.fence, "passed").passed


def test_a_schedule_comes_once_however_the_clock_is_set(database: Database, set_clock: Callable[[int], None]) -> None:
    """The time that it was due at names its job: seen again, it asks for nothing."""
    hourly = [Timed("hourly", "0 * * * *", "check", {}, 0)]

    def asked(by: int) -> int:
        set_clock(by)
        with database.write() as connection:
            return len(due(connection, "flights", hourly))

    assert [asked(by) for by in (0, 0, -HOUR, 0, HOUR, 0, HOUR)] == [1, 0, 1, 0, 1, 0, 0]


def test_versions_and_deployments_keep_their_order_when_the_clock_is_set_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each tag bears a later time than all before it, so that whoever orders them by time finds the same."""
    local = make(tmp_path / "toy")

    class Back(datetime):
        """A clock that is an hour slow each time that it is looked at."""

        looks = 0

        @classmethod
        def now(cls, tz: Any = None) -> Self:
            cls.looks += 1
            return cls(2026, 5, 14, tzinfo=tz or UTC) - timedelta(hours=cls.looks)

    monkeypatch.setattr(write, "datetime", Back)
    for number in range(3):
        change(local, str(number))
        prove(local, f"weights {number}")
        version = release_here(None, as_baseline=False, start=local.folder).released.version.name
        deploy_here(version, "production", expect=None, start=local.folder)
    seen = history(local.repo, local.ledger, "toy", folder="")
    tags = [tag for tag in local.repo.tags() if tag.at is not None]
    ordered = sorted(tags, key=lambda tag: tag.at or Back.now())

    assert Back.looks >= 6
    assert [one.number for one in seen.of("production")] == [1, 2, 3]
    assert [one.version for one in seen.of("production")] == [one.name for one in seen.versions]
    assert len({tag.at for tag in tags}) == 6
    assert [tag.name for tag in ordered if "#" in tag.name] == [f"toy#production#{number}" for number in (1, 2, 3)]
    assert after_all(local.repo.tags(), "toy", "") > max(tag.at for tag in tags if tag.at)
