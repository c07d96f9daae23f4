"""The tables of `identity.db`: what is secret, or stands for a secret. They are backed up, and cannot be rebuilt.

Of passwords, tokens, sessions and invitations a digest is kept. The secrets of projects and the addresses of their
alerts alone stand as they are, for their values are needed: who can read this database has them. Times are
milliseconds since 1970 in UTC.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, MetaData, Table, Text

TABLES = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _account() -> Column[str]:
    return Column("account", Text, ForeignKey("account.name"), nullable=False)


account = Table(
    "account", TABLES,
    Column("name", Text, primary_key=True),
    Column("password_hash", Text),  # none: the account signs in by another directory, or not yet
    Column("display", Text, nullable=False),
    Column("is_admin", Integer, nullable=False, default=0),
    Column("created_at", BigInteger, nullable=False),
    Column("disabled_at", BigInteger),
)  # fmt: skip

token = Table(
    "token", TABLES,
    Column("id", Text, primary_key=True),
    _account(),
    Column("hash", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("scopes", Text, nullable=False),  # of `read write admin`, with spaces between
    Column("project", Text),  # the only one that it is for
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("last_used_at", BigInteger),
    Column("revoked_at", BigInteger),
    Index(None, "account"),
)  # fmt: skip

session = Table(
    "session", TABLES,
    Column("hash", Text, primary_key=True),
    _account(),
    Column("agent", Text, nullable=False),  # the browser, as it names itself
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Index(None, "account"),
)  # fmt: skip

invitation = Table(
    "invitation", TABLES,
    Column("hash", Text, primary_key=True),
    Column("account", Text),  # for this account, to set its password; none: for a new one
    Column("invited_by", Text),
    Column("is_admin", Integer, nullable=False, default=0),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
)  # fmt: skip

project_secret = Table(
    "project_secret", TABLES,
    Column("project", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
    Column("version", Integer, nullable=False),  # counts how often it was set
    Column("set_by", Text, nullable=False),
    Column("set_at", BigInteger, nullable=False),
)  # fmt: skip

alert_channel = Table(
    "alert_channel", TABLES,
    Column("project", Text, primary_key=True),
    Column("channel", Text, primary_key=True),
    Column("url", Text, nullable=False),
    Column("secret", Text),  # what is sent is signed with it; none: the address alone is secret
    Column("set_by", Text, nullable=False),
    Column("set_at", BigInteger, nullable=False),
)  # fmt: skip
