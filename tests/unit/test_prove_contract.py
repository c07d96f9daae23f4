"""Contracts: every rule can fail, names its column, and shows rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from roadworthy.build.data import query
from roadworthy.build.data.table import Column, Table
from roadworthy.declare.contract import (
    ColumnRule,
    Contract,
    ForeignKey,
    LabelRule,
    Privacy,
    Splits,
    SqlCheck,
    TableRule,
)
from roadworthy.declare.pipeline import Dataset
from roadworthy.prove.contract import dataset as named
from roadworthy.prove.contract.check import Data, check

if TYPE_CHECKING:
    from pathlib import Path

    from roadworthy.prove.proof import Check

API: Final = "roadworthy/v1alpha1"


def text(*values: str | None) -> Column:
    """Return a column of text, None being missing."""
    held = np.array(["" if value is None else value for value in values], dtype=object)
    return Column(held, np.array([value is None for value in values]))


GOOD = Table(
    {
        "flight_id": text("a", "b", "c", "d"),
        "carrier": text("UA", "AA", "UA", None),
        "hour": Column(np.array([5, 9, 17, 23])),
        "wind": Column(np.array([3.0, np.nan, 12.0, 40.0])),
        "late": Column(np.array([False, False, True, True])),
        "scheduled": Column(np.array(["2013-05-01", "2013-05-02", "2013-05-03", "2013-05-04"], dtype="datetime64[us]")),
    }
)


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    """Return the path of the good table."""
    path = tmp_path / "it's rows.parquet"
    query.write(GOOD, path)
    return path


def failed(contract: Contract, data: Data) -> dict[str, Check]:
    """Return the failed checks, by name."""
    return {found.name: found for found in check("c", contract, data) if found.verdict == "failed"}


def of_column(name: str, rule: ColumnRule) -> Contract:
    """Return a contract of one column."""
    return Contract(API, "reference", columns={name: rule})


def test_a_good_table_passes(rows: Path) -> None:
    """Rules that hold pass, one check each, with a summary."""
    contract = Contract(
        API,
        "reference",
        columns={
            "flight_id": ColumnRule(type="text", unique=True, missing=0.0, pattern="[a-z]"),
            "carrier": ColumnRule(type="text", missing=0.25, allowed=("UA", "AA"), distinct={"at_least": 2}),
            "hour": ColumnRule(type="integer", min=0, max=23),
            "wind": ColumnRule(type="number", min=0, max=40, missing=0.3, mean={"at_least": 10, "at_most": 20}),
            "late": ColumnRule(type="boolean"),
            "scheduled": ColumnRule(type="time", min="2013-05-01", max="2013-06-30"),
        },
        other_columns="refused",
        table=TableRule(
            rows={"at_least": 4, "at_most": 9}, key=("flight_id",), duplicates=0.0, relations=("hour < 24",)
        ),
        label=LabelRule("late", share={"at_least": 0.2, "at_most": 0.8}, conflicts=0.0),
        privacy=Privacy(("passenger",)),
        sql=(SqlCheck("no late night", "SELECT * FROM rows WHERE hour > 23"),),
    )
    found = check("c", contract, Data(rows, key=("flight_id",), time="scheduled"))

    assert [each.name for each in found if each.verdict != "passed"] == []
    assert len({each.name for each in found}) == len(found) > 25
    assert all(each.summary for each in found)


@pytest.mark.parametrize(
    ("name", "rule", "check_name", "wrong"),
    [
        ("carrier", ColumnRule(missing=0.1), "c: carrier: missing", 0.25),
        ("carrier", ColumnRule(allowed=("UA",)), "c: carrier: allowed", 1),
        ("carrier", ColumnRule(unique=True), "c: carrier: unique", 1),
        ("carrier", ColumnRule(pattern="U."), "c: carrier: pattern", 1),
        ("carrier", ColumnRule(type="number"), "c: carrier: type", None),
        ("hour", ColumnRule(type="time"), "c: hour: type", None),
        ("hour", ColumnRule(min=6), "c: hour: min", 1),
        ("wind", ColumnRule(max=11), "c: wind: max", 2),
        ("wind", ColumnRule(missing=0), "c: wind: missing", 0.25),
        ("wind", ColumnRule(mean={"at_most": 10}), "c: wind: mean", None),
        ("hour", ColumnRule(distinct={"at_most": 3}), "c: hour: distinct", 4),
        ("scheduled", ColumnRule(max="2013-05-03"), "c: scheduled: max", 1),
        ("carier", ColumnRule(), "c: carier exists", None),
    ],
)
def test_a_broken_column_rule_is_found(
    rows: Path, name: str, rule: ColumnRule, check_name: str, wrong: float | None
) -> None:
    """Each rule on a column fails by itself when the column breaks it, and says how often."""
    found = failed(of_column(name, rule), Data(rows))

    assert check_name in found
    assert wrong is None or found[check_name].facts["found"] == wrong
    assert name in found[check_name].name


def test_wrong_rows_are_shown(rows: Path) -> None:
    """A failed rule on values shows the rows at fault, as they are."""
    found = failed(of_column("wind", ColumnRule(max=11)), Data(rows))
    examples = found["c: wind: max"].examples

    assert [example["wind"] for example in examples] == [12.0, 40.0]
    assert examples[0]["scheduled"] == "2013-05-03T00:00:00"


def test_a_rule_that_does_not_fit_the_column_fails_alone(rows: Path) -> None:
    """A number asked of text is that check's failure, and takes no other check with it."""
    columns = {"carrier": ColumnRule(mean={"at_least": 1}), "hour": ColumnRule(max=23)}
    found = failed(Contract(API, "reference", columns=columns), Data(rows))

    assert list(found) == ["c: carrier: mean"]


def test_an_empty_table_and_an_empty_column_fail(tmp_path: Path) -> None:
    """A table without rows, or a column without values, is never a pass; the column is named."""
    empty, hollow = tmp_path / "empty.parquet", tmp_path / "hollow.parquet"
    query.write(GOOD.take(np.zeros(4, dtype=np.bool_)), empty)
    query.write(GOOD.with_column("wind", Column(np.full(4, np.nan))), hollow)
    contract = of_column("wind", ColumnRule(min=0, max=9, missing=1.0))

    assert "c: table: rows" in failed(contract, Data(empty))
    assert list(failed(contract, Data(hollow))) == ["c: wind: has values"]


def test_table_rules_are_found(rows: Path) -> None:
    """Keys, relations, other columns and forbidden columns are checked."""
    contract = Contract(
        API,
        "reference",
        columns={"hour": ColumnRule()},
        other_columns="refused",
        table=TableRule(rows={"at_most": 3}, key=("carrier",), relations=("hour < 20 OR NOT late",)),
        privacy=Privacy(("carrier",)),
        label=LabelRule("late", share={"at_most": 0.4}),
        sql=(SqlCheck("calm", "SELECT * FROM rows WHERE wind > 30;"),),
    )
    found = failed(contract, Data(rows))

    assert set(found) == {
        "c: no other columns",
        "c: carrier is absent",
        "c: table: rows",
        "c: table: key carrier",
        "c: table: hour < 20 OR NOT late",
        "c: label late: share",
        "c: calm",
    }
    assert found["c: calm"].examples[0]["flight_id"] == "d"


def test_splits_and_foreign_keys(tmp_path: Path, rows: Path) -> None:
    """A key in both splits, a training row after a test row, and a value that stands nowhere are found."""
    carriers = tmp_path / "carriers.csv"
    carriers.write_text("code\nAA\n", encoding="utf-8")
    contract = Contract(
        API,
        "reference",
        table=TableRule(foreign_keys=(ForeignKey(("carrier",), "carriers", ("code",)),)),
        splits=Splits("training", "reference", ("flight_id",), "scheduled"),
    )
    others = {"carriers": carriers, "training": rows, "reference": rows}
    found = failed(contract, Data(rows, others))

    assert set(found) == {
        "c: table: carrier in carriers",
        "c: splits: no key in both",
        "c: splits: training before test",
    }
    assert found["c: table: carrier in carriers"].facts["found"] == pytest.approx(1 / 3)


def test_conflicting_labels(tmp_path: Path) -> None:
    """Rows with the same inputs and another label are conflicts; key and time do not tell rows apart."""
    path = tmp_path / "rows.parquet"
    label = Column(np.array([True, False, True, True]))
    same = Table({"id": GOOD["flight_id"], "hour": Column(np.array([1, 1, 2, 3])), "late": label})
    query.write(same, path)
    contract = Contract(API, "reference", label=LabelRule("late", conflicts=0.4))
    found = failed(contract, Data(path, key=("id",)))

    assert found["c: label late: conflicts"].facts["found"] == 0.5


def test_what_is_known_too_late_is_no_input(rows: Path) -> None:
    """A column known after the prediction may stand in the table, but not among the inputs."""
    columns = {
        "wind": ColumnRule(known_at="-2h"),
        "late": ColumnRule(known_at="+3h"),
        "hour": ColumnRule(known_at="prediction"),
    }
    contract = Contract(API, "reference", columns=columns)

    assert set(failed(contract, Data(rows, inputs=("wind", "hour", "late")))) == {"c: late is known in time"}
    assert failed(contract, Data(rows, inputs=("wind", "hour"))) == {}


def test_a_query_reaches_no_other_file(rows: Path, tmp_path: Path) -> None:
    """The project's own SQL reads the dataset, and nothing else on the machine."""
    secret = tmp_path / "secret.csv"
    secret.write_text("word\nopen sesame\n", encoding="utf-8")
    contract = Contract(API, "reference", sql=(SqlCheck("spy", f"FROM read_csv('{secret}')"),))
    found = failed(contract, Data(rows))

    assert "sesame" not in found["c: spy"].summary
    assert found["c: spy"].examples == ()


def test_a_missing_or_damaged_file_is_a_failed_check(tmp_path: Path) -> None:
    """A dataset that cannot be read fails its contract, and does not end the test."""
    damaged = tmp_path / "damaged.parquet"
    damaged.write_bytes(b"PAR1 nothing more")
    contract = Contract(API, "reference")

    assert list(failed(contract, Data(damaged))) == ["c: can be read"]
    assert list(failed(contract, Data(tmp_path / "none.parquet"))) == ["c: can be read"]


def test_freshness(rows: Path) -> None:
    """Rows older than is asked are stale."""
    contract = Contract(API, "reference", table=TableRule(fresh="30d"))

    assert list(failed(contract, Data(rows, time="scheduled"))) == ["c: table: fresh"]
    assert list(failed(contract, Data(rows))) == ["c: can be read"]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    values=st.lists(st.one_of(st.none(), st.floats(allow_nan=True, width=32)), min_size=1, max_size=20),
    low=st.integers(-5, 5),
)
def test_bounds_agree_with_python(tmp_path: Path, values: list[float | None], low: int) -> None:
    """What the scan counts as missing or below a bound is what Python counts."""
    held = np.array([np.nan if value is None else value for value in values])
    path = tmp_path / "rows.parquet"
    query.write(Table({"x": Column(held, np.array([value is None for value in values]))}), path)
    found = {each.name: each.facts for each in check("c", of_column("x", ColumnRule(min=low, missing=0)), Data(path))}

    assert found["c: x: min"]["found"] == int((held < low).sum())
    assert found["c: x: missing"]["found"] == pytest.approx(float(np.isnan(held).mean()))


@pytest.mark.parametrize(
    ("dataset", "words"),
    [
        (Dataset("rows.parquet", key=("flightid",)), "`flightid` as the key of `reference`"),
        (Dataset("rows.parquet", time="schedule"), "Did you mean `scheduled`?"),
        (Dataset("rows.parquet", label="lated"), "It has: flight_id, carrier, hour, wind, late, scheduled."),
    ],
)
def test_a_column_that_a_dataset_names_and_does_not_have_is_found(rows: Path, dataset: Dataset, words: str) -> None:
    """A misspelt key, time or label names the file, what was meant, and what there is."""
    (found,) = (one for one in named.check("reference", dataset, rows) if one.verdict == "failed")

    assert found.name == "dataset reference: columns"
    assert "pipeline.yaml" in found.summary
    assert words in found.summary


def test_a_key_that_names_several_rows_is_shown(rows: Path) -> None:
    """Rows that share a key are counted, and the keys that most share stand as examples."""
    (columns, key) = named.check("reference", Dataset("rows.parquet", key=("carrier",)), rows)

    assert columns.verdict == "passed"
    assert key.verdict == "failed"
    assert "2 of 4 rows" in key.summary
    assert key.examples == ({"carrier": "UA", "rows": 2},)
    assert named.check("reference", Dataset("rows.parquet", key=("carrier", "hour")), rows)[1].verdict == "passed"


def test_a_dataset_that_is_not_there_is_not_judged(tmp_path: Path) -> None:
    """A dataset whose stage was not run says so; one that names no column has nothing to say."""
    (found,) = named.check("later", Dataset("gone.parquet", key=("id",)), tmp_path / "gone.parquet")

    assert found.verdict == "not_run"
    assert "is not there" in found.summary
    assert named.check("images", Dataset("images"), tmp_path / "images") == ()


def test_a_label_that_is_not_there_fails(rows: Path) -> None:
    """A contract whose label is misspelt fails, and does not pass without its rules."""
    contract = Contract(API, "flights", label=LabelRule("lat", share={"at_least": 0.1}, conflicts=0.0))
    (found,) = failed(contract, Data(rows)).values()

    assert "Did it become late?" in found.summary
