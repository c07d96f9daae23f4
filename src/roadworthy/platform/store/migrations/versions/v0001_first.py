"""The first tables. What stands here is never changed: a later step changes it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    _projects()
    _facts()
    _traces()


def _count() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _text(name: str, *, primary: bool = False, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), primary_key=primary, nullable=null)


def _time(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=null)


def _whole(name: str, *, primary: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), primary_key=primary, autoincrement=False, nullable=False)


def _project(table: str, *, primary: bool = True) -> sa.Column[str]:
    link = sa.ForeignKey("project.name", name=f"fk_{table}_project")
    return sa.Column("project", sa.Text(), link, primary_key=primary, nullable=False)


def _projects() -> None:
    op.create_table(
        "project", _text("name", primary=True), _text("state"), _time("created_at"), _time("removed_at", null=True),
        _text("record"),
    )  # fmt: skip
    op.create_table("member", _project("member"), _text("who", primary=True), _text("role"))
    op.create_table(
        "resource", _project("resource"), _text("kind", primary=True), _text("name", primary=True), _text("wanted"),
        _text("state"), _time("applied_at"), _time("removed_at", null=True),
    )  # fmt: skip
    op.create_table("ref", _project("ref"), _text("name", primary=True), _text("object"))


def _facts() -> None:
    op.create_table(
        "change", _project("change"), _whole("number", primary=True), _text("branch"), _text("target"), _text("title"),
        _text("author"), _text("state"), _time("opened_at"), _time("closed_at", null=True), _text("head"),
        _text("merge_commit", null=True), _whole("unreviewed"), _text("record"),
    )  # fmt: skip
    op.create_index("ix_change_project_state", "change", ["project", "state"])
    op.create_table(
        "fact", _text("address", primary=True), _project("fact", primary=False), _text("kind"),
        _text("commit", null=True), _text("at"), _text("actor"), _text("body"),
    )  # fmt: skip
    op.create_index("ix_fact_project_kind_at", "fact", ["project", "kind", "at"])
    op.create_index("ix_fact_project_commit", "fact", ["project", "commit"])
    op.create_table(
        "audit", sa.Column("seq", _count(), primary_key=True, autoincrement=False), _text("project", null=True),
        _text("at"), _text("actor"), _text("action"), _text("target"), _text("detail"), _text("record"),
    )  # fmt: skip
    op.create_index("ix_audit_project_seq", "audit", ["project", "seq"])


def _traces() -> None:
    op.create_table(
        "delivery", sa.Column("id", _count(), primary_key=True, autoincrement=True),
        _project("delivery", primary=False), _text("source"), _text("payload"), _time("received_at"),
        _time("handled_at", null=True), _text("outcome", null=True),
    )  # fmt: skip
    op.create_index("ix_delivery_handled_at", "delivery", ["handled_at"])
    op.create_table(
        "event", sa.Column("id", _count(), primary_key=True, autoincrement=True), _project("event", primary=False),
        sa.Column("delivery", _count(), sa.ForeignKey("delivery.id", name="fk_event_delivery")), _text("kind"),
        _text("ref"), _text("before", null=True), _text("after", null=True), _text("actor", null=True), _time("at"),
        _text("outcome"),
    )  # fmt: skip
    op.create_index("ix_event_project_id", "event", ["project", "id"])
    op.create_table(
        "job", sa.Column("id", _count(), primary_key=True, autoincrement=True), _project("job", primary=False),
        _text("key"), _text("kind"), _text("payload"),
        sa.Column("cause", _count(), sa.ForeignKey("event.id", name="fk_job_cause")), _text("state"),
        _whole("priority"), _time("run_at"), _whole("attempts"), _whole("fence"), _text("owner", null=True),
        _time("lease_until", null=True), _whole("cancel"), _text("result", null=True), _text("reason", null=True),
        _time("created_at"), _time("finished_at", null=True), sa.UniqueConstraint("key", name="uq_job_key"),
    )  # fmt: skip
    op.create_index("ix_job_state_run_at", "job", ["state", "run_at"])
    op.create_index("ix_job_project_id", "job", ["project", "id"])
