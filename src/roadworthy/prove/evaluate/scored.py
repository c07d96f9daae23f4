"""One model's answers beside the truth: what every metric and every comparison is computed from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from roadworthy.errors import UsageError
from roadworthy.prove.evaluate import decision as decisions

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from roadworthy.build.data.table import Bools, Column, Floats, Table
    from roadworthy.declare.requirements import Decision, Requirements
    from roadworthy.prove.evaluate.decision import Rule

_WHOLE = 1e-3  # how far chances of all classes may be from adding up to 1


@dataclass(frozen=True, slots=True)
class Scored:
    """Answers of one model on labelled rows; every array has shape (n,).

    Attributes:
        score: The stated chance of the positive class, or the predicted number; for classes, the code of the class.
        truth: 0 or 1; or the true number; or the code of the true class.
        decided: What was decided: 0 or 1; the number itself; the code of the class.
        right: Whether the decision was right; all False where a task has no decision (see `judged`).
        judged: Whether *right* means anything: a regression without a tolerance has no right and wrong.
        names: The classes that the codes stand for; empty where there are none.
        chances: Shape (n, len(names)), the stated chance of each class; None where the model states none.
    """

    score: Floats
    truth: Floats
    decided: Floats
    right: Bools
    judged: bool = True
    names: tuple[str, ...] = ()
    chances: NDArray[np.float64] | None = None

    def __len__(self) -> int:
        return len(self.score)

    def take(self, rows: Bools) -> Scored:
        """Return the answers at *rows*, a mask of shape (n,); decisions stay as they were taken among all rows."""
        return replace(
            self,
            score=self.score[rows],
            truth=self.truth[rows],
            decided=self.decided[rows],
            right=self.right[rows],
            chances=None if self.chances is None else self.chances[rows],
        )


def score(answers: Table, label: Column, requirements: Requirements, rule: Rule | None = None) -> Scored:
    """Return *answers* (the declared outputs) scored against *label*, rows with a missing label already left out.

    Args:
        answers: The declared outputs.
        label: What was true of each row.
        requirements: The task, the outputs and the decision.
        rule: Used instead of the declared decision of a binary classification.

    Raises:
        UsageError: The label cannot be what the task says.
    """
    if requirements.task == "multiclass":
        return _classes(answers, label, tuple(requirements.outputs))
    said = numbers(answers[next(iter(requirements.outputs))])
    truth = numbers(label)
    if requirements.task == "regression":
        return _regression(said, truth, requirements.decision)
    if not np.isin(truth, (0.0, 1.0)).all():
        raise UsageError(
            "The label of a binary classification holds other values than true and false (or 1 and 0).",
            remedy="Write the label as a boolean column, or set `task` in requirements.yaml.",
        )
    flagged = decisions.flag(said, rule or decisions.rule(requirements.decision))
    return Scored(said, truth, flagged.astype(np.float64), flagged == (truth == 1.0))


def numbers(column: Column) -> Floats:
    """Return a column as floats, NaN where it is missing.

    Raises:
        UsageError: The column holds text or times.
    """
    if column.values.dtype.kind not in "biuf":
        raise UsageError(
            f"A column of numbers or booleans is needed, but it holds {column.values.dtype}.",
            remedy="Declare the type of the label and of the outputs, and write them so.",
        )
    values: Floats = column.values.astype(np.float64)
    return values if column.missing is None else np.where(column.missing, np.nan, values)


def _regression(said: Floats, truth: Floats, decision: Decision | None) -> Scored:
    tolerance = None if decision is None else decision.tolerance
    judged = tolerance is not None
    right = decisions.within(said, truth, tolerance) if tolerance is not None else np.zeros(len(said), dtype=np.bool_)
    return Scored(said, truth, said, right, judged)


def _classes(answers: Table, label: Column, outputs: tuple[str, ...]) -> Scored:
    """Score classes: one output that names the class, or one output of numbers for each class."""
    true_names = label.values.astype(str)
    stated: NDArray[np.float64] | None = None
    if len(outputs) == 1:
        said_names = answers[outputs[0]].values.astype(str)
    else:
        stated = np.stack([numbers(answers[name]) for name in outputs], axis=1)
        said_names = np.asarray(outputs)[stated.argmax(axis=1)]
    names, codes = np.unique(np.concatenate([said_names, true_names, *([] if stated is None else [outputs])]),
                             return_inverse=True)  # fmt: skip
    said = codes[: len(said_names)].astype(np.float64)
    truth = codes[len(said_names) : len(said_names) + len(true_names)].astype(np.float64)
    chances = None if stated is None else _chances(stated, outputs, names)
    return Scored(said, truth, said, said == truth, len(names) > 0, tuple(str(name) for name in names), chances)


def _chances(
    stated: NDArray[np.float64], outputs: tuple[str, ...], names: NDArray[np.generic]
) -> NDArray[np.float64] | None:
    """Return the stated chance of each class in *names*, 0 of one that is no output; None where they are no chances."""
    if (stated < 0).any() or (np.abs(stated.sum(axis=1) - 1) > _WHOLE).any():
        return None
    chances = np.zeros((len(stated), len(names)))
    chances[:, np.searchsorted(names, np.asarray(outputs))] = stated
    return chances
