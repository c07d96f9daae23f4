"""Failure modes, the red team, readiness, the worth of features and the cards, typed in a project with a real model."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from proving_toy import change, found, launch, make, proven

if TYPE_CHECKING:
    from pathlib import Path

    from toy_pipeline import Toy

SPOILED = ("            more = wind[0]", '            more = -2.0 if rows["carrier"][number] == "UA" else wind[0]')


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A project whose model, a logistic regression, is wrong about one carrier; run."""
    with pytest.MonkeyPatch.context() as patched:
        made = make(tmp_path_factory.mktemp("hardening") / "toy", patched)
        change(made, "params.yaml", "learner: baseline", "learner: logistic")
        change(made, "src/toy/model.py", *SPOILED)
        made.run()
        yield made


def told(toy: Toy, *arguments: str, status: int = 0) -> Any:
    """Type a command with `--json`, and return what it prints."""
    done = toy.cli(*arguments, "--json")

    assert done.returncode == status, done.stdout + done.stderr
    return json.loads(done.stdout)


def test_the_red_team_drafts_what_the_tests_then_fail(toy: Toy) -> None:
    """The weak carrier is found, drafted with its examples, fails in `roadworthy test`, and passes once accepted."""
    toy.run()
    attacked = told(toy, "redteam", "--budget", "60s")
    weak = [one for one in attacked["findings"] if one["kind"] == "weak_slice"]
    name = attacked["drafts"][attacked["findings"].index(weak[0])]
    title = f"{name} {weak[0]['title']}"
    toy.commit("Drafts")

    assert "'UA'" in weak[0]["exposed"]
    assert toy.read(f"failure_modes/{name}.yaml").startswith("# A draft of the red team")
    assert found(proven(toy), title).verdict == "failed"
    assert found(proven(toy), f"{name} is kept from training").verdict == "passed"
    assert told(toy, "redteam", "--budget", "60s")["drafts"] == []

    toy.cli("failure-mode", "accept", name, "--until", "2999-01-01", "--why", "UA leaves us in May.")

    assert found(proven(toy), title).verdict == "passed"
    shown = told(toy, "failure-mode", "show", name)
    assert (shown["status"], shown["last"]["verdict"]) == ("accepted", "passed")
    assert shown["rows"][0]["carrier"] == "UA"


def test_a_failure_mode_is_written_from_rows_from_keys_and_from_a_request(toy: Toy) -> None:
    """Rows of a predicate leave twins; keys name rows; a request has no label and needs an expectation."""
    rows = told(toy, "failure-mode", "new", "late in the evening", "--where", "hour >= 22", "--examples", "5")
    keys = told(toy, "failure-mode", "new", "two flights", "--keys", "3001,3002", "--share", "0.5")
    toy.write("request.json", '{"records": [{"carrier": "UA", "wind": 39, "hour": 23}]}')
    request = ("failure-mode", "new", "a storm at night", "--request", "request.json")
    refused = toy.cli(*request)
    asked = told(toy, *request, "--expect", "probability > 0.9")

    assert (rows["examples"], rows["twins"] > 100) == (5, True)
    assert (keys["examples"], keys["twins"]) == (2, 0)
    assert refused.returncode == 2
    assert "no label" in refused.stderr
    assert asked["examples"] == 1
    assert {one["title"] for one in told(toy, "failure-mode", "list")} >= {"late in the evening", "a storm at night"}
    assert toy.cli("check").returncode == 0


def test_examples_that_are_trained_on_are_a_fault(toy: Toy) -> None:
    """An example that stands among the training rows too proves nothing, and the check says which."""
    made = told(
        toy, "failure-mode", "new", "early ones", "--from", "training", "--where", "flight < 3", "--examples", "9"
    )
    check = found(proven(toy), f"{made['name']} is kept from training")

    assert check.verdict == "failed"
    assert "3 of the 3 examples" in check.summary
    assert check.examples[0] == {"flight": 0}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("new", "nothing", "--where", "hour > 99"), "No row of reference"),
        (("new", "nothing", "--where", "1; drop table"), "is not a predicate"),
        (("new", "nothing"), "Nothing says which rows"),
        (("new", "nothing", "--from", "log:production", "--where", "hour > 1"), "has no rows"),
        (("show", "FM-999"), "There is no failure mode FM-999"),
        (("accept", "FM-999", "--until", "2999-01-01", "--why", "so"), "There is no failure mode FM-999"),
        (("accept", "FM-001", "--until", "soon", "--why", "so"), "'soon' is no day"),
    ],
)
def test_what_cannot_be_meant_is_refused(toy: Toy, arguments: tuple[str, ...], said: str) -> None:
    """A predicate that is none, rows that there are not, a day that is none: each is told with its remedy."""
    done = toy.cli("failure-mode", *arguments)

    assert done.returncode in {1, 2}
    assert said in done.stderr


def test_an_input_worth_nothing_is_named(toy: Toy) -> None:
    """The carrier is not learnt from, and its value includes zero; the wind's does not."""
    toy.run()
    found_values = told(toy, "features", "value")
    idle = {one["name"]: one["idle"] for one in found_values["values"]}

    assert found_values["metric"] == "roc_auc"
    assert idle == {"carrier": True, "wind": False, "hour": False}


def test_readiness_counts_what_was_executed_and_files_count_for_nothing(tmp_path: Path) -> None:
    """Nothing was executed in a new project: 0. A test, a release and a rollback score, each with its record."""
    with pytest.MonkeyPatch.context() as patched:
        toy = make(tmp_path / "toy", patched)
        before = told(toy, "readiness")
        proven(toy)
        first = launch(toy, as_baseline=True)
        after = told(toy, "readiness")
        toy.cli("readiness", "record", "model-4", "--said", "A model a year old lost 0.02.")
        again = {one["id"]: one for one in told(toy, "readiness")["tests"]}
        aged = told(toy, "readiness", "--max-age", "0s")

    assert first == "v0.1.0"
    assert before["score"] == 0
    assert all(one["score"] == 0 for one in before["tests"])
    scores = {one["id"]: one["score"] for one in after["tests"]}
    assert (scores["data-1"], scores["infrastructure-4"], scores["model-4"]) == (0.5, 0.5, 0)
    assert again["model-4"]["score"] == 0.5
    assert again["data-1"]["evidence"][0]["record"].startswith("blake3:")
    assert aged["score"] == 0
    assert after["next"]["command"]


def test_a_card_is_written_required_and_found_lacking_after_a_change(toy: Toy) -> None:
    """Without its entries `card --check` and `roadworthy test` say no; with them yes; after a change no again."""
    written = toy.cli("card")
    lacking = toy.cli("card", "--check")
    for path in ("docs/model_card.md", "docs/data_card.md"):
        toy.write(path, toy.read(path).replace("(to be written)", "As Ada said."))
    current = toy.cli("card", "--check")
    tested = found(proven(toy), "the cards are current").verdict
    change(toy, "requirements.yaml", "at_least: 0.55", "at_least: 0.56")
    changed = told(toy, "card", "--check", status=3)

    assert written.returncode == 0, written.stderr
    assert (lacking.returncode, current.returncode, tested) == (3, 0, "passed")
    assert "requirement roc_auc has changed since its entry was written." in [
        one["problem"] for one in changed["findings"]
    ]
