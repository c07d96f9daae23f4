"""What the model makes of each input: what the primary metric loses when that input's values are shuffled."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from roadworthy.build.data.table import Column, Table
from roadworthy.prove.evaluate.interval import interval, resample
from roadworthy.prove.evaluate.scored import score

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from roadworthy.declare.requirements import Requirements
    from roadworthy.prove.details import Importance, Weight
    from roadworthy.prove.evaluate.metric import Metric

_MOST_ROWS, _MOST_INPUTS, _MOST_ASKED = 2_000, 100, 50_000
_SEED = 2001


def importance(
    requirements: Requirements, rows: Table, label: Column, metric: Metric, predict: Callable[[Table], Table]
) -> Importance:
    """Return what each input of up to 100 is to the model, the heaviest first; by up to 50,000 predictions.

    Inputs that say the same share their weight: each looks lighter than it is, as the model can read the other.

    Args:
        requirements: What is declared.
        rows: Labelled rows, with all inputs.
        label: Their label.
        metric: What is lost.
        predict: Asks the candidate.

    Source:
        Breiman (2001), "Random Forests", section 10; of any model: Fisher, Rudin and Dominici (2019), "All Models are
        Wrong, but Many are Useful".

    Raises:
        ModelError: The model cannot answer rows that are put together so.
    """
    names = requirements.inputs.columns
    if len(names) > _MOST_INPUTS:
        why = f"{len(names):,} inputs are more than the {_MOST_INPUTS} that are asked about."
        return {"metric": metric.name, "rows": 0, "inputs": [], "reason": why}
    random = np.random.default_rng(_SEED)
    chosen = np.sort(random.permutation(len(rows))[: min(_MOST_ROWS, _MOST_ASKED // (1 + len(names)))])
    given, label = rows.select(names).take(chosen), label.take(chosen)
    deal = random.permutation(len(chosen))
    tables = [given, *(given.with_column(name, given[name].take(deal)) for name in names)]
    answers = predict(_below_each_other(tables))
    count = len(chosen)
    said = [answers.take(np.arange(at * count, (at + 1) * count)) for at in range(len(tables))]
    scored = [score(one, label, requirements) for one in said]
    sign = 1.0 if metric.better == "higher" else -1.0
    resampled = sign * resample([metric.prepare(one) for one in scored], count)
    values = [sign * metric.value(one) for one in scored]
    weights: list[Weight] = [
        {"input": name, "loss": interval(values[0] - values[at], resampled[:, 0] - resampled[:, at])}
        for at, name in enumerate(names, start=1)
    ]
    weights.sort(key=lambda one: -(one["loss"]["value"] or 0.0))
    return {"metric": metric.name, "rows": count, "inputs": weights, "reason": ""}


def _below_each_other(tables: Sequence[Table]) -> Table:
    joined = {}
    for name in tables[0].names:
        columns = [table[name] for table in tables]
        gone = None if columns[0].missing is None else np.concatenate([one.is_missing() for one in columns])
        joined[name] = Column(np.concatenate([one.values for one in columns]), gone)
    return Table(joined)
