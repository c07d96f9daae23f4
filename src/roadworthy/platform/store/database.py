"""A database, opened: SQLite (write-ahead log, synchronous FULL) or PostgreSQL, its tables brought up to date."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, create_engine, event, make_url, select, text
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError
from sqlalchemy.pool import QueuePool

from roadworthy.errors import IntegrityError, StorageError, Unreachable, UsageError
from roadworthy.platform.store.schema import project

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy.engine import URL

_BUSY_SECONDS = 15  # that a writer waits for the others
_LOCK = 7623_1701  # any number: all that it must be is ours
_NOW = {
    "sqlite": "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)",
    "postgresql": "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)",
}
_DRIVERS = {"postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}


@dataclass(frozen=True, slots=True)
class Database:
    """Where rows are read and written, each time in one transaction."""

    engine: Engine
    _turn: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    @classmethod
    def open(cls, url: str, migrations: Path, to: str = "head") -> Self:
        """Return the database at *url*, made when it is not there, with all *migrations* applied.

        Args:
            url: `sqlite:///PATH` or `postgresql://…`.
            migrations: A folder of Alembic's: `env.py` and `versions/`.
            to: The last one to apply.

        Raises:
            UsageError: The URL cannot be read, or names another kind of database.
            Unreachable: The server does not answer.
            StorageError: The file cannot be read or written.
            IntegrityError: It was made by a newer Roadworthy.
        """
        database = cls(_engine(_parsed(url)))
        try:
            with _told(url):
                database._migrate(migrations, to)
        except BaseException:
            database.close()
            raise
        return database

    @property
    def is_sqlite(self) -> bool:
        """Whether it is a file of SQLite's, which has one writer at a time."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a connection that sees one state of the database.

        Raises:
            StorageError, Unreachable: It cannot be read now: the disk is full, or the server is away.
        """
        with _now_or_later(self), self.engine.connect() as connection:
            yield connection
            connection.rollback()

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Give a connection whose writes are all kept when the block ends, or none when it raises.

        On SQLite the block holds the only right to write: keep it short.

        Raises:
            StorageError, Unreachable: It cannot be written now: the disk is full, others write, or the server is away.
        """
        with _now_or_later(self), self._writing() as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        writing = {"roadworthy_write": True}
        with self._in_turn(), self.engine.connect().execution_options(**writing) as connection, connection.begin():
            yield connection

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        """Let our own writers of a file take turns: SQLite has who comes too early sleep, up to 100 ms at a time."""
        if not self.is_sqlite:
            yield
            return
        if not self._turn.acquire(timeout=_BUSY_SECONDS):
            raise Unreachable("The index does not answer: others write to it.", remedy="Try again in a while.")
        try:
            yield
        finally:
            self._turn.release()

    def _migrate(self, migrations: Path, to: str) -> None:
        config = Config()
        config.set_main_option("script_location", str(migrations).replace("%", "%%"))
        config.set_main_option("path_separator", "os")
        with self._writing() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, to)

    def close(self) -> None:
        """Let go of all connections."""
        self.engine.dispose()


def now(connection: Connection) -> int:
    """Return the database's own time, in milliseconds since 1970: the same clock for all who share it."""
    found: int = connection.execute(text(f"SELECT {_NOW[connection.dialect.name]}")).scalar_one()
    return found


def hold(connection: Connection, name: str) -> None:
    """Let nobody else who holds the project *name* go on before this transaction ends."""
    connection.execute(select(project.c.name).where(project.c.name == name).with_for_update())


def hold_all(connection: Connection) -> None:
    """Let nobody else who asks for this go on before this transaction ends; SQLite has one writer at a time anyhow."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))


def _parsed(url: str) -> URL:
    try:
        found = make_url(url)
    except ArgumentError as fault:
        raise UsageError(
            f"{url!r} names no database.", remedy="Write `sqlite:///PATH` or `postgresql://USER@HOST/NAME`."
        ) from fault
    if found.drivername in _DRIVERS:
        found = found.set(drivername=_DRIVERS[found.drivername])
    if found.get_backend_name() not in _NOW:
        raise UsageError(
            f"A {found.get_backend_name()} database is not known here.", remedy="Use SQLite or PostgreSQL."
        )
    return found


def _engine(url: URL) -> Engine:
    if url.get_backend_name() == "postgresql":
        try:
            return create_engine(url, pool_pre_ping=True, pool_size=8, max_overflow=24)
        except ModuleNotFoundError as fault:
            raise UsageError(
                "PostgreSQL needs a driver that is not installed.", remedy="`pip install 'roadworthy[postgres]'`."
            ) from fault
    # Connections are kept: whoever closes the last one copies the whole log into the file first, which takes longer
    # than any transaction of ours.
    options = {"timeout": _BUSY_SECONDS, "check_same_thread": False}  # one thread at a time has it
    engine = create_engine(url, poolclass=QueuePool, pool_size=4, max_overflow=60, connect_args=options)
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: object, _: object) -> None:
    # The driver begins transactions by itself, too late for a reader that will write: we do it in `_begin`.
    connection.isolation_level = None  # type: ignore[attr-defined] # sqlite3.Connection, which SQLAlchemy does not say
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}")  # type: ignore[attr-defined]


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("roadworthy_write")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def _now_or_later(database: Database) -> Iterator[None]:
    """Tell what it means that the database cannot be used now; nothing of the block was kept."""
    try:
        yield
    except OperationalError as fault:
        if database.is_sqlite and "locked" not in str(fault.orig):
            raise StorageError(
                f"The index cannot be used: {fault.orig}.", remedy="Make room on its disk, and try again."
            ) from fault
        raise Unreachable(f"The index does not answer: {fault.orig}.", remedy="Try again in a while.") from fault


@contextmanager
def _told(url: str) -> Iterator[None]:
    """Tell what a database that cannot be opened means for whoever starts it."""
    shown = make_url(url).render_as_string(hide_password=True)
    try:
        yield
    except CommandError as fault:
        raise IntegrityError(
            f"{shown} was made by another version of Roadworthy: {fault}.",
            remedy="Start the version that made it, or a newer one; or move it away, and `roadworthy rebuild`.",
        ) from fault
    except OperationalError as fault:
        if shown.startswith("sqlite"):
            raise StorageError(
                f"{shown} cannot be opened: {fault.orig}.", remedy="See its rights and the disk."
            ) from fault
        raise Unreachable(f"{shown} does not answer: {fault.orig}.", remedy="Start it, or name another.") from fault
    except DBAPIError as fault:
        raise StorageError(
            f"{shown} is no database of ours: {fault.orig}.", remedy="Move it away, and `roadworthy rebuild`."
        ) from fault
