"""Which rules of its target a change loosens: told each by its name; what is stricter, or words alone, is not told."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

import declared
from roadworthy.declare import project
from roadworthy.prove.loosened import loosened

if TYPE_CHECKING:
    from pathlib import Path

    from roadworthy.declare.project import Declared

REQUIREMENTS, CONTRACT, MODE = "requirements.yaml", "contracts/rows.yaml", "failure_modes/FM-001.yaml"
PROFILE, PIPELINE = "profile.yaml", "pipeline.yaml"


class _Kept(dict[str, bytes]):
    """A cache."""

    def put(self, key: str, value: bytes) -> None:
        """Keep it."""
        self[key] = value


def read(folder: Path, file: str = "", old: str = "", new: str = "") -> Declared:
    """Return the project with *old* changed to *new* in one file."""
    return project.read(declared.write(folder, file, old, new), _Kept())


@pytest.fixture
def told(tmp_path: Path) -> partial[list[str]]:
    """Return what says what is loosened when one text of a file is changed."""

    def changed(file: str, old: str, new: str) -> list[str]:
        before, after = read(tmp_path / "before"), read(tmp_path / "after", file, old, new)
        return [str(one) for one in loosened(before, after)]

    return partial(changed)


def test_a_change_that_keeps_every_rule_loosens_none(tmp_path: Path) -> None:
    """The same files are as strict as themselves."""
    assert loosened(read(tmp_path / "before"), read(tmp_path / "after")) == ()


def test_a_lowered_bound_is_told_with_both_sides(told: partial[list[str]]) -> None:
    """It names the metric, the bound, the file, and both numbers."""
    assert told(REQUIREMENTS, "metric: roc_auc, at_least: 0.6, better", "metric: roc_auc, at_least: 0.5, better") == [
        "this change lowers quality.roc_auc.at_least in requirements.yaml: 0.6 → 0.5"
    ]


@pytest.mark.parametrize(("file", "old", "new", "said"), [
    (REQUIREMENTS, ", better_than: baseline", "", "removes quality.roc_auc.better_than"),
    (REQUIREMENTS, "not_lower, share: 95%", "not_lower, share: 95%, level: 5%", "adds behaviour.wind.level"),
    (REQUIREMENTS, "hour >= 20, metric", "hour >= 23, metric", "changes slices.night.where"),
    (REQUIREMENTS, "name: night", "name: nights", "removes slices.night"),
    (REQUIREMENTS, "share: 95%", "share: 5%", "lowers behaviour.wind.share"),
    (REQUIREMENTS, "within: 0.5", "within: 5", "raises behaviour.noise.within"),
    (REQUIREMENTS, "kind: invariance,", "kind: invariance, where: hour > 22,", "adds behaviour.noise.where"),
    (REQUIREMENTS, "flag_top: 15%", "threshold: 0.3", "removes decision.flag_top"),
    (REQUIREMENTS, "max: 90", "max: 900", "raises inputs.override.wind.max"),
    (REQUIREMENTS, "quality:\n", "against_production: {excess: 60%}\nquality:\n", None),
    (CONTRACT, "max: 23", "max: 99", "raises columns.hour.max"),
    (CONTRACT, "{unique: true}", "{}", "changes columns.id.unique"),
    (CONTRACT, ", at_most: 60%", "", "removes label.share.at_most"),
    (MODE, "severity: low", "severity: low\nshare: 10%", "lowers share"),
    (MODE, "severity: low", "severity: low\nstatus: accepted\naccepted: {until: 2030-01-01, why: so}", "adds accepted"),
    (PIPELINE, "reference: {path: build/test.csv", "reference: {path: build/train.csv", "changes datasets.reference"),
    (PROFILE, "project: small\n", "project: small\nmembers: {eve: maintainer}\n", "adds members"),
    (PROFILE, "project: small\n", "project: small\nenvironments: {production: {deploy: auto}}\n", "adds environments"),
])  # fmt: skip
def test_what_is_looser_or_other_is_told(
    told: partial[list[str]], file: str, old: str, new: str, said: str | None
) -> None:
    """A rule that is gone, weaker, narrower, or cannot be told to be stricter; never a rule more."""
    found = told(file, old, new)

    assert any(f"this change {said}" in one for one in found) if said else not found


@pytest.mark.parametrize(("file", "old", "new"), [
    (REQUIREMENTS, "metric: roc_auc, at_least: 0.6, better", "metric: roc_auc, at_least: 0.7, better"),
    (REQUIREMENTS, "  - {metric: roc_auc,", "  - {metric: roc_auc, at_most: 0.99,"),
    (REQUIREMENTS, "within: 0.5", "within: 0.1"),
    (REQUIREMENTS, "model: late\n", "model: late\npurpose: Other words.\n"),
    (REQUIREMENTS, "model: late\n", "model: late\nlatency: {p99: 50ms}\n"),
    (REQUIREMENTS, "model: late\n", "model: late\nsize: {artifact: 5MiB}\n"),
    (REQUIREMENTS, "share: 95%}", "share: 95%, capability: weather}"),
    (REQUIREMENTS, "columns: [hour, wind]", "columns: [wind, hour]"),
    (CONTRACT, "wind: {type: number}", "wind: {type: number, min: 0}"),
    (CONTRACT, "max: 23", "max: 22"),
    (CONTRACT, "table: {key: id}", "table: {key: id, rows: {at_least: 5}}"),
    (MODE, "title: Storms", "title: Heavy storms"),
])  # fmt: skip
def test_what_is_stricter_or_only_words_is_not_told(told: partial[list[str]], file: str, old: str, new: str) -> None:
    """A maintainer is not asked about what judges more."""
    assert told(file, old, new) == []


@pytest.mark.parametrize("file", [REQUIREMENTS, CONTRACT, MODE])
def test_a_file_that_is_gone_is_told(tmp_path: Path, file: str) -> None:
    """With it go all of its rules."""
    before, folder = read(tmp_path / "before"), declared.write(tmp_path / "after")
    (folder / file).unlink()
    if file == CONTRACT:
        text = (folder / REQUIREMENTS).read_text(encoding="utf-8")
        (folder / REQUIREMENTS).write_text(text.replace("contract: rows, ", ""), encoding="utf-8")

    found = [str(one) for one in loosened(before, project.read(folder, _Kept()))]

    assert f"this change removes everything in {file}: the file is gone" in found


def test_a_larger_budget_is_looser_and_a_smaller_one_is_not(tmp_path: Path) -> None:
    """Sizes are compared as bytes, not as text: 900KiB is less than 5MiB."""
    small, large = (
        read(tmp_path / name, REQUIREMENTS, "model: late\n", f"model: late\nsize: {{artifact: {size}}}\n")
        for name, size in (("small", "900KiB"), ("large", "5MiB"))
    )

    assert loosened(large, small) == ()
    assert [str(one) for one in loosened(small, large)] == [
        "this change raises size.artifact in requirements.yaml: 900KiB → 5MiB"
    ]
