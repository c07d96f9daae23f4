"""What a search finds: a weakness in words, the rows that show it, and the predicate that is to hold of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from roadworthy.build.data.query import quoted
from roadworthy.build.data.table import Column, Table
from roadworthy.prove.predictor import join

if TYPE_CHECKING:
    from numpy.typing import NDArray

Kind = Literal["weak_slice", "invariance", "directional", "boundary", "missing", "out_of_scope", "instability"]
PAIR, ROLE = "pair", "role"
BEFORE, AFTER = "as it was", "changed"
MOST_PAIRS = 5
ANYWHERE = "true"
FLAGGED = "flagged"  # in the place of a predicate: the guard is to flag every example


@dataclass(frozen=True, slots=True)
class Finding:
    """A weakness.

    Attributes:
        kind: Which way of searching found it.
        cause: What distinguishes it: findings of one kind and cause are one finding.
        columns: The inputs that it speaks of, or that were changed.
        title: What is wrong, in a sentence without its full stop.
        examples: The fewest rows that show it; pairs of rows where a change shows it.
        expect: What is to hold of the examples: a predicate over inputs and outputs, or `flagged`.
        exposed: A predicate over inputs: the rows of production that it concerns.
        failed, tried: Rows that showed it, of how many that were tried.
        effect: How bad it is, in [0, 1] or beyond; orders findings of equal exposure.
        share: Share of the examples of which it is to hold.
        chance: How likely a model without it would be to show as much; 0 where no chance is involved.
        exposure: Share of real rows that it concerns; set when it is ranked.
    """

    kind: Kind
    cause: str
    columns: tuple[str, ...]
    title: str
    examples: Table
    expect: str
    exposed: str
    failed: int
    tried: int
    effect: float
    share: float = 1.0
    chance: float = 0.0
    exposure: float = 0.0


def pairs(before: Table, after: Table, rows: NDArray[np.int64]) -> Table:
    """Return *rows* of both tables as pairs: a number that both share, and which of the two each one is."""
    number = np.concatenate([np.arange(len(rows)), np.arange(len(rows))]).astype(np.int64)
    role = np.array([BEFORE] * len(rows) + [AFTER] * len(rows), dtype=object)
    both = join([before.take(rows), _alike(after.take(rows), before)])
    return Table({PAIR: Column(number), ROLE: Column(role), **both.columns})


def _alike(table: Table, like: Table) -> Table:
    """Return *table* with numbers as floats where *like* has whole ones, so that the two can be joined."""
    return Table(
        {
            name: Column(column.values.astype(like[name].values.dtype), column.missing)
            if column.values.dtype != like[name].values.dtype and column.values.dtype.kind != "f"
            else column
            for name, column in table.columns.items()
        }
    )


def stays(output: str, within: float, *, text: bool) -> str:
    """Return the predicate that the two of a pair are answered alike: within *within*, text and classes equally."""
    name, over = quoted(output), f"OVER (PARTITION BY {PAIR})"
    if text:
        return f"min({name}) {over} = max({name}) {over}"
    return f"max({name}) {over} - min({name}) {over} <= {within:.6g}"


def moves(output: str, direction: str) -> str:
    """Return the predicate that the changed one of a pair is answered as *direction* says of the other."""
    name = quoted(output)
    was = f"max(CASE WHEN {ROLE} = '{BEFORE}' THEN {name} END) OVER (PARTITION BY {PAIR})"
    sign = {
        "not_lower": f">= {was} - 1e-9",
        "not_higher": f"<= {was} + 1e-9",
        "higher": f"> {was}",
        "lower": f"< {was}",
    }
    return f"{ROLE} = '{BEFORE}' OR {name} {sign[direction]}"
