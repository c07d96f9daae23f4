"""The study of the gate, in its small size: it is played with the real learners and data, and reported."""

from __future__ import annotations

import importlib
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from types import ModuleType

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def study(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The benchmark, which finds its parts beside it."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    monkeypatch.syspath_prepend(str(BENCHMARKS / "flips_study"))
    module = importlib.import_module("prove_flips")
    for name in ("prove_flips", "report", "figure", "peers"):
        monkeypatch.delitem(sys.modules, name)
    return module


@pytest.mark.slow
def test_the_small_study_blocks_breakages_and_lets_twins_pass(
    study: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of one linear model of the diamonds: no twin is blocked, every large breakage is, and it is told as it was."""
    records: list[dict[str, Any]] = study.played(small=True)
    monkeypatch.setattr(study, "DOCS", tmp_path)
    (tmp_path / "noise-floor.md").write_text("# Before\n" + "".join(study.MARKS) + "after\n", encoding="utf-8")
    study.write(records)
    text = (tmp_path / "noise-floor.md").read_text("utf-8")
    values = {figure.what: figure.ours for figure in study.figures(records)}

    assert values["twins that are blocked"] == 0
    assert values["breakages of twice the floor and more that are blocked"] == 100
    assert values["honest upgrades that are let through"] > 50
    assert text.startswith("# Before\n")
    assert text.endswith("after\n")
    assert "| **all** |" in text
    assert len(ET.parse(tmp_path / "noise-floor.svg").getroot()) > 10  # noqa: S314 - our own
