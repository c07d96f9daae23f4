"""The databases that the platform's store is tested on: SQLite, and a real PostgreSQL that is started for it."""

from __future__ import annotations

import os
import subprocess
import tempfile
import uuid
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine, text

if TYPE_CHECKING:
    from collections.abc import Iterator

SERVICES = Path(__file__).parents[1] / "scripts" / "services"
KINDS = ("sqlite", "postgresql")


@contextmanager
def postgresql() -> Iterator[str]:
    """Give the URL of a private server, stopped afterwards; on a laptop without one, skip."""
    with tempfile.TemporaryDirectory(prefix="rw-postgresql-", dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        place = str(Path(folder) / "pg")
        started = subprocess.run([SERVICES, "start", "postgresql", place], capture_output=True, text=True, check=False)
        if started.returncode != 0 and not os.environ.get("CI"):
            pytest.skip(f"PostgreSQL does not start here: {started.stderr.strip()}")
        assert started.returncode == 0, started.stderr
        try:
            yield started.stdout.split()[-1]
        finally:
            subprocess.run([SERVICES, "stop", "postgresql", place], check=True)


def fresh_url(server: str | None, folder: Path) -> str:
    """Return the URL of an empty database: on *server*, or a file of SQLite's in *folder*."""
    if server is None:
        return f"sqlite:///{folder / 'platform.db'}"
    name = f"t{uuid.uuid4().hex}"
    engine = create_engine(server.replace("postgresql:", "postgresql+psycopg:"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return server.rpartition("/")[0] + f"/{name}"
