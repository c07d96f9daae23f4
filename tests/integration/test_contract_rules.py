"""Contracts at full depth: every rule beyond a single value, over files, folders and little memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import duckdb
import numpy as np
import pytest

from roadworthy.build.data import query
from roadworthy.build.data.table import Column, Table
from roadworthy.declare.contract import (
    ColumnRule,
    Contract,
    LabelRule,
    Likeness,
    Privacy,
    Splits,
    SqlCheck,
    TableRule,
)
from roadworthy.prove.contract.check import Data, check

if TYPE_CHECKING:
    from pathlib import Path

    from roadworthy.prove.proof import Check

API: Final = "roadworthy/v1alpha1"


def texts(*values: str) -> Column:
    """Return a column of text."""
    return Column(np.array(values, dtype=object))


def write(folder: Path, name: str, **columns: Column) -> Path:
    """Write a table, and return its path."""
    path = folder / f"{name}.parquet"
    query.write(Table(columns), path)
    return path


def held(contract: Contract, data: Data) -> dict[str, Check]:
    """Return the checks, by name without the contract's."""
    return {found.name.removeprefix("c: "): found for found in check("c", contract, data)}


def failed(contract: Contract, data: Data) -> dict[str, Check]:
    """Return those that failed."""
    return {name: found for name, found in held(contract, data).items() if found.verdict == "failed"}


@pytest.mark.parametrize(
    ("rule", "name", "summary"),
    [
        (ColumnRule(median={"at_most": 2}), "x: median", "median: 3; at most 2 is asked."),
        (ColumnRule(deviation={"at_most": 1}), "x: deviation", "standard deviation: 43.6"),
        (ColumnRule(quantiles={"50%": {"at_least": 4}}), "x: 50% quantile", "50% quantile: 3; at least 4 is asked."),
    ],
)
def test_statistics_of_a_column_are_bounded(tmp_path: Path, rule: ColumnRule, name: str, summary: str) -> None:
    """The median, the deviation and any quantile can fail, and say what they found."""
    path = write(tmp_path, "rows", x=Column(np.array([1.0, 2.0, 3.0, 4.0, 100.0, np.nan])))
    found = failed(Contract(API, "rows", columns={"x": rule}), Data(path))

    assert list(found) == [name]
    assert found[name].summary.startswith(summary)


def test_texts_have_a_length(tmp_path: Path) -> None:
    """A text too short or too long is at fault, with the number of its row."""
    path = write(tmp_path, "rows", code=texts("EWR", "JFK", "X", "LONGER"))
    found = failed(
        Contract(API, "rows", columns={"code": ColumnRule(length={"at_least": 3, "at_most": 3})}), Data(path)
    )

    assert found["code: length at least"].examples == ({"row": 3, "code": "X"},)
    assert found["code: length at most"].examples == ({"row": 4, "code": "LONGER"},)


def test_rows_at_fault_are_numbered_whatever_the_table_calls_its_columns(tmp_path: Path) -> None:
    """The number counts from 1 without the header; a column called `row` keeps its name, and queries of people work."""
    path = tmp_path / "rows.csv"
    path.write_text("row,x\na,1\nb,-2\nc,3\nd,-4\n", encoding="utf-8")
    contract = Contract(
        API,
        "rows",
        columns={"x": ColumnRule(min=0)},
        table=TableRule(relations=("rows.x <> 3",)),
        sql=(
            SqlCheck("not four", "select * from rows where x = -4"),
            SqlCheck("grouped", "select x from rows group by x"),
        ),
    )
    found = failed(contract, Data(path))

    assert found["x: min"].examples == ({"row number": 2, "row": "b", "x": -2}, {"row number": 4, "row": "d", "x": -4})
    assert found["table: rows.x <> 3"].examples[0]["row number"] == 3
    assert found["not four"].examples == ({"row number": 4, "row": "d", "x": -4},)
    assert {example["x"] for example in found["grouped"].examples} == {1, -2, 3, -4}


def test_a_retyped_column_shows_the_values_that_changed_it(tmp_path: Path) -> None:
    """Text among numbers fails the type, says how many there are, and names the row."""
    path = tmp_path / "rows.csv"
    path.write_text("x\n1\n2\nmany\n4\n", encoding="utf-8")
    found = failed(Contract(API, "rows", columns={"x": ColumnRule(type="integer")}), Data(path))

    assert found["x: type"].summary == "x is VARCHAR; integer is asked. values that are no integer: 1; none may be."
    assert found["x: type"].examples == ({"row": 3, "x": "many"},)


def test_a_file_that_turns_into_text_late_fails_with_its_line(tmp_path: Path) -> None:
    """Where only a late line does not fit the type of all others, the checks of that column fail and name the line."""
    path = tmp_path / "rows.csv"
    path.write_text("x,y\n" + "1,1\n" * 150_000 + "many,1\n", encoding="utf-8")
    found = failed(Contract(API, "rows", columns={"x": ColumnRule(min=0), "y": ColumnRule(min=0)}), Data(path))

    assert found
    assert all(name.startswith("x: ") for name in found)
    assert all("150002" in one.summary for one in found.values())


@pytest.mark.parametrize("rows", [0, 1])
def test_few_rows_are_never_passed_in_silence(tmp_path: Path, rows: int) -> None:
    """Of no row or one, statistics are failed or not run, with a reason; nothing that needs more rows passes."""
    names = {"x": Column(np.ones(rows)), "y": Column(np.ones(rows, dtype=np.bool_))}
    path = write(tmp_path, "rows", **names)
    contract = Contract(
        API,
        "rows",
        columns={"x": ColumnRule(deviation={"at_least": 0})},
        label=LabelRule("y", share={"at_least": 0.0}, leakage=0.9),
        like=Likeness("rows"),
    )
    found = held(contract, Data(path, {"rows": path}))

    assert found["x: deviation"].verdict == "failed"
    assert "nothing to measure" in found["x: deviation"].summary
    assert found["label y: varies"].verdict == "failed"
    assert found["label y: leakage"].verdict == "not_run"
    assert "too few rows" in found["label y: leakage"].summary
    assert found["x: like rows"].verdict == "not_run"
    assert "too few rows" in found["x: like rows"].summary
    assert (found["table: rows"].verdict == "failed") is (rows == 0)


def test_a_bound_on_a_share_holds_at_the_bound(tmp_path: Path) -> None:
    """35 of 700 values are 5 %, and not a hair more."""
    path = write(tmp_path, "rows", x=Column(np.where(np.arange(700) < 35, np.nan, 1.0)))

    assert failed(Contract(API, "rows", columns={"x": ColumnRule(missing=0.05)}), Data(path)) == {}
    assert list(failed(Contract(API, "rows", columns={"x": ColumnRule(missing=0.0499)}), Data(path))) == ["x: missing"]


def test_columns_that_are_not_there_are_named_by_every_rule(tmp_path: Path) -> None:
    """A key, a split's key, its time and a forbidden column in other letters fail by name; other rules go on."""
    path = write(tmp_path, "rows", x=Column(np.arange(5)), TailNum=Column(np.arange(5)))
    contract = Contract(
        API,
        "rows",
        columns={f"y{number}": ColumnRule() for number in range(50)} | {"x": ColumnRule(min=1)},
        table=TableRule(key=("flight",)),
        splits=Splits("training", "rows", ("flight",), "day"),
        privacy=Privacy(("tailnum",)),
    )
    found = failed(contract, Data(path, {"training": path, "rows": path}))

    assert "flight" in found["table: key flight"].summary
    assert "flight" in found["splits: no key in both"].summary
    assert "day" in found["splits: training before test"].summary
    assert {"tailnum is absent", "x: min", "y0 exists", "y49 exists"} <= set(found)


def test_a_constant_label_fails(tmp_path: Path) -> None:
    """A label of which all values are the same is named."""
    path = write(tmp_path, "rows", y=Column(np.ones(5)))

    assert list(failed(Contract(API, "rows", label=LabelRule("y")), Data(path))) == ["label y: varies"]


def test_equal_inputs_with_different_labels_are_shown(tmp_path: Path) -> None:
    """Rows whose labels contradict each other stand as examples; missing values are equal to each other here."""
    nan = np.nan
    path = write(tmp_path, "rows", x=Column(np.array([1, 1, nan, nan, 2])), y=Column(np.array([0, 1, 1, 0, 1])))
    found = failed(Contract(API, "rows", label=LabelRule("y", conflicts=0.5)), Data(path))["label y: conflicts"]

    assert found.facts["found"] == pytest.approx(0.8)
    assert [example["row"] for example in found.examples] == [1, 2, 3, 4]


def test_a_leak_is_named(tmp_path: Path) -> None:
    """A column made from the label is named with what it tells; one that is known later is left to another check."""
    draw = np.random.default_rng(3)
    late = draw.random(1000) < 0.4
    columns = {
        "id": Column(np.arange(1000)),
        "late": Column(late),
        "wind": Column(draw.normal(size=1000) + late),
        "refund": Column(np.where(late, 100.0, 0.0)),
        "arrival": Column(np.where(late, 1.0, 0.0)),
    }
    path = write(tmp_path, "rows", **columns)
    label = LabelRule("late", leakage=0.9)
    contract = Contract(API, "rows", columns={"arrival": ColumnRule(known_at="+2h")}, label=label)
    (found,) = failed(contract, Data(path, key=("id",))).values()

    assert found.name == "c: label late: leakage"
    assert found.summary.startswith("refund tells 100 % of late by itself; at most 90 % is asked.")
    assert found.facts["over"] == {"refund": pytest.approx(1)}


def flights(tmp_path: Path, name: str, ids: range, shift: float = 0.0, start: str = "2024-01-01") -> Path:
    """Write rows of flights that do not depend on each other."""
    draw = np.random.default_rng(ids.start)
    size = len(ids)
    return write(
        tmp_path,
        name,
        id=Column(np.array(ids)),
        day=Column(np.datetime64(start, "us") + np.arange(size) * np.timedelta64(1, "h")),
        wind=Column(draw.normal(size=size) * 10 + shift),
        pressure=Column(draw.normal(size=size) * 7 + 1015),
        carrier=Column(np.array(["UA", "AA"], dtype=object)[draw.integers(0, 2, size)]),
        late=Column(draw.random(size) < 0.3),
    )


def test_splits_are_held_apart(tmp_path: Path) -> None:
    """A key, a near copy and a too short gap between training and test are found; separate splits pass."""
    training = flights(tmp_path, "training", range(300))
    test = flights(tmp_path, "test", range(1000, 1200), start="2024-02-01")
    copied = query.read(test)
    again = query.read(training).take(np.arange(20))
    near = Table(
        {
            **again.columns,
            "id": Column(np.arange(5000, 5020)),
            "day": Column(copied["day"].values[:20]),
            "wind": Column(again["wind"].values.astype(float) + 1e-6),
            "carrier": Column(np.array([f" {str(one).lower()}" for one in again["carrier"].values], dtype=object)),
        }
    )
    with_copies = tmp_path / "copies.parquet"
    query.write(
        Table({name: Column(np.concatenate([copied[name].values, near[name].values])) for name in near.names}),
        with_copies,
    )
    splits = Splits("training", "test", ("id",), "day", gap="7d", near_duplicates=0.01)
    contract = Contract(API, "test", splits=splits, label=LabelRule("late"))
    files = {"training": training, "test": test}
    found = failed(contract, Data(with_copies, {**files, "test": with_copies}))
    short = Contract(API, "test", splits=Splits("training", "test", ("id",), "day", gap="4w"))

    assert failed(contract, Data(test, files)) == {}
    assert list(found) == ["splits: no near-duplicate in both"]
    assert found["splits: no near-duplicate in both"].facts["found"] == pytest.approx(20 / 220)
    assert [one["row"] for one in found["splits: no near-duplicate in both"].examples][:3] == [201, 202, 203]
    assert list(failed(short, Data(test, files))) == ["splits: training before test"]


def test_an_empty_split_is_no_pass(tmp_path: Path) -> None:
    """Of training rows that are not there, nothing can be said: each check of the split fails and says so."""
    training, test = flights(tmp_path, "training", range(0)), flights(tmp_path, "test", range(5, 20))
    contract = Contract(API, "test", splits=Splits("training", "test", ("id",), "day", near_duplicates=0.0))
    found = failed(contract, Data(test, {"training": training, "test": test}))

    assert set(found) == {"splits: no key in both", "splits: training before test", "splits: no near-duplicate in both"}
    assert all("nothing to measure" in one.summary for one in found.values())


def test_a_shifted_column_is_unlike_and_others_are_alike(tmp_path: Path) -> None:
    """Of all columns that both have, the one that moved fails, with its distance, its chance and the rows compared."""
    training, test = flights(tmp_path, "training", range(400)), flights(tmp_path, "test", range(1000, 1400), shift=5)
    contract = Contract(API, "test", like=Likeness("training"))
    data = Data(test, {"training": training}, key=("id",))
    found = held(contract, data)
    gone = held(Contract(API, "test", like=Likeness("training", ("wnd",))), data)

    assert {name: one.verdict for name, one in found.items() if "like" in name} == {
        "wind: like training": "failed",
        "pressure: like training": "passed",
        "carrier: like training": "passed",
        "late: like training": "passed",
    }
    assert found["wind: like training"].facts["rows"] == [400, 400]
    assert gone["wnd: like training"].verdict == "failed"


def test_personal_data_is_counted_and_not_shown(tmp_path: Path) -> None:
    """Refused kinds are found by column with the numbers of rows, and no value of theirs is repeated anywhere."""
    path = write(
        tmp_path,
        "rows",
        note=texts("call +46 70 123 45 67", "fine", "write ada@example.org", "from 10.0.0.1"),
        paid=texts("4111 1111 1111 1111", "4111 1111 1111 1112", "none", "none"),
        account=texts("DE89 3704 0044 0532 0130 00", "-", "-", "-"),
        number=texts("123-45-6789", "000-45-6789", "-", "-"),
        allowed=texts("ada@example.org", "-", "-", "-"),
        plain=texts("EWR", "2024-01-01", "1234567", "1.5"),
    )
    kinds = Privacy(
        refuse=("email", "phone", "payment_card", "iban", "ip_address", "social_security"), except_=("allowed",)
    )
    found = failed(Contract(API, "rows", privacy=kinds), Data(path))

    assert {name: one.facts["found"] for name, one in found.items()} == {
        "note: nothing personal": {"email": 0.25, "phone": 0.25, "ip_address": 0.25},
        "paid: nothing personal": {"payment_card": 0.25},
        "account: nothing personal": {"iban": 0.25},
        "number: nothing personal": {"social_security": 0.25},
    }
    assert found["note: nothing personal"].facts["rows"] == [1, 3, 4]
    assert not any("ada@" in str(one) or "4111" in str(one) for one in found.values())


@pytest.mark.parametrize(
    "wrong",
    [
        "select 1) where false; create table t (i int); select count(*) from (select 1",
        "select * from rows where x > 0; drop view rows",
        "drop view rows",
        "select * from read_csv('/etc/passwd')",
        "copy rows to '/tmp/stolen.csv'",
    ],
)
def test_a_query_that_is_more_than_a_query_fails(tmp_path: Path, wrong: str) -> None:
    """Statements after the query, and statements that are none, fail; nothing after them is lost."""
    path = write(tmp_path, "rows", x=Column(np.arange(-3, 0)))
    contract = Contract(API, "rows", sql=(SqlCheck("bad", wrong), SqlCheck("good", "select * from rows where x > 0")))
    found = held(contract, Data(path))

    assert found["bad"].verdict == "failed"
    assert found["good"].verdict == "passed"


def test_a_partitioned_folder_is_one_table(tmp_path: Path) -> None:
    """Files below folders such as `month=1` are read as one table, with the month as a column."""
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE t AS SELECT range AS id, range % 3 AS month FROM range(30)")
        connection.execute(f"COPY t TO '{tmp_path}/it''s [all]*' (FORMAT parquet, PARTITION_BY (month))")
    (folder,) = tmp_path.iterdir()
    contract = Contract(
        API,
        "rows",
        columns={"month": ColumnRule(type="integer", max=1), "id": ColumnRule(unique=True)},
        table=TableRule(rows={"at_least": 30, "at_most": 30}),
    )
    found = failed(contract, Data(folder))

    assert list(found) == ["month: max"]
    assert found["month: max"].facts["found"] == 10


def test_a_folder_that_is_no_table_says_what_it_holds(tmp_path: Path) -> None:
    """An empty folder, and one of several kinds of files, are no table."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "mixed").mkdir()
    for name in ("a.csv", "b.parquet", "c.txt"):
        (tmp_path / "mixed" / name).touch()

    assert "the folder is empty" in held(Contract(API, "r"), Data(tmp_path / "empty"))["can be read"].summary
    assert ".csv, .parquet, .txt" in held(Contract(API, "r"), Data(tmp_path / "mixed"))["can be read"].summary


def test_more_than_fits_into_memory_is_checked_all_the_same(tmp_path: Path) -> None:
    """Keys that repeat, duplicates and conflicts are counted with 64 MiB, of which the groups alone need more."""
    path = tmp_path / "rows.parquet"
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE t AS SELECT range // 2 AS id, 'a long enough text ' || (range // 2) AS name, range % 2 AS y "
            "FROM range(600000)"
        )
        connection.execute(f"COPY t TO '{path}' (FORMAT parquet)")
    contract = Contract(API, "rows", table=TableRule(key=("id",), duplicates=0.0), label=LabelRule("y", conflicts=0.0))
    found = {one.name: one for one in check("c", contract, Data(path), memory=64 * 2**20)}

    assert found["c: table: key id"].facts["found"] == 300_000
    assert found["c: table: duplicates"].verdict == "passed"
    assert found["c: label y: conflicts"].facts["found"] == 1


def test_a_wide_table_and_many_categories_are_checked_in_time(tmp_path: Path) -> None:
    """Two thousand columns, of which one is at fault and shown, and 10,000 categories, one of them too many."""
    wide = write(tmp_path, "wide", **{f"x{number}": Column(np.arange(3) - (number == 1234)) for number in range(2000)})
    rules = {f"x{number}": ColumnRule(type="integer", min=0) for number in range(1100, 1300)}
    many = write(tmp_path, "many", code=texts(*(f"c{number}" for number in range(10_000))))
    allowed = ColumnRule(allowed=tuple(f"c{number}" for number in range(9_999)))

    (found,) = failed(Contract(API, "wide", columns=rules), Data(wide)).values()

    assert found.name == "c: x1234: min"
    assert found.examples[0]["x1234"] == -1
    assert len(found.examples[0]) < 100
    assert failed(Contract(API, "many", columns={"code": allowed}), Data(many))["code: allowed"].examples == (
        {"row": 10_000, "code": "c9999"},
    )
