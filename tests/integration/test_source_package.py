"""Data files inside a Python distribution that would do harm."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import pytest

from roadworthy.adapters.source import package
from roadworthy.declare.pipeline import Source
from roadworthy.errors import IntegrityError

if TYPE_CHECKING:
    from pathlib import Path


def test_an_archive_that_unpacks_to_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small file can hold more than the disk does: what it unpacks to has a bound, and nothing is left of it."""
    files = tmp_path / "unpacked" / "bomb==1.0"
    files.mkdir(parents=True)
    (files / "BUILT").write_text("no", encoding="utf-8")
    with zipfile.ZipFile(files / "rows.csv.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("rows.csv", "x\n" + "1\n" * (1 << 20))
    source = package.PackageSource(tmp_path / "unpacked")
    wanted = Source(to="rows.parquet", package="bomb==1.0", member="rows.csv.zip")
    to = tmp_path / "to" / "rows.parquet"
    to.parent.mkdir()

    source.fetch(wanted, to)
    to.unlink()
    monkeypatch.setattr(package, "_LARGEST", 1 << 20)
    with pytest.raises(IntegrityError, match="unpacks to"):
        source.fetch(wanted, to)

    assert list(to.parent.iterdir()) == []
