"""The guard: asks the model for the rows that are in its scope, and says of every row what was done with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np

from roadworthy.build.data.table import Column, Table
from roadworthy.operate.serve import scope

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from roadworthy.build.data.table import Bools
    from roadworthy.operate.serve.scope import Rule

Verdict = Literal["in_scope", "flagged", "refused", "fallback"]
OutOfScope = Literal["flag", "refuse", "fallback"]


class Predictor(Protocol):
    """What answers rows: a model's worker."""

    def predict(self, table: Table, *, timeout: float) -> Table:
        """Return the outputs for the rows of *table*. Raises ModelError."""


@dataclass(frozen=True, slots=True)
class Guard:
    """What is enforced of one version.

    Attributes:
        inputs: The scope of its inputs.
        outputs: What it may answer.
        out_of_scope: What is done with a row that is not in scope.
    """

    inputs: Mapping[str, Rule]
    outputs: Mapping[str, Rule]
    out_of_scope: OutOfScope


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered to rows.

    Attributes:
        outputs: One row for each; missing where it was refused.
        verdicts: What was done with each row.
        reasons: Why it is out of scope; empty when it is not.
    """

    outputs: Table
    verdicts: tuple[Verdict, ...]
    reasons: tuple[tuple[str, ...], ...]

    def part(self, start: int, stop: int) -> Answer:
        """Return the answer to the rows from *start* to *stop*."""
        rows = np.arange(start, stop)
        return Answer(self.outputs.take(rows), self.verdicts[start:stop], self.reasons[start:stop])


def answer(guard: Guard, table: Table, model: Predictor, baseline: Predictor | None, *, timeout: float) -> Answer:
    """Return the model's answer to *table*, under *guard*.

    Args:
        guard: What is enforced.
        table: The inputs.
        model: Asked for every row that is in scope; under `flag`, for the others too.
        baseline: Asked for the rows that fall back; None: they are refused.
        timeout: Seconds for each of the two.

    Raises:
        ModelError: The model (or the baseline) failed.
    """
    of_inputs = scope.reasons(table, guard.inputs)
    flags = guard.out_of_scope == "flag"
    outputs = _ask(guard, table, model, np.ones(len(table), np.bool_) if flags else ~_any(of_inputs), timeout)
    reasons = [(*one, *other) for one, other in zip(of_inputs, scope.reasons(outputs, guard.outputs), strict=True)]
    outside = _any(reasons)
    verdict: Verdict = "flagged"
    if not flags and outside.any():
        verdict, outputs = "refused", _scattered(_blank(guard, len(table)), ~outside, outputs.take(~outside))
        if guard.out_of_scope == "fallback" and baseline is not None:
            verdict, outputs = "fallback", _scattered(outputs, outside, _ask_some(table, baseline, outside, timeout))
    return Answer(outputs, tuple(verdict if why else "in_scope" for why in reasons), tuple(reasons))


def _any(reasons: Sequence[tuple[str, ...]]) -> Bools:
    return np.fromiter(map(bool, reasons), np.bool_, len(reasons))


def _ask(guard: Guard, table: Table, model: Predictor, rows: Bools, timeout: float) -> Table:
    """Return the model's outputs for *rows*, and nothing for the others."""
    if rows.all():
        return model.predict(table, timeout=timeout)
    blank = _blank(guard, len(table))
    return _scattered(blank, rows, _ask_some(table, model, rows, timeout)) if rows.any() else blank


def _ask_some(table: Table, model: Predictor, rows: Bools, timeout: float) -> Table:
    return model.predict(table.take(rows), timeout=timeout)


def _blank(guard: Guard, rows: int) -> Table:
    missing = np.ones(rows, dtype=np.bool_)
    return Table({name: Column(np.full(rows, np.nan), missing) for name in guard.outputs})


def _scattered(whole: Table, rows: Bools, part: Table) -> Table:
    """Return *whole* with *part* put at *rows*; the types are those of *part*."""
    columns = {}
    for name, column in part.columns.items():
        missing = whole[name].is_missing()
        values = np.zeros(len(rows), dtype=column.values.dtype)
        values[~missing] = whole[name].values[~missing]
        values[rows] = column.values
        missing[rows] = column.is_missing()
        columns[name] = Column(values, missing)
    return Table(columns)
