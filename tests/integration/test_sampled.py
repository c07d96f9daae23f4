"""Features are run on a sample: answered soon, failed where it fails, and never merged by it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

import quick_project
from release_project import git
from roadworthy.app.runner.sample import overlay
from roadworthy.app.server.loop import look
from roadworthy.errors import UsageError
from runner_world import PROJECT, Told
from web_world import World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CI = "ci: {feature: {params: {train.slope: 0.7}}}\n"


@pytest.fixture
def told(tmp_path: Path) -> Iterator[Told]:
    """Give the platform and its runner."""
    with World.open(tmp_path) as world:
        yield Told(world, tmp_path / "runner", CI)


def test_a_sample_answers_a_push_and_the_whole_is_run_for_the_change(told: Told) -> None:
    """The push is told that it was a sample, by parameters on no commit; the change is not merged by it."""
    git(told.tree, "switch", "-q", "-c", "feature/better")
    (told.tree / "params.yaml").write_text(quick_project.params(0.9), encoding="utf-8")
    commit = told.push("feature/better", "Better")
    sampled = told.work()[0]
    asked = {"branch": "feature/better", "target": "main", "title": "Better"}
    number = told.mona.send("POST", f"/api/projects/{PROJECT}/changes", asked).data["number"]
    place = f"/api/projects/{PROJECT}/changes/{number}"
    early = told.mona.get(place).data
    refused = told.mona.send("POST", f"{place}/merge", {"reason": "Now."})
    look(told.platform, PROJECT)
    again = look(told.platform, PROJECT)
    whole = told.work()[0]
    merged = told.mona.send("POST", f"{place}/merge", {"reason": ""})

    assert sampled["payload"]["scope"] == "sampled"
    assert sampled["result"]["sampled"] == {"train.slope": 0.7}
    assert sampled["result"]["summary"] == "On a sample (train.slope = 0.7): Every test holds."
    assert (early["verdict"], refused.status, again) == ("not_run", 422, [])
    assert "only a sample" in json.dumps(early)
    assert (whole["payload"]["scope"], whole["result"]["summary"]) == ("feature", "Every test holds.")
    assert merged.status == 200, merged.text
    bodies = [record.body for _, record in told.platform.home.ledger(PROJECT, "t").records.all("proof")]
    mine = [one for one in bodies if one["commit"] == commit]
    assert sorted((one.get("sampled"), one["dirty"]) for one in mine if one.get("sampled")) == [
        ({"train.slope": 0.7}, True)
    ]
    assert any(not one.get("sampled") and not one["dirty"] for one in mine)


def test_a_sample_that_fails_says_no(told: Told) -> None:
    """It is a verdict: nobody waits for the whole to learn it."""
    git(told.tree, "switch", "-q", "-c", "feature/worse")
    place = told.tree / "src" / "train.py"
    place.write_text(place.read_text().replace('"slope": slope}', '"slope": -slope}'), encoding="utf-8")
    told.push("feature/worse", "Worse")
    job = told.work()[0]

    assert job["payload"]["scope"] == "sampled"
    assert job["result"]["outcome"] == "failed"
    assert job["result"]["summary"].startswith("On a sample (train.slope = 0.7): 1 gate failed")


@pytest.mark.parametrize("name", ["train.none", "none", "train.slope.deeper"])
def test_parameters_that_there_are_not_are_refused(tmp_path: Path, name: str) -> None:
    """A sample of nothing would be the whole, called a sample."""
    git(tmp_path, "init", "-q")
    (tmp_path / "params.yaml").write_text(quick_project.params(0.9), encoding="utf-8")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "Begin")

    with pytest.raises(UsageError, match=f"has no {name}"):
        overlay(tmp_path, "HEAD", {name: 1})


def test_a_sample_never_follows_a_link(tmp_path: Path) -> None:
    """Nothing outside the checkout is read or written."""
    outside = tmp_path / "outside.yaml"
    outside.write_text("train: {slope: 1}\n", encoding="utf-8")
    place = tmp_path / "project"
    git(tmp_path, "init", "-q", str(place))
    (place / "params.yaml").symlink_to(outside)
    git(place, "add", ".")
    git(place, "commit", "-q", "-m", "Begin")

    with pytest.raises(UsageError, match="cannot be read"):
        overlay(place, "HEAD", {"train.slope": 2})
    assert outside.read_text(encoding="utf-8") == "train: {slope: 1}\n"
