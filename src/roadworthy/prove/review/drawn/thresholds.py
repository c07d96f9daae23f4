"""The plots of a decision: what every threshold would find and flag wrongly, and what that would cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from roadworthy.prove.review.grammar import Plot, Spec, colour, layered, quantity, shape, tip
from roadworthy.prove.review.text import metric, percent, visible

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from roadworthy.prove.review.drawn.curves import Curve, Point

_TALL = 260
_RATIO = 5.0  # what a miss costs in false alarms, where nothing is declared
_TABLE = 12  # thresholds of each model that stand in a table
COSTS = "ratio"  # the parameter that says what a miss costs in false alarms


def thresholds(curves: Mapping[str, Curve], order: Sequence[str] = ()) -> Plot | None:
    """Return recall and precision by how much is flagged; None without curves."""
    if not curves:
        return None
    titles = [_shown(title) for title in curves]
    values = [
        {"title": _shown(title), "measure": name, "flagged": at.flagged, "value": value, "threshold": at.threshold}
        for title, found in curves.items()
        for at in found.points
        for name, value in (("recall", at.recall), ("precision", at.precision))
        if value is not None
    ]
    x, y = _flagged(), quantity("value", "recall and precision", ".0%", {"domain": [0, 1], "nice": False})
    dashes = {"domain": ["recall", "precision"], "range": [[1, 0], [5, 4]]}
    whose = {**colour(titles, order), "strokeDash": {"field": "measure", "type": "nominal", "scale": dashes}}
    told = tip(title="", measure="", flagged=".1%", value=".1%", threshold=".4~f")
    layers = [
        *_now(curves, x, order),
        {"mark": {"type": "line", "strokeWidth": 1.5}, "encoding": {"x": x, "y": y, **whose}},
        {"mark": {"type": "point", "opacity": 0, "size": 90}, "encoding": {"x": x, "y": y, **whose, **told}},
    ]
    return Plot(
        "thresholds",
        "What a threshold finds",
        "Recall (solid) and precision (dashed) for every share of rows that could be flagged. "
        "Vertical lines: how much the decision flags now.",
        layered(layers, values, _TALL, titles),
        ("model", "flagged", "from a score of", "recall", "precision"),
        tuple(
            (_shown(title), percent(at.flagged), metric(at.threshold), percent(at.recall), percent(at.precision))
            for title, found in curves.items()
            for at in _few(found)
        ),
    )


def costs(curves: Mapping[str, Curve], declared: tuple[float, float] | None, order: Sequence[str] = ()) -> Plot | None:
    """Return what decisions cost by how much is flagged: by the *declared* costs of a miss and of a false alarm.

    Where none are declared, a false alarm costs 1, and the page says what a miss does.
    """
    if not curves:
        return None
    miss, alarm = declared or (_RATIO, 1.0)
    titles = [_shown(title) for title in curves]
    values = [
        {
            "title": _shown(title),
            "flagged": at.flagged,
            "missed": at.missed,
            "wrong": at.wrong,
            "threshold": at.threshold,
        }
        for title, found in curves.items()
        for at in found.points
    ]
    x, y = _flagged(), quantity("cost", "cost of 1,000 rows", ",.0f", {"zero": False})
    whose = colour(titles, order)
    layers = [
        *_now(curves, x, order),
        {"mark": {"type": "line", "strokeWidth": 1.5}, "encoding": {"x": x, "y": y, **whose}},
        {
            "mark": {"type": "point", "filled": True, "size": 22, "opacity": 0.9},
            "encoding": {
                "x": x, "y": y, **whose, **shape(titles, order),
                **tip(title="", flagged=".1%", cost=",.1f", threshold=".4~f"),
            },
        },
    ]  # fmt: skip
    paid = f"1000 * {alarm!r} * ({COSTS} * datum.missed + datum.wrong)"
    more: Spec = {
        "params": [{"name": COSTS, "value": miss / alarm if alarm else miss}],
        "transform": [{"calculate": paid, "as": "cost"}],
    }
    said = "By the declared costs" if declared else "Where a false alarm costs 1, and a miss as much as is chosen below"
    return Plot(
        "costs",
        "What a threshold costs",
        f"{said}: the lowest point of a line is where that model would best flag.",
        layered(layers, values, _TALL, titles, more),
        ("model", "flagged", "missed", "wrongly flagged", f"cost of 1,000 rows, a miss at {miss:g}"),
        tuple(
            (_shown(title), percent(at.flagged), percent(at.missed), percent(at.wrong),
             metric(1000 * (miss * at.missed + alarm * at.wrong)))
            for title, found in curves.items()
            for at in _few(found)
        ),
    )  # fmt: skip


def _flagged() -> Spec:
    return quantity("flagged", "share of rows flagged", ".0%", {"domain": [0, 1], "nice": False})


def _now(curves: Mapping[str, Curve], x: Spec, order: Sequence[str]) -> list[Spec]:
    values = [{"title": _shown(title), "flagged": found.now.flagged} for title, found in curves.items() if found.now]
    titles = [_shown(title) for title in curves]
    mark = {"type": "rule", "strokeWidth": 1, "opacity": 0.5}
    filtered = [{"filter": "indexof(shown, datum.title) >= 0"}]
    return [
        {"data": {"values": values}, "transform": filtered, "mark": mark, "encoding": {"x": x, **colour(titles, order)}}
    ]


def _few(found: Curve) -> Sequence[Point]:
    step = max(1, len(found.points) // _TABLE)
    return found.points[::step]


def _shown(title: str) -> str:
    return visible(title, 80)
