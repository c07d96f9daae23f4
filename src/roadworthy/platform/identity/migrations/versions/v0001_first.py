"""The first tables. What stands here is never changed: a later step changes it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "account", _text("name", primary=True), _text("password_hash", null=True), _text("display"),
        sa.Column("is_admin", sa.Integer(), nullable=False), _time("created_at"), _time("disabled_at", null=True),
    )  # fmt: skip
    op.create_table(
        "token", _text("id", primary=True), _account("token"), _text("hash"), _text("label"), _text("scopes"),
        _text("project", null=True), _time("created_at"), _time("expires_at"), _time("last_used_at", null=True),
        _time("revoked_at", null=True),
    )  # fmt: skip
    op.create_index("ix_token_account", "token", ["account"])
    op.create_table(
        "session", _text("hash", primary=True), _account("session"), _text("agent"), _time("created_at"),
        _time("expires_at"),
    )  # fmt: skip
    op.create_index("ix_session_account", "session", ["account"])
    op.create_table(
        "invitation", _text("hash", primary=True), _text("account", null=True), _text("invited_by", null=True),
        sa.Column("is_admin", sa.Integer(), nullable=False), _time("created_at"), _time("expires_at"),
        _time("used_at", null=True),
    )  # fmt: skip


def _text(name: str, *, primary: bool = False, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), primary_key=primary, nullable=null)


def _time(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=null)


def _account(table: str) -> sa.Column[str]:
    link = sa.ForeignKey("account.name", name=f"fk_{table}_account")
    return sa.Column("account", sa.Text(), link, nullable=False)
