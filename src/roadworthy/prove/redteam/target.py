"""What is attacked: a model, the rows that it is attacked with, and what is declared of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from roadworthy.errors import ModelError
from roadworthy.prove.behaviour.ask import ask
from roadworthy.prove.behaviour.judge import distance

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from roadworthy.build.data.table import Bools, Column, Floats, Table
    from roadworthy.declare.requirements import Requirements
    from roadworthy.prove.behaviour.ask import Said
    from roadworthy.prove.behaviour.vacuous import Predict


@dataclass(frozen=True, slots=True)
class Limits:
    """The scope's bounds of one input; None: it has none. `missing`: whether it may be missing."""

    low: float | None = None
    high: float | None = None
    missing: bool = True


@dataclass(frozen=True, slots=True)
class Target:
    """A model under attack.

    Attributes:
        rows: The rows to search: inputs, and the label where there is one.
        predict: Asks the model; raises ModelError.
        requirements: What is declared of the model.
        in_scope: Says of which rows the guard has nothing against: shape (n,).
        limits: The scope's bounds, by input.
        label: The column of *rows* that holds what was true; None when there is none.
        key: The columns that name a row.
    """

    rows: Table
    predict: Predict
    requirements: Requirements
    in_scope: Callable[[Table], Bools]
    limits: Mapping[str, Limits] = field(default_factory=dict)
    label: str | None = None
    key: tuple[str, ...] = ()

    @property
    def shown(self) -> tuple[str, ...]:
        """The columns of an example with an outcome: what names it, the inputs, the label."""
        return tuple(dict.fromkeys((*self.key, *self.inputs, *([self.label] if self.label else []))))

    @property
    def inputs(self) -> tuple[str, ...]:
        """The columns that the model is given."""
        return self.requirements.inputs.columns

    @property
    def output(self) -> str:
        """The first output: the one that is watched."""
        return next(iter(self.requirements.outputs))

    def limit(self, name: str) -> Limits:
        """Return the bounds of the input *name*."""
        return self.limits.get(name, Limits())


@dataclass(frozen=True)
class Sample:
    """Rows in scope that the model answers, with its answers: what every disturbance is compared with.

    Attributes:
        given: The inputs of the rows.
        answers: What the model says of them.
        scale: How far answers usually lie apart: the standard deviation of the first output; 1 where it is text.
    """

    given: Table
    answers: Table
    scale: float

    def moved(self, said: Said) -> Floats:
        """Return how far each answered row's answers moved, in units of the scale."""
        return distance(self.answers.take(said.answered), said.answers) / self.scale


def sample(target: Target, most: int, seed: int) -> Sample:
    """Return up to *most* rows in scope, drawn by *seed*, with the model's answers.

    Raises:
        ModelError: The model does not answer them.
    """
    given = target.rows.select(target.inputs)
    places = np.flatnonzero(target.in_scope(given))
    if len(places) > most:
        places = np.sort(np.random.default_rng(seed).choice(places, most, replace=False))
    given = given.take(places)
    answers = target.predict(given)
    return Sample(given, answers, _scale(answers[target.output]))


def answered(target: Target) -> Table:
    """Return the rows that the model answers: all of them; else those without a missing input, else what is found.

    Raises:
        ModelError: It answers none.
    """
    given = target.rows.select(target.inputs)
    whole = ~np.logical_or.reduce([given[name].is_missing() for name in given.names])
    try:
        target.predict(given)
    except ModelError:
        said = ask(target.predict, given.take(whole))
        if not said.answered.any():
            raise
        return target.rows.take(np.flatnonzero(whole)[said.answered])
    return target.rows


def labelled(target: Target) -> Table:
    """Return the rows that have a label."""
    return target.rows.take(~target.rows[str(target.label)].is_missing())


def _scale(column: Column) -> float:
    if column.values.dtype.kind not in "iuf" or not len(column):
        return 1.0
    spread = float(np.std(column.values.astype(np.float64)))
    return spread if spread > 0 else 1.0
