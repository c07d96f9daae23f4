"""A folder is an object store."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from object_store_contract import ObjectStoreContract
from roadworthy.ledger.objects.folder import DirectoryStore

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> DirectoryStore:
    """Return where the objects lie."""
    return DirectoryStore(tmp_path / "objects")


@pytest.fixture
def store(folder: DirectoryStore) -> DirectoryStore:
    """Return the store under test."""
    return folder


class TestDirectoryStore(ObjectStoreContract):
    """The contract."""
