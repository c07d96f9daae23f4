"""Bad input as a user meets it: tables, labels, models and predicates that are wrong, through the command line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from proving_toy import change, make

if TYPE_CHECKING:
    from pathlib import Path

    from toy_pipeline import Toy

COPY = 'duckdb.sql(f"COPY ({query.format(low, high)}) TO'
CASES = "CASE WHEN hash(i) % 3 = 0 THEN 'UA' ELSE 'DL' END"


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Toy:
    """Return the project, whose checks all hold; without a noise floor, which is not what is tested here."""
    toy = make(tmp_path / "toy", monkeypatch)
    (noise,) = (line for line in toy.read("requirements.yaml").splitlines() if line.startswith("noise:"))
    change(toy, "requirements.yaml", noise + "\n", "")
    change(toy, "params.yaml", "learner: baseline", "learner: logistic")
    return toy


def told(toy: Toy, status: int = 3) -> dict[str, tuple[str, str]]:
    """Run and test the project by its commands; return verdict and summary of each check by its name."""
    ran = toy.cli("run")
    assert ran.returncode == 0, ran.stderr
    done = toy.cli("test", "--json")
    assert done.returncode == status, done.stdout[-2000:] + done.stderr
    assert "Traceback" not in done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return {check["name"]: (check["verdict"], check["summary"]) for check in found["checks"]}


def only_reference(toy: Toy, select: str) -> None:
    """Let the reference rows be what *select* makes of them (`rows`), and the training rows stay."""
    change(
        toy,
        "src/toy/prepare.py",
        COPY,
        f"whole = query.format(low, high) if 'train' in path else "
        f'f"""WITH rows AS ({{query.format(low, high)}}) {select}"""\n    ' + 'duckdb.sql(f"COPY ({whole}) TO',
    )


@pytest.mark.parametrize(
    ("select", "check", "words"),
    [
        ("SELECT * FROM rows WHERE false", "the labels tell rows apart", "There are no reference rows."),
        ("SELECT * FROM rows LIMIT 1", "the labels tell rows apart", "Every labelled reference row (1)"),
        ("SELECT * REPLACE (true AS late) FROM rows", "the labels tell rows apart", "has the label True"),
        ("SELECT * REPLACE (NULL::BOOLEAN AS late) FROM rows", "the labels tell rows apart", "None of 4,000"),
        (
            "SELECT * REPLACE (CASE WHEN flight < 3010 THEN flight - 3000 ELSE flight END AS flight) FROM rows",
            "reference: no row is in the training data",
            "10 of 4,000 rows of build/test.parquet are in build/train.parquet too, by flight",
        ),
        ("SELECT * RENAME (late AS delayed) FROM rows", "dataset reference: columns", "`late` as the label"),
    ],
    ids=["empty", "one row", "constant label", "no labels", "learned by heart", "renamed label"],
)  # fmt: skip
def test_reference_rows_that_show_nothing_are_refused(toy: Toy, select: str, check: str, words: str) -> None:
    """Empty, one row, one label, no label, rows of the training data: each fails by name, and says what is wrong."""
    only_reference(toy, select)
    verdict, said = told(toy)[check]

    assert verdict == "failed"
    assert words in said


def test_a_reference_set_of_nothing_but_nan_is_refused(toy: Toy) -> None:
    """Every input gone: the contract says so of each column, and the model's answer is named, or fails by row."""
    only_reference(
        toy, "SELECT flight, NULL::VARCHAR AS carrier, NULL::DOUBLE AS wind, NULL::INTEGER AS hour, late FROM rows"
    )
    found = told(toy)
    failed = {name: said for name, (verdict, said) in found.items() if verdict == "failed"}

    assert "hour" in failed["the model answers"]
    assert found["roc_auc"] == ("not_run", "The model could not be asked.")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("said[17] = math.nan", "NaN in the column `probability` at row 17, and in 1 of"),
        ("said[17] = math.inf", "infinity in the column `probability` at row 17"),
        ("said.pop()", "rows for"),
        ("said = [str(one) for one in said]", "text in the column `probability`, which is declared as number"),
        ("said[999_999] if len(said) > 3999 else None", "raised IndexError"),
        ("return {'chance': said}", "columns `chance` instead of `probability`"),
    ],
    ids=["NaN", "infinity", "wrong length", "wrong type", "raises", "other columns"],
)  # fmt: skip
def test_a_model_that_answers_otherwise_than_declared_fails_by_row(toy: Toy, answer: str, words: str) -> None:
    """What is wrong with an answer is told with its column and row, the rest is not run, and the exit status is 3."""
    change(toy, "src/toy/model.py", 'if self.mischief == "nan":', f"{answer}\n        if self.mischief == 'nan':")
    found = told(toy)

    assert found["the model answers"][0] == "failed"
    assert words in found["the model answers"][1]
    assert found["early hours are on time"][0] == "not_run"


def test_a_model_that_mixes_up_its_rows_fails(toy: Toy) -> None:
    """Answers in another order than the rows are found by asking again."""
    change(toy, "src/toy/model.py", 'if self.mischief == "nan":', "said.reverse()\n        if self.mischief == 'nan':")
    verdict, said = told(toy)["answers each row by itself"]

    assert verdict == "failed"
    assert "must return a row for each row, in their order" in said


def test_a_model_that_raises_for_one_row_says_so(toy: Toy) -> None:
    """One row that the model cannot take stops nothing else from being told, and its exception is shown."""
    raises = "if 'XX' in rows['carrier']:\n            raise KeyError('no carrier XX')\n        "
    change(toy, "src/toy/model.py", "bias, hour, *wind = self.weights", f"{raises}bias, hour, *wind = self.weights")
    only_reference(toy, "SELECT * REPLACE (CASE WHEN flight = 6000 THEN 'XX' ELSE carrier END AS carrier) FROM rows")
    found = told(toy)

    assert "Row 3000 by itself is enough for it" in found["the model answers"][1]
    assert "no carrier XX" in found["the model answers"][1]
    assert found["flights: carrier: allowed"][0] == "failed"


@pytest.mark.parametrize(
    "predicate",
    [
        "1; drop table rows",
        "(SELECT count(*) FROM read_csv('/etc/passwd')) > 0",
        "hour +",
        "nothing_like_it > 3",
        "hour + 1",
    ],
)
def test_a_predicate_that_is_none_is_refused_by_name(toy: Toy, predicate: str) -> None:
    """What is no yes or no of each row, or reaches for files or other statements, fails a check or is refused."""
    change(toy, "requirements.yaml", '"hour >= 18"', json.dumps(predicate))
    toy.cli("run")
    done = toy.cli("test", "--json")

    assert done.returncode in {2, 3}
    assert "Traceback" not in done.stderr
    assert "root:" not in done.stdout + done.stderr
    assert predicate.split("'", maxsplit=1)[0] in (done.stdout + done.stderr).replace('\\"', '"')


def test_ten_thousand_categories_and_unseen_ones_are_taken(toy: Toy) -> None:
    """A column in which every row has a name of its own costs no crash; what the contract does not list is told."""
    change(toy, "src/toy/prepare.py", CASES, "'c' || (i % 10000)")
    verdict, said = told(toy)["flights: carrier: allowed"]

    assert verdict == "failed"
    assert "4,000; none may be" in said


def test_two_thousand_columns_are_tested(toy: Toy) -> None:
    """A wide table is tested like any other; what was not asked of so many inputs says so."""
    wide = ", ".join(f"hash(i * {number}) % 7 AS x{number}" for number in range(2, 2000))
    change(toy, "src/toy/prepare.py", "AS late\n", f"AS late, {wide}\n")
    only_reference(toy, "SELECT * FROM rows LIMIT 500")
    columns = ", ".join(f"x{number}" for number in range(2, 2000))
    change(toy, "requirements.yaml", "[carrier, wind, hour]", f"[carrier, wind, hour, {columns}]")
    toy.cli("run")
    done = toy.cli("test", "--json")
    found = json.loads(done.stdout)

    assert done.returncode in {0, 3}
    assert "Traceback" not in done.stderr
    assert "2,001 inputs are more than" in found["measures"]["details"]["importance"]["reason"]
    assert found["measures"]["details"]["weakness"]["reason"].startswith("1,901 of 2,001 inputs")


def test_a_first_launch_that_is_no_better_than_the_baseline_is_not_released(toy: Toy) -> None:
    """Another artifact that answers just like the baseline: nobody asked for better, and still it cannot go first."""
    change(
        toy,
        "params.yaml",
        "learner: logistic\n  seed: 1\n  mischief: none",
        "learner: baseline\n  seed: 1\n  mischief: idle",
    )
    change(
        toy,
        "requirements.yaml",
        "{metric: roc_auc, at_least: 0.55, better_than: baseline}",
        "{metric: roc_auc, at_least: 0.55}",
    )
    change(toy, "requirements.yaml", "metric: roc_auc, better_than: baseline", "metric: roc_auc, at_least: 0.3")
    verdict, said = told(toy)["roc_auc better than baseline"]
    released = toy.cli("release")

    assert verdict == "failed"
    assert "does not lie wholly above 0" in said
    assert released.returncode == 3
    assert "roc_auc better than baseline" in released.stderr
