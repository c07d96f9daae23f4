"""A version's files are put in its own folder, and nowhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from roadworthy.build.model.version import fetch
from roadworthy.errors import UsageError
from roadworthy.ledger import ledger

if TYPE_CHECKING:
    from pathlib import Path


def test_a_record_leads_nowhere_but_into_its_folder(tmp_path: Path) -> None:
    """A path with `..`, or one behind a symlink, is refused, and what lies there stays."""
    kept = ledger.open(tmp_path / ".roadworthy")
    address = kept.objects.put(b"model")
    (tmp_path / "elsewhere").mkdir()
    mine = tmp_path / "elsewhere" / "model"
    mine.write_bytes(b"mine")
    (tmp_path / "version").mkdir()
    (tmp_path / "version" / "build").symlink_to(tmp_path / "elsewhere")

    for path in ("../elsewhere/model", "build/model"):
        body = {"artifact": {"path": path, "address": address, "size": 5}}
        with pytest.raises(UsageError, match="leads"):
            fetch(kept, tmp_path / "version", body, "artifact")
    kept.close()
    assert mine.read_bytes() == b"mine"
