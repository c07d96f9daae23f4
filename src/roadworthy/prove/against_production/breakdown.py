"""Where the flips are: by how sure production was, by what was decided before and now, by cost, by the rows' keys."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
from blake3 import blake3

from roadworthy.prove.evaluate.decision import cutoff
from roadworthy.prove.evaluate.interval import RESAMPLES, interval, weights
from roadworthy.prove.evaluate.scored import numbers

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from roadworthy.build.data.table import Floats, Table
    from roadworthy.declare.requirements import Decision
    from roadworthy.prove.against_production.field import Field
    from roadworthy.prove.against_production.flips import Flips
    from roadworthy.prove.measures import Band, CostChange, Move

_BANDS = ("least sure quarter", "second quarter", "third quarter", "surest quarter")
_MOVES = 12


def bands(field: Field, found: Flips) -> list[Band]:
    """Return the flips by how sure production was, in quarters of the rows; none where it does not say.

    How sure: the distance of its score from its cutoff; of classes with a chance each, the chance of the likeliest.
    """
    sure = _sureness(field)
    if sure is None or len(sure) < len(_BANDS):
        return []
    order = np.argsort(sure, kind="stable")
    return [
        {
            "name": name,
            "rows": len(part),
            "negative": int(found.negative[part].sum()),
            "positive": int(found.positive[part].sum()),
        }
        for name, part in zip(_BANDS, np.array_split(order, len(_BANDS)), strict=True)
    ]


def moves(field: Field, found: Flips) -> list[Move]:
    """Return from which decision to which rows moved, for each truth, the most frequent first; none of numbers."""
    if field.task == "regression":
        return []
    before = decided(field, field.production_said, field.production.decided)
    after = decided(field, field.candidate_said, field.candidate.decided)
    truth = _truths(field)
    moved = np.flatnonzero(before != after)
    counts = Counter((str(truth[at]), str(before[at]), str(after[at])) for at in moved)
    broken = Counter((str(truth[at]), str(before[at]), str(after[at])) for at in moved if found.negative[at])
    return [
        {"truth": key[0], "before": key[1], "after": key[2], "rows": count, "broken": broken[key]}
        for key, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:_MOVES]
    ]


def cost(field: Field, decision: Decision | None) -> CostChange | None:
    """Return what the decisions cost for each row before and now, by the declared costs; None without such."""
    if decision is None or decision.costs is None or not len(field.rows):
        return None
    miss, alarm = decision.costs.get("miss", 1.0), decision.costs.get("false_alarm", 1.0)

    def paid(decided_: Floats) -> Floats:
        truth = field.production.truth
        each: Floats = miss * (truth == 1.0) * (decided_ == 0.0) + alarm * (truth == 0.0) * (decided_ == 1.0)
        return each

    was, now = paid(field.production.decided), paid(field.candidate.decided)
    apart = now - was
    drawn = np.array([float(np.einsum("i,i->", weight, apart)) for weight in weights(len(apart), runs=RESAMPLES)])
    return {
        "before": float(was.mean()),
        "after": float(now.mean()),
        "change": interval(float(apart.mean()), drawn / len(apart)),
    }


def digest(field: Field, found: Flips) -> str:
    """Return a digest of exactly the rows that are broken: of their keys, or of their places without a key."""
    rows = field.rows.take(found.negative)
    named = rows.select(field.key)
    listed = (
        sorted("\0".join(str(column.values[at]) for column in named.columns.values()) for at in range(len(rows)))
        if field.key
        else [str(at) for at in np.flatnonzero(found.negative)]
    )
    return blake3("\n".join(listed).encode(errors="surrogatepass")).hexdigest()


def decided(field: Field, said: Table, codes: Floats) -> NDArray[np.generic]:
    """Return each decision in words: flagged or not, or the class."""
    if field.task == "binary_classification":
        return np.where(codes == 1.0, "flagged", "not flagged")
    if len(said.names) == 1:
        return said[said.names[0]].values.astype(str)
    chances = np.stack([numbers(said[name]) for name in said.names], axis=1)
    named: NDArray[np.generic] = np.asarray(said.names)[chances.argmax(axis=1)]
    return named


def _truths(field: Field) -> NDArray[np.generic]:
    if field.task == "binary_classification":
        return np.where(field.production.truth == 1.0, "yes", "no")
    return field.rows[field.label].values.astype(str)


def _sureness(field: Field) -> Floats | None:
    if field.task == "binary_classification":
        lowest = cutoff(field.production.score, field.production.decided == 1.0)
        return None if lowest is None else np.abs(field.production.score - lowest)
    if field.task == "multiclass" and len(field.production_said.names) > 1:
        said = field.production_said
        likeliest: Floats = np.stack([numbers(said[name]) for name in said.names], axis=1).max(axis=1)
        return likeliest
    return None
