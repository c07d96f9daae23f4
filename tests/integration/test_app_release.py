"""Releases, deployments and rollbacks, in a real repository with a real ledger."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from release_project import FAILED, NOT_RUN, PASSED, change, git, make, prove
from roadworthy.app.gateway import Address as At
from roadworthy.app.gateway import serve
from roadworthy.app.release import deploy_here, release_here, rollback_here
from roadworthy.cli.main import roadworthy
from roadworthy.errors import Conflict, DirtyTree, NotAllowed, NotFound, TestsFailed, UsageError
from roadworthy.ledger.objects.address import Address
from roadworthy.ledger.versions.read import history

if TYPE_CHECKING:
    from pathlib import Path

    from roadworthy.app.local import Local


@pytest.fixture
def toy(tmp_path: Path) -> Local:
    """A project with one commit on main and develop, not run yet."""
    local = make(tmp_path / "toy")
    git(local.folder, "branch", "develop")
    return local


def released(local: Local, model: str) -> str:
    """Commit a change, prove it with *model*, release it, and return the version."""
    change(local, model)
    prove(local, model)
    return release_here(None, as_baseline=False, start=local.folder).released.version.name


def test_a_tested_commit_becomes_a_version(toy: Local) -> None:
    """The tag names a signed record, which names commit, run, proof, artifact and lock; all of it is kept."""
    proof = prove(toy, "clever")

    outcome = release_here(None, as_baseline=False, start=toy.folder)

    version = outcome.released.version
    body = toy.ledger.records.read(version.record).body
    assert (version.tag, version.name, outcome.released.created) == ("toy@v1.0.0", "v1.0.0", True)
    assert git(toy.folder, "rev-parse", "toy@v1.0.0^{commit}") == version.commit == body["commit"]
    assert f"Record: {version.record}" in git(toy.folder, "tag", "-l", "--format=%(contents)", "toy@v1.0.0")
    assert body["run"] == proof.run
    assert isinstance(body["artifact"], dict)
    assert body["artifact"]["address"] == proof.candidate
    assert isinstance(body["python_environment"], dict)
    assert toy.ledger.objects.get(Address(body["python_environment"]["lock"])) == b"numpy==2.4.6\n"
    assert [check.name for check in outcome.not_run] == [NOT_RUN.name]


def test_the_first_launch_is_the_baseline(toy: Local) -> None:
    """The baseline is released as v0.1.0, and the first model after it as v1.0.0."""
    prove(toy, "plain")
    first = release_here(None, as_baseline=True, start=toy.folder).released.version

    assert first.name == "v0.1.0"
    assert toy.ledger.records.read(first.record).body["is_baseline"] is True
    assert released(toy, "clever") == "v1.0.0"
    assert released(toy, "cleverer") == "v1.1.0"


def test_releasing_again_changes_nothing(toy: Local) -> None:
    """A commit has one version: asked again, whatever the bump, it is told."""
    prove(toy, "clever")
    first = release_here(None, as_baseline=False, start=toy.folder).released
    again = release_here("major", as_baseline=False, start=toy.folder).released

    assert again.version == first.version
    assert not again.created
    assert git(toy.folder, "tag") == "toy@v1.0.0"


def test_a_commit_keeps_its_artifact(toy: Local) -> None:
    """Another artifact of the same commit is not silently taken for the version that the commit has."""
    prove(toy, "clever")
    release_here(None, as_baseline=False, start=toy.folder)
    prove(toy, "luckier")

    with pytest.raises(Conflict, match="with another artifact"):
        release_here(None, as_baseline=False, start=toy.folder)


def test_a_dirty_tree_is_not_released(toy: Local) -> None:
    """Files that the commit does not know are named, and nothing is written."""
    prove(toy, "clever")
    (toy.folder / "new.py").write_text("x = 1\n", encoding="utf-8")

    with pytest.raises(DirtyTree, match=r"new\.py"):
        release_here(None, as_baseline=False, start=toy.folder)

    assert git(toy.folder, "tag") == ""


def test_a_run_of_other_files_is_not_released(toy: Local) -> None:
    """A proof of a run that was not of the commit alone does not count."""
    prove(toy, "clever", dirty=("train.py",))

    with pytest.raises(DirtyTree, match=r"train\.py differed"):
        release_here(None, as_baseline=False, start=toy.folder)


def test_what_was_not_tested_is_not_released(toy: Local) -> None:
    """Without a proof of this very commit there is no version."""
    prove(toy, "clever")
    change(toy, "something else")

    with pytest.raises(NotFound, match="has not been tested"):
        release_here(None, as_baseline=False, start=toy.folder)


def test_a_failed_test_stops_a_release_with_status_3(toy: Local) -> None:
    """The failing check is shown, and the newest proof counts, not the best."""
    prove(toy, "clever")
    prove(toy, "clever", PASSED, FAILED)

    with pytest.raises(TestsFailed, match="more is never less") as found:
        release_here(None, as_baseline=False, start=toy.folder)

    assert found.value.status == 3


def test_a_missing_artifact_is_not_released(toy: Local) -> None:
    """A version whose bytes are gone would be no version."""
    proof = prove(toy, "clever")
    toy.ledger.objects.path(proof.candidate).unlink()
    (toy.folder / "build/model/weights").write_text("something else", encoding="utf-8")

    with pytest.raises(NotFound, match=r"build/model|is not kept|not kept"):
        release_here(None, as_baseline=False, start=toy.folder)

    assert git(toy.folder, "tag") == ""


def test_the_baseline_is_not_released_as_something_else(toy: Local) -> None:
    """What is released says whether it is the baseline, and the command must say the same."""
    prove(toy, "plain")
    with pytest.raises(UsageError, match="baseline itself"):
        release_here(None, as_baseline=False, start=toy.folder)
    prove(toy, "clever")
    with pytest.raises(UsageError, match="not the baseline"):
        release_here(None, as_baseline=True, start=toy.folder)


def test_tags_are_a_second_apart(toy: Local) -> None:
    """Tools that order by time see the order of the numbers, also when the clock was set back."""
    future = datetime.now(UTC) + timedelta(days=2)
    toy.repo.create_tag("toy@v0.5.0", "HEAD", "from a machine with another clock", future)
    prove(toy, "clever")
    version = release_here(None, as_baseline=False, start=toy.folder).released.version
    deployment = deploy_here("v1.0.0", "production", expect=None, start=toy.folder).deployment

    assert version.at == future.replace(microsecond=0) + timedelta(seconds=1)
    assert deployment.at == version.at + timedelta(seconds=1)


def test_a_taken_number_is_passed_over(toy: Local) -> None:
    """A tag that does not count has taken its number all the same."""
    git(toy.folder, "tag", "-a", "-m", "by hand", "toy@v3.0.0")
    git(toy.folder, "tag", "-a", "-m", "by hand", "toy#production#7")
    prove(toy, "clever")

    assert release_here(None, as_baseline=False, start=toy.folder).released.version.name == "v3.1.0"
    assert deploy_here("v3.1.0", "production", expect=None, start=toy.folder).deployment.number == 8


def test_a_project_in_a_folder_says_so_in_its_tags(tmp_path: Path) -> None:
    """Two projects of one repository do not take each other's numbers."""
    (tmp_path / "repo").mkdir()
    git(tmp_path / "repo", "init", "-q", "-b", "main")
    local = make(tmp_path / "repo" / "forecasts")
    prove(local, "clever")

    release_here(None, as_baseline=False, start=local.folder)
    deploy_here("1.0.0", "production", expect=None, start=local.folder)

    assert git(local.folder, "tag").split() == ["forecasts=toy#production#1", "forecasts=toy@v1.0.0"]


def test_deployments_follow_each_other(toy: Local) -> None:
    """Each deployment is the next number, and its record names the one before."""
    first, second = released(toy, "a"), released(toy, "b")
    one = deploy_here(first, "production", expect=None, start=toy.folder).deployment
    two = deploy_here(second, "production", expect=None, start=toy.folder)
    again = deploy_here(second, "production", expect=None, start=toy.folder)

    assert (one.number, two.deployment.number) == (1, 2)
    assert toy.ledger.records.read(one.record).body["follows"] is None
    assert toy.ledger.records.read(two.deployment.record).body["follows"] == one.record
    assert two.deployment.local
    assert (again.created, again.deployment.number) == (False, 2)


def test_a_rollback_is_the_next_deployment(toy: Local) -> None:
    """Rolling back twice goes back two versions; then there is nothing left to go back to."""
    for model in ("a", "b", "c"):
        deploy_here(released(toy, model), "production", expect=None, start=toy.folder)
    once = rollback_here("production", expect="v1.2.0", start=toy.folder).deployment
    twice = rollback_here("production", expect=None, start=toy.folder).deployment

    assert (once.number, once.version, once.rollback) == (4, "v1.1.0", True)
    assert (twice.number, twice.version) == (5, "v1.0.0")
    with pytest.raises(NotFound, match=r"Before v1\.0\.0, nothing"):
        rollback_here("production", expect=None, start=toy.folder)
    with pytest.raises(NotFound, match="Nothing is deployed in staging"):
        rollback_here("staging", expect=None, start=toy.folder)


def test_what_was_expected_must_be_there(toy: Local) -> None:
    """A script that is run again does not roll back again."""
    for model in ("a", "b"):
        deploy_here(released(toy, model), "production", expect=None, start=toy.folder)
    rollback_here("production", expect="v1.1.0", start=toy.folder)

    with pytest.raises(Conflict, match=r"has v1\.0\.0, not v1\.1\.0"):
        rollback_here("production", expect="v1.1.0", start=toy.folder)


def test_an_environment_takes_its_branch_alone(toy: Local) -> None:
    """The profile says from which branch an environment takes versions; another name is not known."""
    git(toy.folder, "switch", "-q", "develop")
    version = released(toy, "early")

    assert deploy_here(version, "staging", expect=None, start=toy.folder).created
    assert deploy_here(f"toy@{version}", "staging", expect=None, start=toy.folder).deployment.version == version
    with pytest.raises(UsageError, match="not a version"):
        deploy_here(f"other@{version}", "staging", expect=None, start=toy.folder)
    with pytest.raises(NotAllowed, match="branch main alone"):
        deploy_here(version, "production", expect=None, start=toy.folder)
    with pytest.raises(NotFound, match="did you mean production"):
        deploy_here(version, "prodcution", expect=None, start=toy.folder)
    with pytest.raises(NotFound, match=r"no version v9\.0\.0"):
        deploy_here("v9.0.0", "staging", expect=None, start=toy.folder)
    with pytest.raises(UsageError, match="not a version"):
        deploy_here("latest", "staging", expect=None, start=toy.folder)


def test_an_environment_that_nobody_declared_is_said_to_be_so(toy: Local) -> None:
    """Where the profile declares none, any name is taken, and the deployment says so, and what was perhaps meant."""
    (toy.folder / "profile.yaml").write_text("apiVersion: roadworthy/v1alpha1\nproject: toy\n")
    version = released(toy, "a")
    first: list[str] = []
    deploy_here(version, "production", expect=None, start=toy.folder, warn=first.append)
    second: list[str] = []
    deployed = deploy_here(version, "prodution", expect=None, start=toy.folder, warn=second.append)

    assert deployed.created
    assert "`environments: {production: {from: main}}`" in first[0]
    assert "Did you mean" not in first[0]
    assert "Did you mean production, where something is deployed?" in second[0]
    with pytest.raises(NotFound, match=r"Did you mean prod(uc|u)tion\?"):
        rollback_here("prodcution", expect=None, start=toy.folder)


def test_an_environment_that_is_not_declared_is_neither_rolled_back_nor_served(toy: Local) -> None:
    """A misspelt environment is told what it may be, whatever is to be done there."""
    with pytest.raises(NotFound, match="did you mean production"):
        rollback_here("prodcution", expect=None, start=toy.folder)
    with pytest.raises(NotFound, match="did you mean production"):
        serve("prodcution", At(), print, print, toy.folder)


def test_a_tag_made_by_hand_deploys_nothing(toy: Local) -> None:
    """A tag is a claim: without a record that bears it out it does not count, and the reason is told."""
    git(toy.folder, "tag", "-a", "-m", "trust me", "toy@v2.0.0")

    with pytest.raises(NotFound, match=r"toy@v2\.0\.0 does not count: its annotation names no record"):
        deploy_here("v2.0.0", "production", expect=None, start=toy.folder)


def test_of_many_who_deploy_at_once_one_wins(toy: Local) -> None:
    """Create-only: one deployment is made; whoever lost is told so, or saw the winner's."""
    versions = [released(toy, model) for model in ("a", "b", "c", "d")]
    outcomes: list[str] = []

    def try_one(version: str) -> None:
        try:
            outcomes.append(deploy_here(version, "production", expect=None, start=toy.folder).deployment.version)
        except Conflict:
            outcomes.append("conflict")

    threads = [threading.Thread(target=try_one, args=(version,)) for version in versions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    found = history(toy.repo, toy.ledger, "toy")
    won = [outcome for outcome in outcomes if outcome != "conflict"]
    assert len(outcomes) == 4
    assert sorted(one.version for one in found.of("production")) == sorted(won)
    assert [one.number for one in found.of("production")] == list(range(1, len(won) + 1))
    assert found.ignored == ()


def test_the_commands_speak_json(toy: Local, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--json` prints one document, and the words for people go elsewhere."""
    monkeypatch.chdir(toy.folder)
    prove(toy, "clever")
    told = [
        json.loads(CliRunner().invoke(roadworthy, [*command, "--json"]).stdout)
        for command in (["release"], ["deploy", "v1.0.0", "--to", "production"])
    ]
    shown = CliRunner().invoke(roadworthy, ["deploy", "v1.0.0", "--to", "production"])

    assert (told[0]["tag"], told[0]["created"]) == ("toy@v1.0.0", True)
    assert (told[1]["tag"], told[1]["local"], told[1]["before"]) == ("toy#production#1", True, None)
    assert "nothing was changed" in shown.output


def test_deploying_and_rolling_back_tell_of_a_damaged_deployment(toy: Local) -> None:
    """Who acts on the version before is told why it counts as the current one, and can put it there for sure."""
    for model in ("clever", "cleverer"):
        deploy_here(released(toy, model), "production", expect=None, start=toy.folder)
    latest = history(toy.repo, toy.ledger, "toy").of("production")[-1]
    path = toy.ledger.records.path(latest.record)
    path.chmod(0o644)
    path.write_bytes(path.read_bytes() + b" ")
    told: list[str] = []
    made = deploy_here("v1.0.0", "production", expect=None, start=toy.folder, warn=told.append)
    with pytest.raises(NotFound):
        rollback_here("staging", expect=None, start=toy.folder, warn=told.append)
    again = deploy_here("v1.0.0", "production", expect=None, start=toy.folder, warn=told.append)

    assert len(told) == 1
    assert told[0].startswith("toy#production#2 is newer than toy#production#1, and is ignored: ")
    assert (made.created, made.deployment.tag, made.deployment.version) == (True, "toy#production#3", "v1.0.0")
    assert not again.created
