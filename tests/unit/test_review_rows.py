"""The rows that flipped: counted whole, kept as far as there is room, explained by their neighbours."""

from __future__ import annotations

import json

import numpy as np
import pytest

from roadworthy.build.data.table import Column, Table
from roadworthy.prove.evaluate.scored import Scored
from roadworthy.prove.review.rows.answers import Answers
from roadworthy.prove.review.rows.flipped import BANDS, Flipped, flipped
from roadworthy.prove.review.rows.near import with_neighbours
from roadworthy.prove.review.rows.pack import packed


def table(rows: int = 8) -> Table:
    """Return flights: a key, a number with a gap, a category, and the label."""
    numbers = np.arange(rows)
    return Table({
        "id": Column(np.array([f"F{at}" for at in numbers], dtype=object)),
        "wind": Column(numbers.astype(np.float64), numbers == 3),
        "carrier": Column(np.array([("UA", "B6")[at % 2] for at in numbers], dtype=object)),
        "late": Column(numbers % 2 == 0),
    })  # fmt: skip


def answers(score: list[float]) -> Answers:
    """Return answers to *table* that flag from one half on."""
    rows = table(len(score))
    given, truth = np.array(score), rows["late"].values.astype(np.float64)
    decided = (given >= 0.5).astype(np.float64)
    return Answers(Scored(given, truth, decided, decided == truth), rows, ("id",), ("wind", "carrier"), "late")


# Late are 0, 2, 4, 6. Before, 0, 1, 2, 3 were right; now 0, 2, 4, 5: 1 and 3 broke, 4 and 5 are mended.
OLD = answers([0.9, 0.1, 0.8, 0.2, 0.4, 0.6, 0.3, 0.7])
NEW = answers([0.9, 0.95, 0.8, 0.6, 0.9, 0.4, 0.3, 0.7])


def found(*, rows_shown: bool = True) -> Flipped:
    """Return the flips between the two."""
    groups = [("windy", "wind >= 4", True), ("wind = 1", "wind = 1", False), ("gone", "no_such_column > 1", True)]
    told = flipped(OLD, NEW, "main", groups, rows_shown=rows_shown)
    assert told is not None
    return told


def test_flips_are_those_whose_score_moved_most_first() -> None:
    """Each row that differs in being right is there once, with what was said of it before and now."""
    told = found()

    assert list(told.columns["id"]) == ["F1", "F4", "F3", "F5"]
    assert told.fixed == (False, True, False, True)
    assert told.scores == ((0.1, 0.4, 0.2, 0.6), (0.95, 0.9, 0.6, 0.4))
    assert told.decisions == ((False, False, False, True), (True, True, True, False))
    assert list(told.columns["wind"]) == [1, 4, None, 5]


def test_a_row_knows_its_slices_and_how_sure_the_rival_was() -> None:
    """A bit for each predicate that these rows can be asked; one about a column that they lack is left out."""
    told = found()

    assert [group.name for group in told.groups] == ["windy", "wind = 1"]
    assert told.mask == (2, 1, 0, 1)
    assert told.bands == BANDS
    assert told.band == (3, 1, 3, 0)


def test_every_flip_is_counted_by_its_kind() -> None:
    """However many rows are kept, the counts are of all of them."""
    told = found()

    assert told.all == 4
    assert sum(many for fixed, _, _, many in told.cube if fixed) == 2
    assert sum(many for _, _, mask, many in told.cube if mask & 1) == 2


def test_no_value_is_kept_of_rows_that_must_not_be_shown() -> None:
    """With `rows: never`, how many flipped stays known, and nothing of any row does."""
    told = found(rows_shown=False)
    text = packed(told)

    assert told.all == 4
    assert len(told) == 0
    assert "rows: never" in told.why_not
    assert not any(key in text for key in ("F1", "UA", "B6"))


def test_nothing_flips_where_nothing_is_right() -> None:
    """A regression without a tolerance has no right and wrong, so no row changes between them."""
    blind = Scored(OLD.scored.score, OLD.scored.truth, OLD.scored.decided, OLD.scored.right, judged=False)
    side = Answers(blind, OLD.rows, OLD.key, OLD.inputs, OLD.label)

    assert flipped(side, side, "main", [], rows_shown=True) is None


def test_the_nearest_training_row_is_the_one_that_is_most_alike() -> None:
    """Of training rows, the same one comes first at a distance of 0; a value missing on one side alone is far."""
    training = table(8)
    told = with_neighbours(found(), training, 8, "late").neighbours

    assert told is not None
    first = [told.columns["wind"][near[0]] for near in told.near]
    assert first == [1, 4, None, 5]
    assert [apart[0] for apart in told.apart] == [0, 0, 0, 0]
    assert all(list(apart) == sorted(apart) for apart in told.apart)
    assert told.columns["late"][told.near[0][0]] is False


@pytest.mark.parametrize("lacking", [Table({"other": Column(np.arange(3))}), table(8).take(np.arange(0))])
def test_without_training_rows_of_the_same_inputs_there_are_no_neighbours(lacking: Table) -> None:
    """A training table of other columns, or of no rows, leaves the flips as they are."""
    assert with_neighbours(found(), lacking, 3, "late").neighbours is None


def test_the_document_has_room_for_as_many_rows_as_fit() -> None:
    """With less room the rows at the end are left out, and the counts stay."""
    whole = json.loads(packed(found()))
    few = json.loads(packed(found(), most=len(packed(found())) - 1))

    assert whole["rows"] == 4
    assert 0 < few["rows"] < 4
    assert few["all"] == whole["all"] == 4
    assert few["columns"]["id"]["is"] == whole["columns"]["id"]["is"][: few["rows"]]


def test_the_document_cannot_end_the_script_that_holds_it() -> None:
    """It is of ASCII without <, > and &, whatever the rows say."""
    hostile = "</script><b>\u202e&"
    rows = table().with_column("id", Column(np.array([f"{hostile}{at}" for at in range(8)], dtype=object)))
    old, new = (Answers(one.scored, rows, one.key, one.inputs, one.label) for one in (OLD, NEW))
    told = flipped(old, new, hostile, [], rows_shown=True)
    assert told is not None
    text = packed(told)

    assert text.isascii()
    assert not set("<>&") & set(text)
    assert json.loads(text)["columns"]["id"]["is"][0] == f"{hostile}1"
