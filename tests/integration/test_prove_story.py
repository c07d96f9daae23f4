"""`roadworthy test` on a small real project: a first launch, a better model, worse ones, and ones that misbehave."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from dataclasses import replace
from typing import TYPE_CHECKING, cast

import pytest

from proving_toy import change, found, launch, make, proven, verdicts
from roadworthy.app import test as testing
from roadworthy.app.local import open_local
from roadworthy.app.review import review_here
from roadworthy.errors import NotFound
from roadworthy.ledger.predictions.segment import SegmentWriter
from roadworthy.prove import keep

if TYPE_CHECKING:
    from pathlib import Path

    from roadworthy.prove.measures import Measures
    from toy_pipeline import Toy

INPUT = {"carrier": "UA", "wind": 10, "hour": 18}
FAILURE_MODE = """
apiVersion: roadworthy/v1alpha1
title: storms at night are late
found: {on: 2026-01-01, by: person}
owner: ada
severity: high
examples: failure_modes/storms.csv
expect: "probability > 0.3"
"""


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Toy:
    """Return the project, not run yet."""
    return make(tmp_path / "toy", monkeypatch)


def measures(proof_measures: object) -> Measures:
    """Return measures as what they are."""
    return cast("Measures", proof_measures)


def test_the_neutral_first_launch_passes_and_says_what_it_did_not_run(toy: Toy) -> None:
    """The baseline is not held against itself, nor to tests on what it does not read; all else applies, and is kept."""
    outcome = proven(toy)
    seen = verdicts(outcome)
    ledger = open_local(toy.folder).ledger
    cases = ET.parse(outcome.junit).getroot().findall(".//testcase")  # noqa: S314 - our own file

    assert outcome.proof.passed
    assert outcome.proof.is_baseline
    assert seen["evaluation: roc_auc better than baseline"] == "not_run"
    assert seen["behaviour: more wind is never safer"] == "not_run"
    assert seen["stress: no wind known"] == "not_run"
    assert seen["against_production: flips"] == "not_run"
    assert seen["evaluation: roc_auc at least 0.55"] == "passed"
    assert seen["behaviour: early hours are on time"] == "passed"
    assert seen["data: flights: flight: unique"] == "passed"
    assert seen["project: tests/test_own.py::test_the_requirements_are_ours"] == "passed"
    assert seen["project: tests/test_own.py::test_production"] == "not_run"
    assert keep.of_commit(ledger, toy.git("rev-parse", "HEAD")) == (outcome.address, outcome.proof)
    assert [case.get("name") for case in cases] == [check.name for check in outcome.proof.checks]


def test_a_better_model_is_let_through_and_one_without_the_wind_is_not(toy: Toy) -> None:
    """The whole story: launch, upgrade above the noise floor, and a loss that the thresholds would not have seen."""
    proven(toy)
    launch(toy, as_baseline=True)
    change(toy, "params.yaml", "learner: baseline", "learner: logistic")
    upgrade = proven(toy)
    against = measures(upgrade.proof.measures)["against_production"]

    assert upgrade.proof.passed, [check for check in upgrade.proof.checks if check.verdict == "failed"]
    assert against is not None
    assert against["outcome"] == "upgrade"
    assert against["floor"] is not None
    assert len(against["floor"]["twins"]) == 2
    assert verdicts(upgrade)["project: tests/test_own.py::test_production"] == "passed"

    version = launch(toy)
    change(toy, "params.yaml", "learner: logistic", "learner: baseline")
    change(toy, "requirements.yaml", "baseline: baseline\n", "")
    change(toy, "requirements.yaml", ", better_than: baseline}\n  - {metric: exp", "}\n  - {metric: exp")
    change(toy, "requirements.yaml", "better_than: baseline", "at_least: 0.3")
    worse = proven(toy)

    assert found(worse, "roc_auc at least 0.55").verdict == "passed"
    assert found(worse, f"flips against {version}").verdict == "failed"
    assert "does not read wind" in found(worse, "more wind is never safer").summary
    assert found(worse, f"flips against {version}").examples

    again = testing.test_here(toy.folder, None, lambda _: None)
    remembered = measures(again.proof.measures)["against_production"]

    assert remembered is not None
    assert remembered["floor"] is not None
    assert remembered["floor"]["cached"]


def test_damaged_reference_rows_do_not_hide_a_change(toy: Toy) -> None:
    """Production is compared with on its own rows: a candidate that shuffles its own is judged by production's."""
    change(toy, "params.yaml", "learner: baseline", "learner: logistic")
    proven(toy)
    version = launch(toy)
    change(
        toy,
        "src/toy/prepare.py",
        "(hash(i * 7) % 40)::DOUBLE AS wind",
        "(hash(i * 7) % 40)::DOUBLE AS wind0, 9.0 AS wind",
    )
    change(toy, "src/toy/prepare.py", "0.07 * wind +", "0.07 * wind0 +")
    outcome = proven(toy)
    against = measures(outcome.proof.measures)["against_production"]
    differences = measures(outcome.proof.measures)["differences"]["production"]

    assert found(outcome, f"flips against {version}").verdict == "failed"
    assert against is not None
    assert against["rows_of"] == "production"
    assert differences is not None
    assert differences["roc_auc"] == against["primary"]


@pytest.mark.parametrize(("mischief", "word"), [("raises", "I would rather not"), ("nan", "NaN")])
def test_a_model_that_misbehaves_fails_by_name(toy: Toy, mischief: str, word: str) -> None:
    """A model that raises, or answers NaN, is a failed check; what needed its answers was not run."""
    change(toy, "params.yaml", "mischief: none", f"mischief: {mischief}")
    outcome = proven(toy)

    assert found(outcome, "the model answers").verdict == "failed"
    assert word in found(outcome, "the model answers").summary
    assert found(outcome, "more wind is never safer").verdict == "not_run"
    assert verdicts(outcome)["data: flights: flight: unique"] == "passed"


def test_a_proof_of_a_changed_tree_is_marked(toy: Toy) -> None:
    """What was tested with uncommitted requirements is no proof of the commit."""
    toy.run()
    toy.write("requirements.yaml", toy.read("requirements.yaml").replace("at_least: 0.55", "at_least: 0.1"))
    outcome = testing.test_here(toy.folder, None, lambda _: None)
    ledger = open_local(toy.folder).ledger

    assert outcome.proof.dirty
    assert keep.find(ledger, outcome.proof.commit) is None


def test_code_that_changed_since_the_run_is_told(toy: Toy) -> None:
    """An edited stage is not what was tested: the command says which stage would run, and why."""
    toy.run()
    fresh = json.loads(toy.cli("test", "--json").stdout)
    toy.write("src/toy/train.py", toy.read("src/toy/train.py").replace("range(300)", "range(301)"))
    edited = toy.cli("test")

    assert fresh["stale"] == []
    assert "What was tested is the last run, not what stands here now:" in edited.stdout
    assert "train would run (src/toy/train.py changed)" in edited.stdout


def test_what_is_not_the_run_is_not_tested(toy: Toy) -> None:
    """A changed output, or a commit that was not run, is refused with what to do, rather than tested as the run."""
    toy.run()
    model = toy.folder / "build/model.json"
    model.write_text(model.read_text().replace("none", "nan"), encoding="utf-8")
    with pytest.raises(NotFound, match="not what the last run left"):
        testing.test_here(toy.folder, None, lambda _: None)
    toy.run()
    toy.commit("Nothing")

    with pytest.raises(NotFound, match="roadworthy run"):
        testing.test_here(toy.folder, None, lambda _: None)


def test_rows_stay_where_they_are_when_the_profile_says_so(toy: Toy) -> None:
    """With `review: {rows: never}`, no check and no measure holds a row."""
    toy.write("profile.yaml", toy.read("profile.yaml") + "review: {rows: never}\n")
    change(toy, "contracts/flights.yaml", "max: 23", "max: 12")
    outcome = proven(toy)

    assert found(outcome, "flights: hour: max").verdict == "failed"
    assert not any(check.examples for check in outcome.proof.checks)


def test_the_command_exits_with_three_and_shows_why(toy: Toy) -> None:
    """On the command line: status 0 when all holds, 3 when a check fails, the failing rows shown; `--json` is JSON."""
    toy.run()
    good = toy.cli("test", "--json")
    change(toy, "contracts/flights.yaml", "max: 23", "max: 12")
    toy.run()
    bad = toy.cli("test", "--junit", "out/junit.xml")
    worse = toy.cli("test", "--json")

    assert good.returncode == 0, good.stderr
    assert json.loads(good.stdout)["passed"]
    assert bad.returncode == 3
    assert "✗ flights: hour: max" in bad.stdout
    assert "hour=" in bad.stdout
    assert (toy.folder / "out/junit.xml").is_file()
    assert (worse.returncode, json.loads(worse.stdout)["passed"]) == (3, False)
    assert "checks failed." in worse.stderr


def test_known_failure_modes_are_kept_from_coming_back(toy: Toy) -> None:
    """An example that production gets right may not be lost, whatever the averages say; an open mode fails."""
    change(toy, "params.yaml", "learner: baseline", "learner: logistic")
    change(toy, "requirements.yaml", "upgrade_ratio: 0.75}", "upgrade_ratio: 0.75, pinned: failure_modes/}")
    toy.write("failure_modes/storms.csv", "carrier,wind,hour\nUA,39.0,2\nUA,38.0,4\n")
    toy.write("failure_modes/FM-001.yaml", FAILURE_MODE)
    toy.commit("Know a failure mode")
    first = proven(toy)
    launch(toy)
    change(toy, "params.yaml", "learner: logistic", "learner: baseline")
    second = proven(toy)

    assert found(first, "FM-001 storms at night are late").verdict == "passed"
    assert found(first, "pinned examples").verdict == "not_run"
    assert found(second, "FM-001 storms at night are late").verdict == "failed"
    assert "2 of FM-001" in found(second, "pinned examples").summary


def test_a_production_whose_record_is_not_here_is_not_called_none(toy: Toy) -> None:
    """In a clone or in CI, where tags are and records are not, what was not compared says which record is missing."""
    toy.git("tag", "--annotate", "--message", f"Record: blake3:{0:064}", "late#production#7")
    told: list[str] = []
    toy.run()
    outcome = testing.test_here(toy.folder, None, lambda _: None, told.append)
    why = "Production has late#production#7, but its record is not here."

    assert found(outcome, "flips").verdict == found(outcome, "tests/test_own.py::test_production").verdict == "not_run"
    assert found(outcome, "flips").summary == why
    assert why in found(outcome, "tests/test_own.py::test_production").summary
    assert len(told) == 1
    assert told[0].startswith("late#production#7 claims to be deployed")


def test_a_misspelt_column_of_the_reference_rows_is_a_failed_check(toy: Toy) -> None:
    """A key and a label that are not there fail by name; nothing crashes, and nothing is quietly left out."""
    text = toy.read("pipeline.yaml")
    toy.write("pipeline.yaml", text.replace("label: late", "label: latte").replace("- flight", "- fligt"))
    toy.commit("Misspell")
    outcome = proven(toy)
    check = found(outcome, "dataset reference: columns")

    assert check.verdict == "failed"
    assert "Did you mean `flight`?" in check.summary
    assert "Did you mean `late`?" in check.summary
    assert set(outcome.proof.predictions) == {"candidate", "baseline"} or outcome.proof.is_baseline


IDLE = "noise: {seed: note, resample: build/test.parquet, runs: 2, budget: 5m}"
NOISE = "noise: {seed: train.seed, resample: build/train.parquet, runs: 2, budget: 5m}"


def test_a_noise_that_the_model_does_not_depend_on_is_never_released(toy: Toy) -> None:
    """A seed or a table that does not go into the model fails while it can still be mended, and says which."""
    toy.write("params.yaml", toy.read("params.yaml") + "note: 1\n")
    change(toy, "requirements.yaml", NOISE, IDLE)
    check = found(proven(toy), "the noise floor can be measured")

    assert check.verdict == "failed"
    assert "build/model.json does not depend on the table build/test.parquet" in check.summary
    change(toy, "requirements.yaml", IDLE, NOISE)
    assert found(proven(toy), "the noise floor can be measured").verdict == "passed"


def test_a_production_whose_noise_cannot_be_followed_locks_nobody_out(toy: Toy) -> None:
    """Its files are frozen: a change is held to a floor by its own noise, or told which version lacks it."""
    toy.write("params.yaml", toy.read("params.yaml") + "note: 1\n")
    change(toy, "params.yaml", "learner: baseline", "learner: logistic")
    change(toy, "requirements.yaml", NOISE, IDLE)
    proof = proven(toy).proof
    # As it was proved before there was such a check.
    older = replace(proof, checks=tuple(one for one in proof.checks if one.name != "the noise floor can be measured"))
    keep.write(open_local(toy.folder).ledger, older)
    version = launch(toy)
    change(toy, "params.yaml", "learner: logistic", "learner: baseline")
    idle = found(proven(toy), f"flips against {version}")
    change(toy, "requirements.yaml", IDLE, NOISE)
    held = found(proven(toy), f"flips against {version}")

    assert idle.verdict == "not_run"
    assert f"{version}, which is in production, was released with a `noise` that cannot be followed" in idle.summary
    assert held.verdict == "failed"
    assert "the floor is that of the `noise` of this change" in held.summary


def test_a_review_shows_what_became_of_the_datasets(toy: Toy) -> None:
    """A change that loses a column of the data differs in more than code: the review names the column, first of all."""
    proven(toy)
    change(toy, "src/toy/prepare.py", "(hash(i * 7) % 40)::DOUBLE AS wind", "(hash(i * 7) % 40)::DOUBLE AS wind0")
    change(toy, "src/toy/prepare.py", "0.07 * wind +", "0.07 * wind0 +")
    change(toy, "src/toy/prepare.py", "AS wind0,", "AS wind0, NULL::DOUBLE AS wind,")
    proven(toy)
    reviewed = review_here("HEAD~3..HEAD", html=None, summary=None, start=toy.folder)
    told = reviewed.markdown.read_text(encoding="utf-8")

    assert {change.name for change in reviewed.comparison.datasets.changed} == {"training", "reference"}
    assert reviewed.comparison.datasets.changed[0].columns[0].name in {"wind", "wind0"}
    assert "In the datasets training, reference, nothing is left of wind." in told
    assert "| `wind` | 0.0 % | 100.0 % |" in told


def test_a_model_that_cannot_take_what_may_be_missing_fails(toy: Toy) -> None:
    """`missing: allowed` is a promise to callers: one that raises without the value is found before."""
    change(toy, "params.yaml", "learner: baseline", "learner: logistic")
    change(toy, "requirements.yaml", "wind, hour]}", "wind, hour], override: {wind: {missing: allowed}}}")
    good = proven(toy)
    change(toy, "src/toy/model.py", "10.0 if blows is None else blows", "blows")
    bad = proven(toy)

    assert found(good, "takes a missing wind").verdict == "passed"
    assert found(bad, "takes a missing wind").verdict == "failed"
    assert "raised TypeError" in found(bad, "takes a missing wind").summary


def test_a_lost_input_is_explained_with_a_rule_the_input_and_the_traffic(toy: Toy) -> None:
    """Where the wind is lost, the gate says no, names the wind and where it blows, and asks logged requests again."""
    change(toy, "params.yaml", "learner: baseline", "learner: logistic")
    proven(toy)
    version = launch(toy)
    requests = [
        {"at": "2026-11-01T00:00:00Z", "version": version, "verdict": "in_scope", "inputs": {**INPUT, "wind": wind}}
        for wind in range(40)
    ]
    with SegmentWriter(open_local(toy.folder).ledger.state / "predictions" / "production") as log:
        log.append([*requests, {**requests[0], "version": "v9.0.0"}, {**requests[0], "inputs": {"hour": 3}}])
    toy.git("switch", "-q", "-c", "lost")
    change(toy, "src/toy/train.py", 'if learner == "logistic" else []', "if False else []")
    outcome = proven(toy)
    against = measures(outcome.proof.measures)["against_production"]
    told = toy.cli("gate", "main..HEAD")

    assert against is not None
    assert against["inputs"][0]["input"] == "wind"
    assert any("wind" in rule["where"] for rule in against["rules"])
    assert against["broken"][0]["because"][0]["input"] == "wind"
    assert against["traffic"] is not None
    assert against["traffic"]["rows"] == 40
    assert 0 < against["traffic"]["changed"] < 40
    assert found(outcome, f"night: not harmed against {version}").verdict in {"passed", "failed"}
    assert told.returncode == 3
    assert "The inputs that carry the change of the broken rows: wind" in told.stdout
