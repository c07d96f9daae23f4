"""The metrics: each prepared once from a model's answers, then computed for any weighting of the rows.

A weighting is how the bootstrap resamples: a row drawn twice has weight 2, a row not drawn 0. All rows once is a weight
of one. Where a metric is not defined (an AUC of rows of one class), it is NaN.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from roadworthy.build.data.table import Floats
from roadworthy.errors import UsageError
from roadworthy.prove.evaluate import calibration

if TYPE_CHECKING:
    from roadworthy.build.data.table import Integers
    from roadworthy.declare.requirements import Task
    from roadworthy.prove.evaluate.scored import Scored

Weigh = Callable[[Floats], float]


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric: which way is better, what it is for, and how it is prepared from a model's answers."""

    name: str
    better: Literal["higher", "lower"]
    tasks: tuple[Task, ...]
    prepare: Callable[[Scored], Weigh]

    def value(self, scored: Scored) -> float:
        """Return the metric over all rows; NaN where it is not defined."""
        return self.prepare(scored)(np.ones(len(scored)))


def metric(name: str, task: Task) -> Metric:
    """Return the metric *name*.

    Raises:
        UsageError: There is none of that name for *task*.
    """
    found = METRICS.get(name)
    if found is None or task not in found.tasks:
        fitting = [known.name for known in METRICS.values() if task in known.tasks]
        near = difflib.get_close_matches(name, fitting, n=1)
        hint = f"Did you mean `{near[0]}`? " if near else ""
        raise UsageError(
            f"requirements.yaml asks for the metric `{name}`, which there is not for {task.replace('_', ' ')}.",
            remedy=f"{hint}There are: {', '.join(fitting)}.",
        )
    return found


def of_task(task: Task) -> tuple[Metric, ...]:
    """Return every metric that there is for *task*."""
    return tuple(known for known in METRICS.values() if task in known.tasks)


def ratio(above: float, below: float) -> float:
    """Return *above* / *below*; NaN when *below* is 0."""
    return above / below if below > 0 else float("nan")


def dot(one: Floats, other: Floats) -> float:
    """Return the sum of products, on one thread: BLAS would share so small a sum among threads that spin."""
    return float(np.einsum("i,i->", one, other))


def _mean(of: Callable[[Scored], Floats]) -> Callable[[Scored], Weigh]:
    """Return the preparation of a metric that is the weighted mean of one number a row."""

    def prepare(scored: Scored) -> Weigh:
        losses = of(scored)
        return lambda weight: ratio(dot(weight, losses), float(weight.sum()))

    return prepare


def roc_auc(scored: Scored) -> Weigh:
    """Prepare the chance that a positive row scores above a negative one, a tie counting half.

    Source:
        Hanley and McNeil (1982), "The Meaning and Use of the Area under a Receiver Operating Characteristic (ROC)
        Curve": the Wilcoxon statistic, here over weighted rows.
    """
    up, down = _ranked(scored)
    lower = np.searchsorted(scored.score[down], scored.score[up], side="left")
    not_higher = np.searchsorted(scored.score[down], scored.score[up], side="right")

    def weigh(weight: Floats) -> float:
        hit, below = weight[up], _sums(weight[down])
        return ratio(dot(hit, below[lower] + below[not_higher]), 2 * float(hit.sum()) * float(below[-1]))

    return weigh


def _ranked(scored: Scored) -> tuple[Integers, Integers]:
    """Return the positive and the negative rows, each by rising score."""
    order = np.argsort(scored.score, kind="stable")
    positive = scored.truth[order] == 1.0
    return order[positive], order[~positive]


def _sums(weight: Floats) -> Floats:
    """Return the sums of the first 0, 1, 2 … weights."""
    return np.concatenate(([0.0], np.cumsum(weight)))


def average_precision(scored: Scored) -> Weigh:
    """Prepare the mean precision over the recalled positives, in steps, without interpolation.

    Source:
        Zhu (2004), "Recall, Precision and Average Precision": the sum of (R_k - R_{k-1}) · P_k over falling scores.
    """
    up, down = _ranked(scored)
    lower_up = np.searchsorted(scored.score[up], scored.score[up], side="left")
    lower_down = np.searchsorted(scored.score[down], scored.score[up], side="left")

    def weigh(weight: Floats) -> float:
        hit = weight[up]
        hits, misses = _sums(hit), _sums(weight[down])
        recalled = hits[-1] - hits[lower_up]
        taken = recalled + misses[-1] - misses[lower_down]
        precision = np.divide(recalled, taken, out=np.zeros(len(hit)), where=taken > 0)
        return ratio(dot(hit, precision), float(hits[-1]))

    return weigh


def expected_calibration_error(scored: Scored) -> Weigh:
    """Prepare how far stated chances lie from observed frequencies, over ten bins of equal width.

    Of several classes, it is the chance of the class that was said, and whether it came true.

    Source:
        Naeini, Cooper and Hauskrecht (2015), "Obtaining Well Calibrated Probabilities Using Bayesian Binning".
    """
    chance, came = stated(scored)
    if chance is None:
        return _undefined
    bins = calibration.bin_of(chance)
    gaps = chance - came

    def weigh(weight: Floats) -> float:
        sums = np.bincount(bins, weights=weight * gaps, minlength=calibration.BINS)
        return ratio(float(np.abs(sums).sum()), float(weight.sum()))

    return weigh


def stated(scored: Scored) -> tuple[Floats | None, Floats]:
    """Return the chance that was stated of each row, and whether it came true: of the positive class, or of the said.

    The chance is None where a model of several classes states none.
    """
    if not scored.names:
        return scored.score, scored.truth
    chance = None if scored.chances is None else scored.chances.max(axis=1, initial=0.0)
    return chance, scored.right.astype(np.float64)


def _undefined(weight: Floats) -> float:
    """Return that a metric is not defined, whatever the weights."""
    del weight
    return float("nan")


def _log_loss(scored: Scored) -> Floats:
    """Source: Good (1952), "Rational Decisions"; chances are kept 1e-15 away from 0 and 1."""
    if scored.names:
        if scored.chances is None:
            return np.full(len(scored), np.nan)
        of_truth = scored.chances[np.arange(len(scored)), scored.truth.astype(np.int64)]
        return np.asarray(-np.log(np.clip(of_truth, 1e-15, 1.0)))
    chance = np.clip(scored.score, 1e-15, 1 - 1e-15)
    losses: Floats = -(scored.truth * np.log(chance) + (1 - scored.truth) * np.log1p(-chance))
    return losses


def _brier(scored: Scored) -> Floats:
    """Source: Brier (1950), "Verification of Forecasts Expressed in Terms of Probability": summed over the classes."""
    if scored.names:
        if scored.chances is None:
            return np.full(len(scored), np.nan)
        came = scored.truth[:, None] == np.arange(len(scored.names))
        return np.asarray(((scored.chances - came) ** 2).sum(axis=1))
    losses: Floats = (scored.score - scored.truth) ** 2
    return losses


def _share_of(above: Callable[[Scored], Floats], below: Callable[[Scored], Floats]) -> Callable[[Scored], Weigh]:
    """Return the preparation of a ratio of two weighted sums."""

    def prepare(scored: Scored) -> Weigh:
        over, under = above(scored), below(scored)
        return lambda weight: ratio(dot(weight, over), dot(weight, under))

    return prepare


def _hits(scored: Scored) -> Floats:
    return scored.decided * scored.truth


def _r2(scored: Scored) -> Weigh:
    """Source: Draper and Smith (1998), "Applied Regression Analysis", the coefficient of determination."""
    squared = (scored.score - scored.truth) ** 2

    def weigh(weight: Floats) -> float:
        mean = ratio(dot(weight, scored.truth), float(weight.sum()))
        spread = dot(weight, (scored.truth - mean) ** 2)
        return 1 - ratio(dot(weight, squared), spread)

    return weigh


def _root_mean_squared_error(scored: Scored) -> Weigh:
    mean = _mean(_brier)(scored)
    return lambda weight: float(np.sqrt(mean(weight)))


def _bias(scored: Scored) -> Weigh:
    mean = _mean(lambda of: of.score - of.truth)(scored)
    return lambda weight: abs(mean(weight))


def _macro_f1(scored: Scored) -> Weigh:
    """Source: Opitz and Burst (2019), "Macro F1 and Macro F1": the mean of the classes' F1."""
    classes = np.unique(scored.truth)

    def weigh(weight: Floats) -> float:
        each = []
        for code in classes:
            said, true = scored.decided == code, scored.truth == code
            both = float(weight[said & true].sum())
            each.append(ratio(2 * both, float(weight[said].sum() + weight[true].sum())))
        return float(np.mean(each)) if each else float("nan")

    return weigh


_BINARY: tuple[Task, ...] = ("binary_classification",)
_CLASSES: tuple[Task, ...] = ("binary_classification", "multiclass")
_NUMBERS: tuple[Task, ...] = ("regression",)

METRICS: dict[str, Metric] = {
    known.name: known
    for known in (
        Metric("roc_auc", "higher", _BINARY, roc_auc),
        Metric("average_precision", "higher", _BINARY, average_precision),
        Metric("expected_calibration_error", "lower", _CLASSES, expected_calibration_error),
        Metric("log_loss", "lower", _CLASSES, _mean(_log_loss)),
        Metric("brier_score", "lower", _CLASSES, _mean(_brier)),
        Metric("accuracy", "higher", _CLASSES, _mean(lambda of: of.right.astype(np.float64))),
        Metric("precision", "higher", _BINARY, _share_of(_hits, lambda of: of.decided)),
        Metric("recall", "higher", _BINARY, _share_of(_hits, lambda of: of.truth)),
        Metric("f1", "higher", _BINARY, _share_of(lambda of: 2 * _hits(of), lambda of: of.decided + of.truth)),
        Metric("macro_f1", "higher", ("multiclass",), _macro_f1),
        Metric("mean_absolute_error", "lower", _NUMBERS, _mean(lambda of: np.abs(of.score - of.truth))),
        Metric("root_mean_squared_error", "lower", _NUMBERS, _root_mean_squared_error),
        Metric("bias", "lower", _NUMBERS, _bias),
        Metric("r2", "higher", _NUMBERS, _r2),
    )
}
