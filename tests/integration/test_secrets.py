"""Secrets of a project: for the stages that name them alone, and nowhere else: canaries in every place."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import quick_project
from release_project import git
from roadworthy.app.server.judging.secrets import given_to, set_secret
from roadworthy.errors import NotFound, UsageError
from roadworthy.platform.automate import jobs
from roadworthy.platform.automate.job import NewJob
from runner_world import PROJECT, Told
from web_world import World

if TYPE_CHECKING:
    from collections.abc import Iterator

CANARY, OTHER = "canary-5f1c7e9d2b", "bystander-77aa31"
CI = "ci: {secrets: [WAREHOUSE_URL, OTHER_KEY]}\n"
NOSY = """
import os, sys
seen = {name: value for name, value in os.environ.items() if "canary" in value or "bystander" in value}
print("in the environment:", sorted(seen), flush=True)
"""
LOUD = (
    NOSY + "print('the value is', os.environ['WAREHOUSE_URL'], flush=True)\n"
    "print(open('build/seen.txt').read())\nsys.exit(1)\n"
)
STAGES = """stages:
  look: {cmd: "python -P src/nosy.py > build/seen.txt", deps: [src/nosy.py], outs: [build/seen.txt]}
  load:
    cmd: "python -P src/loud.py"
    deps: [src/loud.py, build/seen.txt]
    outs: [build/loud.txt]
    secrets: [WAREHOUSE_URL]
"""


@pytest.fixture
def told(tmp_path: Path) -> Iterator[Told]:
    """Give a platform with a project that has a stage with a secret, and one without."""
    with World.open(tmp_path / "world") as world:
        told = Told(world, tmp_path / "runner")
        yield told


def test_a_secret_reaches_the_stage_that_names_it_and_nothing_else(told: Told) -> None:
    """Not another stage, a test or a model; not a log, a record, an event, a page; and not the audit."""
    for name, value in (("WAREHOUSE_URL", CANARY), ("OTHER_KEY", OTHER)):
        answer = told.mona.send("POST", f"/api/projects/{PROJECT}/secrets", {"name": name, "value": value})
        assert answer.status == 201
        assert value not in answer.text
    tree = told.tree
    profile, pipeline = tree / "profile.yaml", tree / "pipeline.yaml"
    profile.write_text(profile.read_text().partition("ci:")[0] + CI, encoding="utf-8")
    pipeline.write_text(pipeline.read_text().replace("stages:\n", STAGES), encoding="utf-8")
    for name, text in (("src/nosy.py", NOSY), ("src/loud.py", LOUD)):
        (tree / name).write_text(text, encoding="utf-8")
    model = tree / "src" / "model.py"
    model.write_text("import os\nassert 'WAREHOUSE_URL' not in os.environ\n" + model.read_text(), encoding="utf-8")
    told.push("main", "Name a secret")
    job = told.work()[0]
    home = told.platform.home
    log = home.job_log(job["id"]).read_text(encoding="utf-8")

    assert "Stage load" in log  # it failed, so that its log was shown
    assert "the value is ***" in log
    assert "in the environment: ['WAREHOUSE_URL']" in log
    assert "in the environment: []" in log  # of the stage that names none
    for place in home.folder.rglob("*"):
        if place.is_file() and not place.name.startswith("identity.db"):
            data = place.read_bytes()
            assert CANARY.encode() not in data, place
            assert OTHER.encode() not in data, place
    for path in ("jobs", f"jobs/{job['id']}", f"jobs/{job['id']}/log", "events", "secrets", "audit"):
        assert CANARY not in told.mona.get(f"/api/projects/{PROJECT}/{path}").text
    assert oct((home.folder / "identity.db").stat().st_mode & 0o777) == "0o600"


def test_only_what_the_default_branch_names_is_given(told: Told) -> None:
    """A branch cannot name a secret for itself; a change from a fork gets none."""
    set_secret(told.platform, PROJECT, "WAREHOUSE_URL", CANARY, "mona")
    set_secret(told.platform, PROJECT, "OTHER_KEY", OTHER, "mona")
    profile = told.tree / "profile.yaml"
    text = profile.read_text(encoding="utf-8").partition("ci:")[0]
    profile.write_text(text + "ci: {secrets: [WAREHOUSE_URL]}\n", encoding="utf-8")
    told.push("main", "Name one")
    git(told.tree, "switch", "-q", "-c", "feature/greedy")
    profile.write_text(text + CI, encoding="utf-8")
    told.push("feature/greedy", "Name both")
    with told.platform.database.write() as connection:
        asked = [NewJob(PROJECT, f"{PROJECT}/{one}", "check", {"commit": "c", "branch": "feature/greedy", **more})
                 for one, more in (("own", {}), ("fork", {"fork": "somebody/flights"}))]  # fmt: skip
        made = [jobs.get(connection, jobs.enqueue(connection, one).id) for one in asked]

    assert [given_to(told.platform, one) for one in made] == [{"WAREHOUSE_URL": CANARY}, {}]


def test_secrets_are_set_again_listed_and_forgotten(told: Told) -> None:
    """Each time is counted; a value is never shown; what is not there cannot be forgotten."""
    kept = told.platform.identity.project_secrets
    place = f"/api/projects/{PROJECT}/secrets"
    for value in ("first-value", "second-value"):
        told.mona.send("POST", place, {"name": "KEY", "value": value})

    assert [(one["name"], one["version"], one["set_by"]) for one in told.mona.get(place).data] == [("KEY", 2, "mona")]
    assert kept.values(PROJECT, ["KEY", "NONE"]) == {"KEY": "second-value"}
    assert kept.values("trains", ["KEY"]) == {}
    assert told.mona.send("POST", f"{place}/KEY/remove").status == 204
    with pytest.raises(NotFound, match="no secret KEY"):
        kept.remove(PROJECT, "KEY")


@pytest.mark.parametrize(("name", "value"), [
    ("PATH", "x"), ("LD_PRELOAD", "x"), ("PYTHONPATH", "x"), ("GIT_SSH_COMMAND", "x"), ("a-b", "x"),
    ("1A", "x"), ("", "x"), ("KEY", ""), ("KEY", "x" * 40_000), ("KEY", "nul\0"),
])  # fmt: skip
def test_what_could_be_no_secret_is_refused(told: Told, name: str, value: str) -> None:
    """Nor what decides which programs a stage runs."""
    with pytest.raises(UsageError):
        told.platform.identity.project_secrets.set(PROJECT, name, value, "mona")
    assert Path(told.platform.home.folder).is_dir()


def test_a_stage_whose_secret_is_not_set_says_so(told: Told) -> None:
    """With the command that sets it."""
    tree = told.tree
    (tree / "profile.yaml").write_text(quick_project.files(PROJECT)["profile.yaml"] + CI, encoding="utf-8")
    text = (tree / "pipeline.yaml").read_text(encoding="utf-8")
    (tree / "pipeline.yaml").write_text(
        text.replace("    params: [train]", "    params: [train]\n    secrets: [OTHER_KEY]")
    )
    told.push("main", "Need one")
    job = told.work()[0]

    log = told.platform.home.job_log(job["id"]).read_text(encoding="utf-8")
    assert "needs the secret OTHER_KEY, which is not set" in log
    assert "roadworthy secret set OTHER_KEY" in log
