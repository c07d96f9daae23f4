"""The flips as one compact JSON document: columns, with each text once; as many rows as there is room for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from roadworthy.prove.review.text import visible

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from roadworthy.prove.review.rows.flipped import Flipped, Neighbours

ON_A_PAGE = 450_000  # bytes
APART = 24_000_000
_MARGIN = 0.95


def packed(found: Flipped, most: int = ON_A_PAGE) -> str:
    """Return *found* as JSON of at most *most* bytes or so: the first rows, and how many there are of which kind.

    It is of ASCII, without <, > and &: it may stand in a script element that holds data.
    """
    rows = len(found)
    while True:
        told = json.dumps(_document(found, rows), separators=(",", ":"), allow_nan=False)
        told = told.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
        if len(told) <= most or not rows:
            return told
        rows = min(rows - 1, int(rows * most / len(told) * _MARGIN))


def _document(found: Flipped, rows: int) -> dict[str, Any]:
    return {
        "title": visible(found.title),
        "compared": found.rows,
        "all": found.all,
        "groups": [
            {
                "name": visible(one.name, 80),
                "where": visible(one.where, 400),
                "rows": one.rows,
                "declared": one.declared,
            }
            for one in found.groups
        ],
        "bands": found.bands,
        "cube": found.cube,
        "key": found.key,
        "inputs": found.inputs,
        "label": found.label,
        "rows": rows,
        "fixed": [int(one) for one in found.fixed[:rows]],
        "band": found.band[:rows],
        "mask": found.mask[:rows],
        "old": found.scores[0][:rows],
        "new": found.scores[1][:rows],
        "was": _column(found.decisions[0][:rows]),
        "now": _column(found.decisions[1][:rows]),
        "columns": {name: _column(column[:rows]) for name, column in found.columns.items()},
        "because": {at: _pulls(pulls) for at, pulls in found.because.items() if at < rows},
        "pulls": _pulls(found.pulls),
        "neighbours": None if found.neighbours is None else _neighbours(found.neighbours, rows),
        "why_not": found.why_not,
    }


def _column(column: Sequence[object]) -> object:
    """Return numbers as they are; of text, each once, and where it stands."""
    if not any(isinstance(one, str) for one in column):
        return list(column)
    place: dict[object, int] = {}
    codes = [place.setdefault(one, len(place)) for one in column]
    return {"is": list(place), "at": codes}


def _pulls(pulls: Sequence[Mapping[str, Any]]) -> list[list[object]]:
    return [[one["input"], round(one["share"], 3)] for one in pulls]


def _neighbours(found: Neighbours, rows: int) -> dict[str, object]:
    return {
        "columns": {name: _column(column) for name, column in found.columns.items()},
        "near": found.near[:rows],
        "apart": found.apart[:rows],
        "sampled": found.sampled,
        "of": found.of,
    }
