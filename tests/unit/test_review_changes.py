"""What a change alters besides predictions: parameters, requirements, data, and what must be kept alive."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from review_story import REQUIREMENTS, better, comparison
from roadworthy.build.data.profile import ColumnProfile, Profile
from roadworthy.declare.pin import Pin
from roadworthy.ledger.objects.address import Address
from roadworthy.ledger.objects.item import Item
from roadworthy.ledger.repo.commit import FileChange
from roadworthy.prove.review import words
from roadworthy.prove.review.changes import data, datasets, flat, lost, parameters, requirements
from roadworthy.prove.review.complexity.delta import definitions, kind_of, lines, locked
from roadworthy.prove.review.evidence import Held

if TYPE_CHECKING:
    from typing import Any

VALUES = st.recursive(
    st.integers() | st.text(max_size=5) | st.booleans() | st.lists(st.integers(), max_size=3),
    lambda inner: st.dictionaries(st.text(min_size=1, max_size=4), inner, max_size=4),
    max_leaves=6,
)
PARAMS = st.dictionaries(st.text(min_size=1, max_size=4), VALUES, max_size=5)


@settings(max_examples=40)
@given(PARAMS)
def test_parameters_do_not_differ_from_themselves(params: dict[str, Any]) -> None:
    """The difference of equal parameters is empty."""
    assert parameters(params, params) == ()


@settings(max_examples=40)
@given(PARAMS, PARAMS)
def test_every_difference_has_its_two_sides(before: dict[str, Any], after: dict[str, Any]) -> None:
    """A name is listed exactly when its value differs, and None stands for the side that lacks it."""
    old, new = flat(before), flat(after)
    found = {change.name: change for change in parameters(before, after)}

    assert set(found) == {name for name in {*old, *new} if name not in old or name not in new or old[name] != new[name]}
    assert all((change.before is None) == (name not in old) for name, change in found.items())
    assert all((change.after is None) == (name not in new) for name, change in found.items())


def test_nested_parameters_are_named_with_dots() -> None:
    """A parameter is named as `params.yaml` and `--set` name it."""
    [change] = parameters({"train": {"learner": "late_share"}}, {"train": {"learner": "boosting"}})

    assert (change.name, change.before, change.after) == ("train.learner", "late_share", "boosting")


def test_a_named_requirement_is_found_by_its_name() -> None:
    """A slice put first does not make every other slice differ."""
    first, *rest = REQUIREMENTS.slices
    moved = replace(REQUIREMENTS, slices=(*rest, replace(first, metric="accuracy")))
    found = requirements(REQUIREMENTS, moved)

    assert [(change.name, change.before, change.after) for change in found] == [
        ("slices.night.metric", "roc_auc", "accuracy")
    ]


def test_data_differs_by_its_bytes_alone() -> None:
    """A pin that names the same bytes is no change, whatever else it says."""
    pins = [
        Pin("roadworthy/v1alpha1", str(Address.of(text)), 10, None, {"url": str(text)}) for text in (b"a", b"a", b"b")
    ]

    assert data({"x": pins[0]}, {"x": replace(pins[1], source={"url": "elsewhere"})}) == ()
    assert [one.path for one in data({"x": pins[0], "y": pins[0]}, {"x": pins[2]})] == ["x", "y"]


def test_lines_are_counted_by_kind_and_generated_files_are_not() -> None:
    """Code, tests, declarations and documentation are apart; locks, pins and binary files are nobody's lines."""
    files = (
        FileChange("src/a.py", 10, 2), FileChange("src/b.sql", 3, 0), FileChange("tests/test_a.py", 5, 5),
        FileChange("params.yaml", 1, 1), FileChange("requirements.txt", 500, 3), FileChange("data/x.pin", 2, 2),
        FileChange("docs/a.py", 4, 0), FileChange("plot.png", None, None),
    )  # fmt: skip

    assert [(one.kind, one.added, one.removed) for one in lines(files)] == [
        ("code", 13, 2), ("tests", 5, 5), ("declarations", 1, 1), ("documentation", 4, 0),
    ]  # fmt: skip
    assert kind_of("Makefile") == "other files"


def test_locked_distributions_are_read_with_hashes_and_markers() -> None:
    """A lock's names are normalised; extras, markers, hashes and comments are left aside."""
    lock = 'Scikit_Learn[x]==1.7.0 ; python_version < "4" \\\n    --hash=sha256:ab==\nnumpy==2.3.1\n# pandas==1.0\n'

    assert locked(lock) == {"scikit-learn": "1.7.0", "numpy": "2.3.1"}


def test_definitions_of_broken_sources_are_none() -> None:
    """A module that cannot be parsed has no definitions, and hinders no other."""
    assert definitions({"a.py": "def f(): ...\nclass G: ...", "b.py": "def (", "c.py": "\0"}) == {
        "f": "a.py",
        "G": "a.py",
    }


def test_what_is_gone_is_named_as_credit() -> None:
    """Functions and dependencies that the change took away are listed by name."""
    found = comparison(better()).complexity

    assert found.deletions == ("the dependency tabulate", "late_share_table in src/flight_delay/rates.py")
    assert [(one.name, one.after - one.before) for one in found.counts] == [
        ("features", 0), ("stages", 0), ("parameters", 2), ("dependencies", 1),
    ]  # fmt: skip


def kept(text: bytes, **columns: ColumnProfile) -> Held:
    """Return a dataset whose bytes are *text*, and what is in it."""
    return Held("build/test.parquet", Item(Address.of(text), len(text)), Profile(1000, columns))


SPEED = ColumnProfile("DOUBLE", 0.01, 11.5)
HOUR = ColumnProfile("BIGINT", 0.0, 13.1)


def test_a_column_that_was_lost_from_a_dataset_stands_first() -> None:
    """What went missing is told before what moved a little, and what is the same is not told."""
    before = kept(b"old", hour=HOUR, wind=SPEED, carrier=ColumnProfile("VARCHAR", 0.0, None))
    after = kept(
        b"new", hour=replace(HOUR, mean=13.2), wind=ColumnProfile("DOUBLE", 1.0, None), carrier=before_column(before)
    )
    found = datasets({"reference": before, "later": before}, {"reference": after, "later": before})
    [change] = found.changed

    assert found.compared == ("reference", "later")
    assert [column.name for column in change.columns] == ["wind", "hour"]
    assert lost(found) == ("In the dataset reference, nothing is left of wind.",)


def before_column(held: Held) -> ColumnProfile:
    """Return the carrier's column, which stays as it is."""
    assert held.profile is not None
    return held.profile.columns["carrier"]


def test_a_dataset_whose_rows_changed_places_says_so() -> None:
    """Other bytes with the same columns, or bytes that are not kept, are changes without a column to name."""
    [same] = datasets({"x": kept(b"a", hour=HOUR)}, {"x": kept(b"b", hour=HOUR)}).changed
    gone = replace(kept(b"c"), profile=None, why_not="its bytes are not both kept here")
    [unknown] = datasets({"x": kept(b"a", hour=HOUR)}, {"x": gone}).changed
    [new] = datasets({}, {"x": kept(b"a", hour=HOUR)}).changed

    assert (same.columns, same.why_not) == ((), "")
    assert unknown.why_not == "its bytes are not both kept here"
    assert new.before is None


def test_only_what_was_compared_is_called_the_same() -> None:
    """The sentence names the datasets whose bytes were compared, and says when there were none."""
    same = comparison(better())
    known = replace(
        same, parameters=(), requirements=(), data=(), datasets=datasets({"x": kept(b"a")}, {"x": kept(b"a")})
    )
    unknown = replace(known, datasets=datasets(None, {}))

    assert words.changes(known) == ("Parameters, requirements and pinned data are the same on both sides, and so is x.")
    assert words.changes(unknown).endswith("The datasets were not compared: the run of the base is not kept here.")


def test_a_time_of_a_pin_is_told_to_the_second() -> None:
    """When data was read is told without millionths of a second; what else a pin says stays as it is."""
    pin = Pin(
        "roadworthy/v1alpha1", "blake3:" + "1" * 64, 10, source={"read": "2026-11-22T10:00:00.123456Z", "sql": "a.b"}
    )
    after = data({}, {"x": pin})[0].after

    assert after is not None
    assert after["read"] == "2026-11-22T10:00:00Z"
    assert after["sql"] == "a.b"
