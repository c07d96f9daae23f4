"""What every test shares: a home of its own, an identity for git, and a guard on the home and the network."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from databases import KINDS, fresh_url, postgresql
from guard import Guard
from roadworthy.platform.identity.identity import open_identity
from roadworthy.platform.store.platform import open_platform

if TYPE_CHECKING:
    from collections.abc import Iterator

    from roadworthy.platform.identity.identity import Identity
    from roadworthy.platform.store.database import Database

ROOT = Path(__file__).parents[1]
# A busy machine is no fault of the code; `HYPOTHESIS_PROFILE=long` looks further than there is time for on each push.
settings.register_profile("house", deadline=None, max_examples=40)
settings.register_profile("long", deadline=None, max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "house"))
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # commands that tests start would compile everything each time
GUARD = Guard(home=Path.home(), allowed=(ROOT, *Guard.python_folders()))


def pytest_configure() -> None:
    """Put the guard on before any test is collected."""
    GUARD.install()


@pytest.fixture(scope="session", autouse=True)
def _cache() -> None:
    """Let package caches of subprocesses live in the repository, not in the home."""
    os.environ.setdefault("UV_CACHE_DIR", str(ROOT / ".cache" / "uv"))


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give each test an empty home and a git identity, and nothing of the user's configuration."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder / ".config"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "Ada")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "ada@example.com")
    return folder


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """Give the URL of a private PostgreSQL server, started when a test first asks for it."""
    with postgresql() as url:
        yield url


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give the URL of an empty database, once of each kind."""
    server = request.getfixturevalue("postgresql_server") if request.param == "postgresql" else None
    return fresh_url(server, tmp_path)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """Give the platform's database, empty, once of each kind."""
    opened = open_platform(database_url)
    yield opened
    opened.close()


@pytest.fixture
def identity(database_url: str) -> Iterator[Identity]:
    """Give the platform's secrets, empty, once in each kind of database."""
    opened = open_identity(database_url)
    yield opened
    opened.close()
