"""The platform's database does on SQLite what it does on PostgreSQL, and old data survives its migrations."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import func, insert, select, text, update
from sqlalchemy.exc import IntegrityError as Refused

from roadworthy.errors import IntegrityError, StorageError, Unreachable, UsageError
from roadworthy.platform.store.database import Database, now
from roadworthy.platform.store.platform import MIGRATIONS, open_platform
from roadworthy.platform.store.schema import TABLES, delivery, event, project

if TYPE_CHECKING:
    from pathlib import Path

WRITERS, EACH = 8, 10


def a_project(database: Database, name: str = "flights") -> None:
    """Make a project."""
    with database.write() as connection:
        connection.execute(insert(project).values(name=name, state="active", created_at=1, record="blake3:0"))


def test_the_migrations_make_the_tables_that_the_code_names(database: Database) -> None:
    """No column, key or index stands in the code and not in the database, or the other way."""
    with database.read() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), TABLES)

    assert differences == []


def test_opening_again_changes_nothing(database_url: str) -> None:
    """What was kept is there the next time."""
    first = open_platform(database_url)
    a_project(first)
    first.close()

    again = open_platform(database_url)
    with again.read() as connection:
        assert connection.execute(select(project.c.name)).scalars().all() == ["flights"]
    again.close()


def test_old_data_survives_every_migration(database_url: str) -> None:
    """A database of the first version, with a row in it, is brought up to date with the row in it."""
    old = Database.open(database_url, MIGRATIONS, to="0001")
    with old.write() as connection:
        connection.execute(
            text("INSERT INTO project (name, state, created_at, record) VALUES ('old', 'active', 7, 'blake3:1')")
        )
    old.close()

    new = open_platform(database_url)
    with new.read() as connection:
        row = connection.execute(select(project.c.name, project.c.created_at)).one()
    new.close()
    assert tuple(row) == ("old", 7)


def test_a_block_that_raises_keeps_nothing(database: Database) -> None:
    """Everything of a transaction is kept, or nothing."""
    half = {"name": "half", "state": "active", "created_at": 1, "record": "blake3:0"}
    with pytest.raises(Refused), database.write() as connection:
        connection.execute(insert(project), [half, {**half, "name": "other"}, half])

    with database.read() as connection:
        assert connection.execute(select(func.count()).select_from(project)).scalar_one() == 0


def test_a_row_of_no_project_is_refused(database: Database) -> None:
    """Both databases hold foreign keys."""
    row = {"project": "none", "source": "hook", "payload": {}, "received_at": 1}
    with pytest.raises(Refused), database.write() as connection:
        connection.execute(insert(delivery).values(**row))


def test_documents_come_back_as_they_went_in(database: Database) -> None:
    """JSON is kept as text, with every character."""
    a_project(database)
    document = {"lines": ["<b>\u202e 'x'", None, 1.5, True], "nested": {"ä": []}}
    with database.write() as connection:
        connection.execute(
            insert(event).values(project="flights", kind="push", ref="refs/heads/x", at=1, outcome=document)
        )

    with database.read() as connection:
        assert connection.execute(select(event.c.outcome)).scalar_one() == document


def test_the_databases_time_is_in_milliseconds(database: Database) -> None:
    """Its clock goes, and is close to ours."""
    with database.read() as connection:
        first = now(connection)
    time.sleep(0.02)
    with database.read() as connection:
        second = now(connection)

    assert 15 <= second - first < 5_000
    assert abs(second - time.time() * 1000) < 10_000


def test_writers_wait_for_each_other_and_lose_nothing(database: Database) -> None:
    """Many threads that read and write one row each see what the one before wrote."""
    a_project(database)
    faults: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(EACH):
                with database.write() as connection:
                    row = select(project.c.created_at).where(project.c.name == "flights").with_for_update()
                    found = connection.execute(row).scalar_one()
                    connection.execute(update(project).values(created_at=found + 1))
        except BaseException as fault:
            faults.append(fault)
            raise

    threads = [threading.Thread(target=work) for _ in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert faults == []
    with database.read() as connection:
        assert connection.execute(select(project.c.created_at)).scalar_one() == 1 + WRITERS * EACH


def test_a_database_of_a_newer_version_is_refused(database_url: str) -> None:
    """Whoever goes back to an older Roadworthy is told, and nothing is changed."""
    newer = open_platform(database_url)
    with newer.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    newer.close()

    with pytest.raises(IntegrityError, match="another version of Roadworthy"):
        open_platform(database_url)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    """It is left as it is."""
    file = tmp_path / "platform.db"
    file.write_bytes(b"not a database, but somebody's notes" * 100)

    with pytest.raises(StorageError, match=r"cannot be opened|no database of ours"):
        open_platform(f"sqlite:///{file}")
    assert file.read_bytes().startswith(b"not a database")


@pytest.mark.parametrize(("url", "kind"), [
    ("nonsense", UsageError),
    ("mysql://127.0.0.1/x", UsageError),
    ("postgresql://nobody:secret@127.0.0.1:1/x", Unreachable),
    ("sqlite:////nowhere/at/all/platform.db", StorageError),
])  # fmt: skip
def test_a_database_that_cannot_be_opened_is_told_without_its_password(url: str, kind: type[Exception]) -> None:
    """The error names it and what to do, and keeps the secret."""
    with pytest.raises(kind) as caught:
        open_platform(url)

    assert "secret" not in str(caught.value)
