"""Each task all the way on real rows: requirements.yaml, run, test, JSON, and the review's page."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from real_tables import BREAST, DIABETES, DIGITS, make

if TYPE_CHECKING:
    from pathlib import Path

    from real_tables import Real
    from toy_pipeline import Toy


def proven(toy: Toy) -> dict[str, Any]:
    """Run and test the project by its commands, and return the document."""
    ran = toy.cli("run")
    assert ran.returncode == 0, ran.stderr
    done = toy.cli("test", "--json")
    found: dict[str, Any] = json.loads(done.stdout)
    assert done.returncode == 0, [check for check in found["checks"] if check["verdict"] == "failed"]
    return found


def page(toy: Toy) -> str:
    """Review the commit against the one before, and return the page."""
    done = toy.cli("review", "HEAD~1..HEAD", "--html", "review.html")
    assert done.returncode in {0, 3}, done.stderr
    return toy.read("review.html")


@pytest.fixture
def toy(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Toy:
    """Return the project of the task that the test names."""
    real: Real = request.param
    return make(tmp_path / "real", monkeypatch, real)


@pytest.mark.parametrize("toy", [BREAST], indirect=True)
def test_a_binary_model_is_shown_by_threshold_and_cost(toy: Toy) -> None:
    """Tumours: thresholds with their costs for every role, calibration, confusion, and the inputs' importance."""
    measures = proven(toy)["measures"]
    curve = measures["details"]["thresholds"]["candidate"]
    shown = page(toy)
    cheapest = min(curve, key=lambda cut: cut["cost"])

    assert set(measures["details"]["thresholds"]) == {"candidate", "baseline"}
    assert curve[0]["recall"] == 1.0
    assert curve[0]["flagged"] == 1.0
    assert cheapest["cost"] < curve[0]["cost"]
    assert cheapest["cost"] < curve[-1]["cost"]
    assert measures["differences"]["baseline"]["roc_auc"]["low"] > 0.3
    assert measures["calibration"]["candidate"]
    assert len(measures["details"]["importance"]["inputs"]) == len(BREAST.inputs)
    for name in ("calibration", "thresholds", "costs", "importance"):
        assert shown.count(f'data-plot="{name}"') == 1


@pytest.mark.parametrize("toy", [DIGITS], indirect=True)
def test_a_model_of_ten_classes_is_shown_class_by_class(toy: Toy) -> None:
    """Digits: chances are held to account, and the matrix tells which digit is taken for which."""
    measures = proven(toy)["measures"]
    matrix = measures["details"]["matrix"]["candidate"]
    right = sum(matrix["counts"][at][at] for at in range(10))
    shown = page(toy)

    assert matrix["classes"] == [str(number) for number in range(10)]
    assert sum(map(sum, matrix["counts"])) == measures["rows"]
    assert right / measures["rows"] == pytest.approx(measures["metrics"]["candidate"]["accuracy"]["value"])
    assert measures["metrics"]["candidate"]["log_loss"]["value"] < measures["metrics"]["baseline"]["log_loss"]["value"]
    assert measures["differences"]["baseline"]["macro_f1"]["low"] > 0.5
    assert measures["calibration"]["candidate"]
    assert len(measures["details"]["importance"]["inputs"]) == len(DIGITS.inputs)
    for text in ('data-plot="classes"', 'data-plot="calibration"', "Which class is taken for which"):
        assert text in shown


@pytest.mark.parametrize("toy", [DIABETES], indirect=True)
def test_a_model_of_a_number_is_shown_by_its_residuals(toy: Toy) -> None:
    """Patients: residuals from the lowest prediction to the highest, and what each input is to the model."""
    measures = proven(toy)["measures"]
    parts = measures["details"]["residuals"]["candidate"]
    heaviest = [one["input"] for one in measures["details"]["importance"]["inputs"][:3]]
    shown = page(toy)

    assert sum(part["rows"] for part in parts) == measures["rows"]
    assert [part["low"] for part in parts] == sorted(part["low"] for part in parts)
    assert {"bmi", "s5"} & set(heaviest)
    assert measures["differences"]["baseline"]["mean_absolute_error"]["high"] < 0
    assert measures["calibration"] == {}
    for name in ("residuals", "importance", "histogram"):
        assert f'data-plot="{name}"' in shown


@pytest.mark.parametrize("toy", [DIABETES], indirect=True)
def test_a_learning_curve_is_made_on_demand_over_seeds(toy: Toy) -> None:
    """From a tenth of the patients to all: the error falls, every seed is told, and the record is kept."""
    ran = toy.cli("run")
    done = toy.cli("learning-curve", "--parts", "10,100", "--seeds", "2", "--json")
    found = json.loads(done.stdout)
    few, whole = found["points"]
    asked = toy.cli("learning-curve", "--parts", "nothing")

    assert ran.returncode == done.returncode == 0, done.stderr
    assert (few["share"], whole["share"]) == (0.1, 1.0)
    assert few["rows"] < 30 < whole["rows"]
    assert few["value"]["value"] > whole["value"]["value"]
    assert len(whole["each"]) == 2
    assert len(set(whole["each"])) == 2
    assert found["last_gain"]["low"] > 0
    assert found["record"]
    assert asked.returncode == 2
    assert "--parts nothing is no list of shares" in asked.stderr
