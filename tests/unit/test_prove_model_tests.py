"""Model tests at the edges, at a level, of every task; and their matrix."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadworthy.build.data.table import Column, Table
from roadworthy.cli.matrix import table as show
from roadworthy.declare.contract import ColumnRule, Contract
from roadworthy.declare.requirements import (
    Behaviour,
    Budget,
    InputRule,
    Inputs,
    OutputRule,
    Requirements,
    Stress,
)
from roadworthy.errors import PredictFailed, UsageError
from roadworthy.ledger.objects.address import Address
from roadworthy.ledger.objects.item import Item
from roadworthy.prove import size
from roadworthy.prove.behaviour import edges, share, stress
from roadworthy.prove.behaviour.change import apply
from roadworthy.prove.behaviour.check import check
from roadworthy.prove.behaviour.subject import Subject
from roadworthy.prove.junit import junit_of
from roadworthy.prove.matrix import in_words, matrix
from roadworthy.prove.proof import Check
from roadworthy.prove.side_by_side import made
from roadworthy_kit import binomial

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from roadworthy.declare.requirements import Kind, Task

ROWS = 500
ENDS: dict[str, tuple[float | str, ...]] = {"wind": (0.0, 120.0)}
CHANCE = {"chance": OutputRule(min=0, max=1)}


def table() -> Table:
    """Return inputs of a model of delays."""
    random = np.random.default_rng(11)
    return Table(
        {
            "carrier": Column(np.array(["UA", "AA", "DL"], dtype=object)[random.integers(0, 3, ROWS)]),
            "wind": Column(random.integers(0, 40, ROWS).astype(np.float64)),
            "hour": Column(random.integers(0, 24, ROWS)),
        }
    )


def numbers(values: NDArray[np.generic]) -> Table:
    """Return answers."""
    return Table({"chance": Column(values.astype(np.float64))})


def sound(rows: Table) -> Table:
    """Predict from all inputs, whatever they are, between 0 and 1."""
    wind = np.where(rows["wind"].is_missing(), 10.0, rows["wind"].values).astype(np.float64)
    known = np.array([{"UA": 0.1, "AA": 0.05}.get(str(one), 0.0) for one in rows["carrier"].values])
    return numbers(np.clip(wind / 100 + known + rows["hour"].values.astype(np.float64) / 200, 0, 1))


def linear(rows: Table) -> Table:
    """Predict from the wind without end, and for no carrier but those known."""
    for number, carrier in enumerate(rows["carrier"].values):
        if carrier not in {"UA", "AA", "DL"}:
            raise PredictFailed(f"I do not know {carrier} in row {number}.", remedy="Mend it.")
    return numbers(rows["wind"].values.astype(np.float64) / 100 + rows["hour"].values.astype(np.float64) / 200)


def subject(predict: Callable[[Table], Table], *, is_baseline: bool = False) -> Subject:
    """Return a model under test."""
    rows = table()
    said = predict(rows)
    return Subject(rows, rows.names, said, predict, is_baseline, ends=ENDS, outputs=CHANCE)


def edge(kind: Kind, *columns: str, expect: str | None = None, within: float | None = None) -> Behaviour:
    """Return a test of an edge."""
    return Behaviour("edge", kind, columns=columns, expect=expect, within=within)


@pytest.mark.parametrize(
    "test",
    [
        edge("boundary", "wind"),
        edge("unseen_category", "carrier", within=0.1),
        edge("missing", "wind", expect="chance < 0.5"),
    ],
    ids=lambda test: test.kind,
)
def test_a_model_that_answers_at_its_edges_passes(test: Behaviour) -> None:
    """A model that stays within its declared outputs, at the ends and without a value, passes each kind."""
    found = check(test, subject(sound))

    assert (found.verdict, found.facts["kind"], found.facts["wrong"]) == ("passed", test.kind, 0)


def test_an_answer_out_of_its_range_at_the_end_of_the_scope_fails() -> None:
    """A chance above 1 at the strongest wind is found although every reference row is answered well."""
    found = check(edge("boundary", "wind"), subject(linear))
    by = found.facts["by"]

    assert found.verdict == "failed"
    assert isinstance(by, dict)
    assert by["wind = 0.0"]["wrong"] == 0
    assert by["wind = 120.0"]["wrong"] == by["wind = 120.0"]["rows"] == ROWS
    assert found.examples[0]["wind (changed)"] == 120.0


def test_a_category_that_never_occurs_and_is_not_answered_fails_with_the_reason() -> None:
    """A model that raises for a new category is shown with what it said; the test is not cut off by it."""

    def reading(rows: Table) -> Table:
        return numbers(linear(rows)["chance"].values + 0.1 * (rows["carrier"].values == "UA"))

    found = check(edge("unseen_category", "carrier"), subject(reading))

    assert found.verdict == "failed"
    assert "I do not know unseen" in str(found.examples[0]["no answer"])


def test_one_row_of_many_that_is_not_answered_is_named() -> None:
    """Where a model raises for one row alone, the others count as right and that one is shown."""

    def picky(rows: Table) -> Table:
        if (rows["wind"].is_missing() & (rows["hour"].values == 99)).any():
            raise PredictFailed("There is no wind at that hour.", remedy="Mend it.")
        return sound(rows)

    rows = table()
    hours = rows["hour"].values.copy()
    hours[321] = 99
    asked = rows.with_column("hour", Column(hours))
    found = check(edge("missing", "wind"), Subject(asked, asked.names, picky(asked), picky))

    assert (found.verdict, found.facts["wrong"], found.facts["rows"]) == ("failed", 1, ROWS)
    assert [example["hour"] for example in found.examples] == [99]


def test_an_edge_that_the_model_does_not_read_is_vacuous() -> None:
    """A test of a column that is not read cannot fail; the baseline need not read it."""

    def blind(rows: Table) -> Table:
        return numbers(rows["hour"].values.astype(np.float64) / 24)

    assert "does not read wind" in check(edge("missing", "wind"), subject(blind)).summary
    assert check(edge("missing", "wind"), subject(blind, is_baseline=True)).verdict == "not_run"
    assert "snow is no input" in check(edge("missing", "snow"), subject(sound)).summary


def test_an_edge_that_there_is_not_is_the_users_mistake() -> None:
    """A boundary without bounds, and a category of numbers, are said to be so."""
    with pytest.raises(UsageError, match="`hour` has no ends"):
        check(edge("boundary", "hour"), subject(sound))
    with pytest.raises(UsageError, match="not text"):
        check(edge("unseen_category", "wind"), subject(sound))


def test_the_ends_are_those_of_the_requirements_or_else_the_contract() -> None:
    """An override wins for each end by itself."""
    contract = Contract("roadworthy/v1alpha1", "rows", {"wind": ColumnRule(min=0, max=200), "hour": ColumnRule()})
    inputs = Inputs(("wind", "hour"), "rows", {"wind": InputRule(max=120)})
    wanted = Requirements("roadworthy/v1alpha1", "m", "regression", inputs, {})

    assert edges.ends(wanted, {"rows": contract}) == {"wind": (0, 120), "hour": ()}


def test_the_output_that_is_watched_may_be_named() -> None:
    """Of a model that gives a chance for each class, each direction is tested of its own class."""

    def classes(rows: Table) -> Table:
        late = rows["wind"].values.astype(np.float64) / 100
        return Table({"on_time": Column(1 - late), "late": Column(late)})

    windier = Behaviour("w", "directional", {"wind": "+20"}, expect="higher", output="late")
    calmer = Behaviour("c", "directional", {"wind": "+20"}, expect="lower")
    wrong = Behaviour("x", "directional", {"wind": "+20"}, expect="higher", output="on_time")

    assert [check(one, subject(classes)).verdict for one in (windier, calmer, wrong)] == ["passed", "passed", "failed"]


def test_classes_and_amounts_are_tested_alike() -> None:
    """A model that names a class may not change it; one that gives an amount may move as far as is said."""

    def named(rows: Table) -> Table:
        late = np.array(["late" if one > 20 else "on time" for one in rows["wind"].values], dtype=object)
        return Table({"class": Column(late)})

    def minutes(rows: Table) -> Table:
        return Table({"minutes": Column(rows["wind"].values.astype(np.float64) * 3)})

    moved = Behaviour("m", "invariance", {"wind": "+1"}, share=0.9)
    little = Behaviour("l", "invariance", {"wind": "+1"}, within=3.5)

    found = check(moved, subject(named))
    assert found.facts["wrong"] == int((table()["wind"].values == 20).sum())
    assert check(little, subject(minutes)).verdict == "passed"


@given(st.integers(1, 400), st.floats(0.01, 0.99), st.integers(-1, 400))
def test_the_chance_of_few_hits_is_the_sum_of_its_parts(rows: int, chance: float, hits: int) -> None:
    """The tail of the binomial is what adding its terms up gives."""
    k = np.arange(rows + 1)
    logs = np.concatenate([[0.0], np.cumsum(np.log((rows - k[:-1]) / (k[:-1] + 1)))])
    terms = np.exp(logs + k * np.log(chance) + (rows - k) * np.log1p(-chance))

    assert share.at_most(hits, rows, chance) == pytest.approx(float(terms[: max(hits, -1) + 1].sum()), abs=1e-9)
    assert binomial.at_most(hits, rows, chance) == share.at_most(hits, rows, chance)


@given(st.integers(20, 3000), st.sampled_from([0.5, 0.8, 0.9, 0.95, 0.99]), st.sampled_from([0.01, 0.05, 0.1]))
def test_a_level_is_kept(rows: int, asked: float, level: float) -> None:
    """The stated chance of a false alarm never exceeds the level, and one row more would."""
    rule = share.rule(rows, asked, level)

    assert rule.false_alarm <= level
    assert share.at_most(rule.most + 1, rows, asked) > level


def test_false_alarms_come_as_often_as_is_stated() -> None:
    """Of models that keep exactly the share, as many fail as the test says of itself; of worse ones, its power."""
    random = np.random.default_rng(5)
    rule = share.rule(300, 0.9, 0.05)
    kept, worse = random.binomial(300, 0.9, 20_000), random.binomial(300, rule.worse, 20_000)

    assert float((kept <= rule.most).mean()) == pytest.approx(rule.false_alarm, abs=0.006)
    assert float((worse <= rule.most).mean()) == pytest.approx(rule.power, abs=0.006)


def test_a_level_forgives_chance_and_says_so() -> None:
    """A share a little below what is asked fails by itself, and not at a level; both state n and their error rates."""
    strict = Behaviour("s", "directional", {"wind": "+20"}, expect="not_lower", share=0.9)
    at_level = Behaviour("l", "directional", {"wind": "+20"}, expect="not_lower", share=0.9, level=0.05)

    def partly(rows: Table) -> Table:
        falling = np.arange(len(rows)) % 9 == 0
        wind = rows["wind"].values.astype(np.float64)
        return numbers(np.where(falling, -wind, wind))

    failed, passed = check(strict, subject(partly)), check(at_level, subject(partly))

    assert (failed.verdict, passed.verdict) == ("failed", "passed")
    assert "at a level of 5 % (false alarms" in passed.summary
    assert {"low", "high", "false_alarm", "power", "power_at", "level", "rows"} <= set(passed.facts)
    assert passed.facts["power_at"] == pytest.approx(0.8)


def test_a_level_with_too_few_rows_is_not_run() -> None:
    """A test that could hardly fail does not pass: it says that it is too small to tell."""
    few = Behaviour("f", "directional", {"wind": "+20"}, where="hour = 3", expect="not_lower", share=0.98, level=0.01)
    found = check(few, subject(sound))

    assert found.verdict == "not_run"
    assert "too few rows to tell" in found.summary


def test_disturbances_by_chance_are_the_same_each_time() -> None:
    """A share goes missing, noise has the size that is said, a shuffle keeps the values; whole numbers stay whole."""
    rows = table()
    gone, noisy, mixed = (apply({"wind": how}, rows).table["wind"] for how in ("missing 20%", "noise 10%", "shuffled"))
    noise = noisy.values.astype(np.float64) - rows["wind"].values.astype(np.float64)

    assert gone.is_missing().mean() == pytest.approx(0.2, abs=0.06)
    assert noise.std() == pytest.approx(0.1 * rows["wind"].values.astype(np.float64).std(), rel=0.15)
    assert sorted(mixed.values.tolist()) == sorted(rows["wind"].values.tolist())
    assert apply({"hour": "noise 30%"}, rows).table["hour"].values.dtype.kind == "i"
    assert apply({"wind": "noise 10%"}, rows).table["wind"].values.tolist() == noisy.values.tolist()
    with pytest.raises(UsageError, match="carrier"):
        apply({"carrier": "noise 10%"}, rows)


def test_a_stale_join_moves_all_its_columns_together() -> None:
    """Columns that are shuffled together come from the same other row."""
    rows = Table({"a": Column(np.arange(50)), "b": Column(np.arange(50) * 2.0)})
    found = apply({"a": "shuffled", "b": "shuffled"}, rows).table

    assert (found["b"].values == 2 * found["a"].values.astype(np.float64)).all()
    assert not (found["a"].values == np.arange(50)).any()


def test_the_size_of_a_model_is_held_to_its_budget() -> None:
    """A model larger than declared fails; without a budget nothing is checked."""
    item = Item(Address("blake3:" + "0" * 64), 3 * 1024 * 1024, 2)
    (large,) = size.checks(Budget("2MiB"), item)
    (small,) = size.checks(Budget("4MiB"), item)

    assert (large.verdict, small.verdict) == ("failed", "passed")
    assert large.summary == "The model takes 3.0 MiB in 2 files; at most 2MiB is asked."
    assert size.checks(Budget(), item) == ()


@pytest.mark.parametrize(("task", "metric"), [("regression", "r2"), ("multiclass", "accuracy")])
def test_stress_is_of_every_task(task: Task, metric: str) -> None:
    """What a stale join of the wind costs is measured of amounts and of classes too."""
    wind = table()["wind"].values.astype(np.float64)

    def predict(rows: Table) -> Table:
        given = rows["wind"].values.astype(np.float64)
        if task == "regression":
            return Table({"minutes": Column(3 * given)})
        return Table(
            {"calm": Column((given < 20).astype(np.float64)), "windy": Column((given >= 20).astype(np.float64))}
        )

    said = predict(table())
    classes = np.where(wind < 20, "calm", "windy").astype(object)
    label = Column(3 * wind if task == "regression" else classes)
    outputs = {name: OutputRule() for name in said.names}
    wanted = Requirements("roadworthy/v1alpha1", "m", task, Inputs(table().names), outputs)
    tested = Subject(table(), table().names, said, predict, label=label)
    lost, little = (
        stress.check(Stress("join", {"wind": how}, metric, at_least=0.8), tested, wanted)
        for how in ("shuffled", "noise 1%")
    )

    assert (lost.verdict, little.verdict) == ("failed", "passed")


def checks() -> tuple[Check, ...]:
    """Return what came of some model tests."""
    linearly = subject(linear)
    weather = Behaviour("more wind", "directional", {"wind": "+20"}, expect="higher", capability="weather")
    hours = Behaviour("hours", "minimum_functionality", where="hour < 3", expect="chance < 0.9")
    late = Column(np.random.default_rng(1).random(ROWS) < 0.3)
    strained = Subject(linearly.rows, linearly.inputs, linearly.answers, linear, label=late)
    wanted = Requirements("roadworthy/v1alpha1", "m", "binary_classification", Inputs(table().names), CHANCE)
    down = Stress("no wind", {"wind": "shuffled"}, "roc_auc", at_least=0.1, capability="weather")
    return (
        *(check(test, linearly) for test in (weather, edge("boundary", "wind"), hours)),
        stress.check(down, strained, wanted),
        Check("evaluation", "roc_auc", "passed", "0.7"),
    )


def test_the_matrix_has_a_cell_for_each_capability_and_kind(capsys: pytest.CaptureFixture[str]) -> None:
    """A capability is what is declared, or the columns in question; a cell has its failure rate and examples."""
    cells = {(cell["capability"], cell["kind"]): cell for cell in matrix(checks())}
    show(list(cells.values()))
    printed = capsys.readouterr().out

    assert list(cells) == [
        ("weather", "directional"),
        ("weather", "stress"),
        ("wind", "boundary"),
        ("hour", "minimum_functionality"),
    ]
    assert cells["wind", "boundary"]["rate"] == pytest.approx(0.5, abs=0.02)
    assert len(cells["wind", "boundary"]["examples"]) == 3
    assert in_words(cells["weather", "stress"]) == "1/1 passed"
    assert "0/1 passed, 50" in printed
    assert printed.count("weather") == 1


def test_junit_tells_what_a_model_test_is_of() -> None:
    """Each model test has its line and column of the matrix, n and its error rates among its properties."""
    root = ET.fromstring(junit_of("m", checks()))  # noqa: S314 - ours
    told = {
        case.get("name"): {one.get("name"): one.get("value") for one in case.iter("property")}
        for case in root.iter("testcase")
    }

    assert told["more wind"]["capability"] == "weather"
    assert told["more wind"]["kind"] == "directional"
    assert {"rows", "wrong", "false_alarm", "power"} < set(told["more wind"])
    assert told["roc_auc"] == {}


def test_checks_made_side_by_side_come_in_their_order() -> None:
    """Whichever is done first, they are told in the order in which they are declared, and counted as they come."""
    done: list[int] = []
    names = [f"test {number}" for number in range(20)]
    found = made([partial(Check, "behaviour", name, "passed", "") for name in names], done.append)

    assert [check.name for check in found] == names
    assert done == list(range(1, 21))


def test_a_fault_among_checks_is_not_swallowed() -> None:
    """What a check raises that is no fault of the user reaches whoever asked for them."""

    def broken() -> Check:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        made([broken, broken])
