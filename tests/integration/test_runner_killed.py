"""Killed at any step of a job, a runner leaves nothing that the next one does not put right: it comes to the same."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from platform_world import FAILPOINTS, until
from roadworthy.app.server.children.runners import programs
from runner_world import PROJECT, Told
from web_world import World

if TYPE_CHECKING:
    from pathlib import Path

_RUNNER = "roadworthy.app.runner"
# Steps of a runner, from the claim of a check to the answer to what it handed in, in their order.
STEPS = {
    "after the job is claimed": f"{_RUNNER}.client:Server.claim:after",
    "after the commit is checked out": f"{_RUNNER}.checkout:check_out:ended",
    "after the pipeline ran": f"{_RUNNER}.check:Commands.run:after",
    "after the tests ran": f"{_RUNNER}.check:Commands.run:after:2",
    "before anything is uploaded": f"{_RUNNER}.hand_in:hand_in:before",
    "in the middle of the upload": "roadworthy.ledger.objects.push:push:after:2",
    "between upload and hand-in": f"{_RUNNER}.hand_in:hand_in:after",
    "after it handed in": f"{_RUNNER}.client:Server.complete:ended",
}
FEW = ("in the middle of the upload", "between upload and hand-in")
CHOSEN = tuple(STEPS) if os.environ.get("ROADWORTHY_FAILPOINTS") == "all" else FEW


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Give what is stated when no runner is killed."""
    found, killed = worked(tmp_path_factory.mktemp("undisturbed"), "")
    assert not killed
    return found


@pytest.mark.slow
@pytest.mark.parametrize("step", CHOSEN)
def test_a_runner_killed_at_a_step_comes_to_the_same(step: str, undisturbed: dict[str, Any], tmp_path: Path) -> None:
    """The job is done by the next one; its run, its proof and its verdict are stated once."""
    found, killed = worked(tmp_path, STEPS[step])

    assert killed
    assert found == undisturbed


def worked(folder: Path, step: str) -> tuple[dict[str, Any], bool]:
    """Let a runner that is killed at *step* check a commit; return what came of it, and whether it was killed."""
    with World.open(folder, lease=60) as world:
        told = Told(world, folder / "told")
        armed = folder / "armed"
        armed.touch()
        *_, program = programs(world.platform.home, world.runner, world.url, 1)
        failing = {"PYTHONPATH": str(FAILPOINTS), "ROADWORTHY_TEST_KILL": step, "ROADWORTHY_TEST_ARMED": str(armed)}
        environment = {**program.environment, **(failing if step else {})}
        world.platform.processes.want(replace(program, environment=environment))
        until(lambda: [one["state"] for one in checks_of(told)] == ["done"], "the check to be done")
        until(lambda: not step or not armed.exists(), "the runner to be killed")
        return stated(told), not armed.exists()


def stated(told: Told) -> dict[str, Any]:
    """Return what the platform states, without times and without how often it was tried."""
    ledger = told.platform.home.ledger(PROJECT, "test")
    said = [one.body for _, one in ledger.records.all("check")]
    return {
        "jobs": [(one["state"], one["passed"]) for one in checks_of(told)],
        "checks": [(one["outcome"], one["why"], bool(one["proof"])) for one in said],
        "runs": len(list(ledger.records.all("run"))),
        "proofs": len(list(ledger.records.all("proof"))),
        "left": [place.name for place in told.platform.home.work.glob("job-*")],
    }


def checks_of(told: Told) -> list[dict[str, Any]]:
    """Return the checks of the project, the newest first."""
    found: list[dict[str, Any]] = told.mona.get(f"/api/projects/{PROJECT}/jobs").data
    return [one for one in found if one["kind"] == "check"]
