"""The tables of the platform's database: what SQLite and PostgreSQL both do, and nothing else.

Times are milliseconds since 1970 in UTC. Columns called `record` name the signed record of the fact in the project's
bucket. Everything here can be made again from git and the buckets, but for traces: jobs, deliveries and events.
"""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)


class Document(TypeDecorator[Any]):
    """A JSON value, kept as text: the same in both databases."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Return the text that is kept."""
        return None if value is None else json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:  # noqa: ARG002
        """Return the value that was kept."""
        return None if value is None else json.loads(value)


def number() -> BigInteger:
    """Return the type of a number that the database counts up: SQLite does so for its own INTEGER alone."""
    return BigInteger().with_variant(Integer, "sqlite")


TABLES = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _project(*, primary: bool = True) -> Column[str]:
    return Column("project", Text, ForeignKey("project.name"), primary_key=primary, nullable=False)


project = Table(
    "project", TABLES,
    Column("name", Text, primary_key=True),
    Column("state", Text, nullable=False),  # active | removed
    Column("created_at", BigInteger, nullable=False),
    Column("removed_at", BigInteger),
    Column("record", Text, nullable=False),
)  # fmt: skip

member = Table(
    "member", TABLES,
    _project(),
    Column("who", Text, primary_key=True),  # an account, or `group:NAME`
    Column("role", Text, nullable=False),  # maintainer | contributor | reader
)  # fmt: skip

resource = Table(
    "resource", TABLES,
    _project(),
    Column("kind", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("wanted", Document, nullable=False),
    Column("state", Text, nullable=False),  # active | tombstone
    Column("applied_at", BigInteger, nullable=False),
    Column("removed_at", BigInteger),
)  # fmt: skip

ref = Table(
    "ref", TABLES,
    _project(),
    Column("name", Text, primary_key=True),
    Column("object", Text, nullable=False),
)  # fmt: skip

delivery = Table(
    "delivery", TABLES,
    Column("id", number(), primary_key=True, autoincrement=True),
    _project(primary=False),
    Column("source", Text, nullable=False),  # hook | start | sweep | manual
    Column("payload", Document, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("handled_at", BigInteger),
    Column("outcome", Text),
    Index(None, "handled_at"),
)  # fmt: skip

event = Table(
    "event", TABLES,
    Column("id", number(), primary_key=True, autoincrement=True),
    _project(primary=False),
    Column("delivery", number(), ForeignKey("delivery.id")),
    Column("kind", Text, nullable=False),  # push | create | delete | tag | change | schedule | manual | alert
    Column("ref", Text, nullable=False),
    Column("before", Text),
    Column("after", Text),
    Column("actor", Text),
    Column("at", BigInteger, nullable=False),
    Column("outcome", Document, nullable=False),  # what was done, or why nothing was, and the fix
    Index(None, "project", "id"),
)  # fmt: skip

change = Table(
    "change", TABLES,
    _project(),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("branch", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("state", Text, nullable=False),  # open | merged | closed
    Column("opened_at", BigInteger, nullable=False),
    Column("closed_at", BigInteger),
    Column("head", Text, nullable=False),
    Column("merge_commit", Text),
    Column("unreviewed", Integer, nullable=False, default=0),
    Column("record", Text, nullable=False),
    Index(None, "project", "state"),
)  # fmt: skip

job = Table(
    "job", TABLES,
    Column("id", number(), primary_key=True, autoincrement=True),
    _project(primary=False),
    Column("key", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("payload", Document, nullable=False),
    Column("cause", number(), ForeignKey("event.id")),
    Column("state", Text, nullable=False),  # queued | running | done | failed | cancelled
    Column("priority", Integer, nullable=False, default=0),
    Column("run_at", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("fence", Integer, nullable=False, default=0),
    Column("owner", Text),
    Column("lease_until", BigInteger),
    Column("cancel", Integer, nullable=False, default=0),
    Column("result", Document),
    Column("reason", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("finished_at", BigInteger),
    UniqueConstraint("key"),
    Index(None, "state", "run_at"),
    Index(None, "project", "id"),
)  # fmt: skip

fact = Table(
    "fact", TABLES,
    Column("address", Text, primary_key=True),
    _project(primary=False),
    Column("kind", Text, nullable=False),
    Column("commit", Text),
    Column("at", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("body", Document, nullable=False),
    Index(None, "project", "kind", "at"),
    Index(None, "project", "commit"),
)  # fmt: skip

audit = Table(
    "audit", TABLES,
    Column("seq", number(), primary_key=True, autoincrement=False),
    Column("project", Text),
    Column("at", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("detail", Document, nullable=False),
    Column("record", Text, nullable=False),
    Index(None, "project", "seq"),
)  # fmt: skip
