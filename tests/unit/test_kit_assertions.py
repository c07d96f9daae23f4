"""The assertions and checks that a project's own tests use: when they fail, what they say, and how often they err."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from unittest import SkipTest

import numpy as np
import pytest

from roadworthy.declare.failure_mode import Accepted, FailureMode, Found
from roadworthy.prove.own_test import check_of
from roadworthy_kit import report
from roadworthy_kit.assertions import STATED, assert_no_worse, assert_share
from roadworthy_kit.pretrain import (
    assert_disjoint,
    assert_loss_falls,
    assert_no_leak,
    assert_overfits,
    assert_range,
    assert_shape,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def rows(right: int, wrong: int) -> list[bool]:
    """Return as many rows that are right, and then those that are wrong."""
    return [True] * right + [False] * wrong


def test_a_share_that_is_surely_too_small_fails_with_its_numbers_and_rows() -> None:
    """The failure states n, the rate, its interval, the level, both error rates, and shows the first wrong rows."""
    carriers = {"carrier": ["UA"] * 400 + ["DL"] * 100, "wind": [1.23456] * 500}

    with pytest.raises(AssertionError) as told:
        assert_share(rows(400, 100), 0.9, rows=carriers)

    lines = str(told.value).splitlines()
    assert lines[0] == "80 % of 500 rows are right; at least 90 % is asked, at a level of 5 %."
    assert lines[1].startswith("  100 of 500 wrong, interval 76.27 % to 83.27 %; false alarms ")
    assert "against 80 %" in lines[1]
    assert lines[3] == "    400: carrier=DL wind=1.235"
    assert lines[-1] == "    … and 95 more"


def test_a_share_that_may_be_chance_passes_and_is_stated() -> None:
    """A little less than is asked is no proof at a level, and is one without; what passes is stated all the same."""
    STATED.clear()
    assert_share(np.array(rows(446, 54)), 0.9)
    (stated,) = STATED

    assert (stated["rows"], stated["wrong"], stated["level"]) == (500, 54, 0.05)
    assert stated["false_alarm"] <= 0.05 < stated["power"]
    with pytest.raises(AssertionError, match=r"89\.2 %"):
        assert_share(rows(446, 54), 0.9, level=0)


def test_the_share_of_false_alarms_is_what_is_stated() -> None:
    """Of sound models, no more fail than the assertion says of itself."""
    dice, failed, trials = np.random.default_rng(2), 0, 400
    for _ in range(trials):
        try:
            assert_share(dice.random(200) < 0.9, 0.9)
        except AssertionError:
            failed += 1

    assert failed / trials == pytest.approx(STATED[-1]["false_alarm"], abs=0.03)


def test_all_is_all() -> None:
    """Where every row must be right, one that is wrong or missing is a failure, however few there are."""
    assert_share([True, 1, 1.0], 1)
    for wrong in (False, 0, None, float("nan")):
        with pytest.raises(AssertionError, match=r"first wrong: rows 1"):
            assert_share([True, wrong], 1)


def test_what_can_tell_nothing_does_not_pass() -> None:
    """No rows are a failure, too few are skipped with the reason, and what is no column of answers is a mistake."""
    with pytest.raises(AssertionError, match="no rows"):
        assert_share([], 0.9)
    with pytest.raises(SkipTest, match="too few rows to tell"):
        assert_share(rows(10, 0), 0.95)
    for strange in ({"a": [True]}, np.ones((2, 2)), ["yes", "no"]):
        with pytest.raises(TypeError):
            assert_share(strange, 0.5)


def test_a_model_that_loses_more_than_it_gains_is_worse() -> None:
    """The failure counts what became worse and better, and shows the first rows that did; a margin may allow it."""
    old = rows(80, 20)
    new = [False] * 30 + rows(50, 10) + [True] * 10

    with pytest.raises(AssertionError, match="Of 100 rows, 30 became worse and 10 better") as told:
        assert_no_worse(new, old, rows=[f"flight {number}" for number in range(100)])
    assert "net loss 20 %, interval " in str(told.value)
    assert "    0: flight 0" in str(told.value)
    assert_no_worse(new, old, margin=0.2)
    assert_no_worse(old, new)
    assert_no_worse(old, old)


def test_losses_are_compared_row_by_row() -> None:
    """Of losses the lower one is better, and what is missing is worse than anything."""
    old = np.linspace(1, 2, 60)

    assert_no_worse(old - 0.1, old, better="lower")
    with pytest.raises(AssertionError, match="60 became worse"):
        assert_no_worse(old + 0.1, old, better="lower")
    with pytest.raises(AssertionError, match="60 became worse"):
        assert_no_worse(np.full(60, np.nan), old, better="lower")
    with pytest.raises(AssertionError, match="the same rows"):
        assert_no_worse(old[:3], old)


def test_too_few_rows_that_became_worse_are_no_pass() -> None:
    """Four rows that all became worse may be chance: the test says that it cannot tell."""
    with pytest.raises(SkipTest, match="too few rows that differ"):
        assert_no_worse(rows(0, 4), rows(4, 0))


def test_shapes_and_ranges_are_told_by_place() -> None:
    """Answers that are too few, called otherwise, or out of range are said to be so."""
    assert_shape({"chance": [0.1, 0.2]}, 2, ["chance"])
    assert_range([0.0, 1.0], 0, 1)
    wrongs: list[tuple[str, Callable[[], Any]]] = [
        ("1 answers for 2 rows", lambda: assert_shape([0.1], 2)),
        (r"columns \['chance'\], not \['late'\]", lambda: assert_shape({"chance": [0.1]}, 1, ["late"])),
        ("1.5 in row 1, nan in row 2", lambda: assert_range([0.5, 1.5, float("nan")], 0, 1)),
        ("nothing is tested", lambda: assert_range([])),
    ]
    for said, wrong in wrongs:
        with pytest.raises(AssertionError, match=said):
            wrong()


class Learner:
    """A line through the origin, fitted step by step."""

    def __init__(self, rate: float) -> None:
        self.weight, self._rate = 0.0, rate
        self._x = np.array([1.0, 2.0, 3.0])

    def loss(self) -> float:
        """Return the mean squared error."""
        return float((((self.weight - 2.0) * self._x) ** 2).mean())

    def step(self) -> None:
        """Go down the gradient."""
        self.weight -= self._rate * float((2 * (self.weight - 2.0) * self._x**2).mean())


def test_a_model_that_learns_is_told_from_one_that_does_not() -> None:
    """A sound rate lowers the loss and learns the batch; a rate turned round, or none, does neither."""
    assert_loss_falls((good := Learner(0.05)).loss, good.step)
    assert_overfits((good := Learner(0.05)).loss, good.step, below=1e-6)
    for rate in (-0.05, 0.0):
        bad = Learner(rate)
        with pytest.raises(AssertionError, match="it should fall"):
            assert_loss_falls(bad.loss, bad.step)
        with pytest.raises(AssertionError, match="learns a few rows by heart"):
            assert_overfits(bad.loss, bad.step, below=1e-6, steps=5)


def table() -> dict[str, list[Any]]:
    """Return rows of a label, of what comes after it, and of what tells something or nothing of it."""
    dice = np.random.default_rng(4)
    wind = dice.normal(20, 5, 2000)
    late = wind + dice.normal(0, 5, 2000) > 24
    return {
        "flight": list(range(2000)),
        "wind": wind.tolist(),
        "carrier": dice.choice(["UA", "AA"], 2000).tolist(),
        "delay": (np.where(late, 31, 0) + dice.random(2000)).tolist(),
        "status": np.where(late, "late", "on time").tolist(),
        "late": late.tolist(),
        "minutes": (3 * wind).tolist(),
    }


def test_a_column_that_gives_the_label_away_is_named() -> None:
    """What is known only afterwards is found, of classes and of amounts; an input that tells something is not."""
    with pytest.raises(AssertionError, match=r"told by status .*, delay") as told:
        assert_no_leak(table(), "late")
    assert "wind" not in str(told.value)
    assert_no_leak(table(), "late", columns=["flight", "wind", "carrier"])
    with pytest.raises(AssertionError, match=r"told by wind \(9"):
        assert_no_leak(table(), "minutes", columns=["carrier", "wind"])


def test_rows_of_the_test_that_are_trained_on_are_named() -> None:
    """A key in both tables is told with its row; different keys are not."""
    training = {"day": [1, 1, 2], "flight": ["a", "b", "a"]}

    assert_disjoint(training, {"day": [2], "flight": ["b"]}, ["day", "flight"])
    with pytest.raises(AssertionError, match=r"1 rows of the test are trained on, by day, flight:\n    0: day=1"):
        assert_disjoint(training, {"day": [1], "flight": ["b"]}, ["day", "flight"])


def mode(until: str | None) -> FailureMode:
    """Return a failure mode that is open, or accepted."""
    found = Found("2026-01-01", "person")
    accepted = None if until is None else Accepted(until, "It is rare.")
    status = "open" if until is None else "accepted"
    return FailureMode("v", "Storms", found, "ada", "low", "x.csv", status=status, accepted=accepted)  # type: ignore[arg-type]


def test_a_failed_test_of_an_accepted_failure_mode_passes_until_its_day() -> None:
    """It says who lives with it, and fails when the day has passed, or when one of several is not accepted."""
    failed = {"name": "t", "outcome": "failed", "said": "Too few.", "failure_modes": ["FM-001"]}
    lived = check_of(failed, {"FM-001": mode("2999-01-01")})
    both = {**failed, "failure_modes": ["FM-001", "FM-002"]}

    assert (lived.verdict, lived.facts["failure_mode"]) == ("passed", "FM-001")
    assert lived.summary == "Too few. Accepted until 2999-01-01: It is rare."
    assert check_of(failed, {"FM-001": mode("2001-01-01")}).verdict == "failed"
    assert check_of(failed, {"FM-001": mode(None)}).verdict == "failed"
    assert check_of(both, {"FM-001": mode("2999-01-01"), "FM-002": mode(None)}).verdict == "failed"


def test_what_a_strange_process_states_is_kept_as_far_as_a_record_can_hold_it() -> None:
    """Numbers that JSON has not, unknown names, endless text and lists come from a process that is not ours."""
    strange = {"rows": float("nan"), "wrong": 2**70, "power": 0.5, "evil": 1, "said": "x" * 9000}
    check = check_of({"name": "t", "outcome": "passed", "said": "", "stated": [strange, 7] * 100}, {})
    stated = check.facts["stated"]

    assert isinstance(stated, list)
    assert len(stated) <= 50
    assert stated[0] == {"power": 0.5, "said": "x" * 500}


def test_a_report_is_json_or_markdown(tmp_path: Path) -> None:
    """What failed stands first, with what it said; text cannot break the table."""
    found: list[dict[str, Any]] = [
        {"name": "a", "outcome": "passed", "said": "", "stated": [{"said": "All good."}]},
        {"name": "b", "outcome": "failed", "said": "1 | 2\n<b>", "failure_modes": ["FM-001"]},
    ]
    report.write(tmp_path / "deep" / "report.json", found)
    report.write(tmp_path / "report.md", found)
    lines = (tmp_path / "report.md").read_text(encoding="utf-8").splitlines()

    assert json.loads((tmp_path / "deep" / "report.json").read_text(encoding="utf-8")) == {"tests": found}
    assert lines[2] == "2 tests: 1 failed, 1 passed."
    assert lines[6:] == ["| b | failed | FM-001 | 1 \\| 2 &lt;b> |", "| a | passed |  | All good. |"]
