"""What Alembic runs: the migrations, on the connection that it is given."""

from __future__ import annotations

from alembic import context

# A table of its own for the version, so that one PostgreSQL database can hold both the index and the secrets.
context.configure(
    connection=context.config.attributes["connection"], render_as_batch=True, version_table="alembic_version_identity"
)
with context.begin_transaction():
    context.run_migrations()
