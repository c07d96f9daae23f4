"""A model that gives no answer where it should."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from roadworthy.build.data.query import quoted
from roadworthy.prove.redteam.finding import ANYWHERE, MOST_PAIRS, Finding

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from roadworthy.build.data.table import Table
    from roadworthy.prove.behaviour.ask import Said
    from roadworthy.prove.redteam.finding import Kind
    from roadworthy.prove.redteam.target import Target

_SHOWN = 120


@dataclass(frozen=True, slots=True)
class Disturbed:
    """A change of one input that was tried: the rows before and after it, and what is to be said of it."""

    kind: Kind
    column: str
    how: str
    before: Table
    after: Table
    exposed: str = ANYWHERE


def refusal(target: Target, tried: Disturbed, said: Said, places: NDArray[np.int64]) -> Finding:
    """Return that the model gives no answer to rows that the guard lets through.

    Args:
        target: What is attacked.
        tried: What was done to which rows.
        said: What the model answered of them.
        places: Which rows of *tried* were asked about.
    """
    refused = places[~said.answered]
    why = " ".join(said.fault.split())[:_SHOWN]
    return Finding(
        kind=tried.kind,
        cause=tried.column,
        columns=(tried.column,),
        title=f"There is no answer ({tried.how}): {why}",
        examples=tried.after.take(refused[:MOST_PAIRS]),
        expect=f"{quoted(target.output)} IS NOT NULL",
        exposed=tried.exposed,
        failed=len(refused),
        tried=len(places),
        effect=1.0,
    )
