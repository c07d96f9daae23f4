"""A verdict by the rules of one branch is none for a change to another: the check that a merge needs is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pytest
from sqlalchemy import delete

import quick_project
from release_project import git
from roadworthy.app.server.loop import look
from roadworthy.platform.change.verdict import Checked, state_checked
from roadworthy.platform.rebuild.facts import catch_up
from roadworthy.platform.store.schema import job
from runner_world import PROJECT, Told
from web_world import World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PLACE = f"/api/projects/{PROJECT}/changes"


@pytest.fixture
def told(tmp_path: Path) -> Iterator[Told]:
    """Give a platform whose project has Gitflow, and a branch for a release that passed for main."""
    with World.open(tmp_path) as world:
        found = Told(world, tmp_path / "runner")
        text = quick_project.PROFILE.format(name=PROJECT).replace("branches: trunk", "branches: gitflow")
        (found.tree / "profile.yaml").write_text(text, encoding="utf-8")
        found.push("main", "Gitflow")
        git(found.tree, "push", "-q", str(found.platform.forge.path(PROJECT)), "HEAD:develop")
        (found.tree / "params.yaml").write_text(quick_project.params(0.9), encoding="utf-8")
        stated(found, found.push("release/1", "Better"), "main", "passed")
        yield found


def stated(told: Told, commit: str, target: str, outcome: Literal["passed", "failed"]) -> None:
    """State a verdict on the release; nobody works off what else was asked for."""
    kept = told.platform.home.ledger(PROJECT, "test")
    state_checked(kept, Checked(PROJECT, commit, "release/1", target, "gates", outcome, "Stated."))
    with told.platform.database.write() as connection:
        catch_up(connection, PROJECT, kept)
        connection.execute(delete(job))


def test_a_verdict_against_another_target_does_not_merge(told: Told) -> None:
    """It passed by the rules of main; a change to develop waits for its own check, which is asked for once."""
    asked = {"branch": "release/1", "target": "develop", "title": "Back"}
    number = told.mona.send("POST", PLACE, asked).data["number"]
    early = told.mona.get(f"{PLACE}/{number}").data
    refused = told.mona.send("POST", f"{PLACE}/{number}/merge", {"reason": "Now."})
    events, again = look(told.platform, PROJECT), look(told.platform, PROJECT)
    waiting = told.mona.get(f"{PLACE}/{number}").data
    jobs_now = told.mona.get(f"/api/projects/{PROJECT}/jobs").data

    assert (early["verdict"], refused.status) == ("not_run", 422)
    assert "no check was made of its last commit against develop" in str(early)
    assert (len(events), again, waiting["verdict"]) == (1, [], "running")
    assert [one["payload"]["target"] for one in jobs_now if one["state"] == "queued"] == ["develop"]


def test_a_verdict_against_its_own_target_counts_alone(told: Told) -> None:
    """A no by the rules of develop does not keep the release from main."""
    wanted = [{"branch": "release/1", "target": one, "title": one} for one in ("main", "develop")]
    out, back = (told.mona.send("POST", PLACE, one).data for one in wanted)
    stated(told, out["head"], "develop", "failed")

    assert told.mona.get(f"{PLACE}/{out['number']}").data["verdict"] == "passed"
    assert told.mona.get(f"{PLACE}/{back['number']}").data["verdict"] == "failed"
