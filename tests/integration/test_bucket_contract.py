"""A bucket over HTTP is an object store, as a folder is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bucket_world import Served, served
from object_store_contract import ObjectStoreContract

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from roadworthy.adapters.object_store.http.store import HttpStore
    from roadworthy.ledger.objects.folder import DirectoryStore


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Served]:
    """Return buckets that are served."""
    with served(tmp_path / "buckets") as running:
        yield running


@pytest.fixture
def folder(server: Served) -> DirectoryStore:
    """Return where the objects lie."""
    return server.folder()


@pytest.fixture
def store(server: Served) -> HttpStore:
    """Return the store under test."""
    return server.store()


class TestHttpStore(ObjectStoreContract):
    """The contract."""
