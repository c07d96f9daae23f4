"""The grammar of the page's plots: one look for all of them, in colours that are the page's own.

Colours are custom properties of the page, so that a plot follows light, dark and print without being drawn again.
Foreign names stand in the data as values alone, never as a field, an expression or an address.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Spec = dict[str, Any]  # Vega-Lite's own JSON

INK, MUTED, LINE = "var(--ink)", "var(--muted)", "var(--line)"
_COLOURS = ("var(--candidate)", "var(--rival)", "var(--rival-2)", "var(--rival-3)")
_SHAPES = ("circle", "diamond", "square", "triangle-up")
SHOWN = "shown"  # the parameter that says whose numbers a plot shows
_SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
_TICKS = "clamp(floor(width / 60), 2, 6)"  # as many as there is room for their labels
_AXIS: Spec = {
    "labelColor": MUTED,
    "titleColor": MUTED,
    "titleFontWeight": "normal",
    "titleFontSize": 12,
    "labelFontSize": 11,
    "gridColor": LINE,
    "domainColor": LINE,
    "tickColor": LINE,
    "labelLimit": 220,
    "labelFlush": False,  # pushed inwards, the first label would touch the next
    "titleLimit": {"expr": "width + 30"},  # a title is no wider than its plot
}
_LEGEND: Spec = {
    "labelColor": INK,
    "labelFontSize": 12,
    "labelLimit": {"expr": "min(380, width - 20)"},
    "orient": "top",
    "title": None,
    "columns": 1,
    "symbolOpacity": 1,
}
_CONFIG: Spec = {
    "background": None,
    "font": "system-ui, sans-serif",
    "padding": 2,
    "view": {"stroke": None},
    "axis": _AXIS,
    "legend": _LEGEND,
}


@dataclass(frozen=True, slots=True)
class Plot:
    """A plot: what it is, how to read it, its specification, and its numbers.

    Attributes:
        name: Unique on the page, of letters and hyphens.
        reading: How to read it.
        head: The table's column names.
        rows: The table's rows, as text.
    """

    name: str
    title: str
    reading: str
    spec: Spec
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def layered(
    layers: Sequence[Spec],
    values: Sequence[Mapping[str, object]],
    height: int | Spec,
    titles: Sequence[str] = (),
    more: Spec | None = None,
) -> Spec:
    """Return a specification of *layers* over *values*, as wide as its place on the page.

    With *titles*, the values are those of models, and the page says which of these are shown. *more* is put beside it.
    """
    named: Spec = {"params": [{"name": SHOWN, "value": list(titles)}]} if titles else {}
    whose: Spec = {"transform": [{"filter": f"indexof({SHOWN}, datum.title) >= 0"}]} if titles else {}
    for key, value in (more or {}).items():
        (named if key == "params" else whose).setdefault(key, []).extend(value)
    return {
        "$schema": _SCHEMA,
        **named,
        **whose,
        "width": "container",
        "height": height,
        "autosize": {"type": "fit-x", "contains": "padding"},
        "config": _CONFIG,
        "data": {"values": list(values)},
        "layer": list(layers),
    }


def quantity(field: str, title: str, form: str = "", scale: Spec | None = None) -> Spec:
    """Return the encoding of a number, with its axis."""
    axis: Spec = {"title": title, "tickCount": {"expr": _TICKS}}
    if form.endswith("%"):
        axis["labelExpr"] = f"format(100 * datum.value, '{form[:-1]}f') + ' %'"  # as everywhere on the page
    elif form:
        axis["format"] = form
    return {"field": field, "type": "quantitative", "axis": axis} | ({"scale": scale} if scale else {})


def colour(titles: Sequence[str], order: Sequence[str] = ()) -> Spec:
    """Return the encoding of whose numbers they are, as colour: the one that each has in all plots, by its *order*."""
    scale = {"domain": list(titles), "range": _of_each(titles, order, _COLOURS)}
    return {"color": {"field": "title", "type": "nominal", "scale": scale}}


def shape(titles: Sequence[str], order: Sequence[str] = ()) -> Spec:
    """Return the encoding of whose numbers they are, as shape, so that colour is not needed."""
    scale = {"domain": list(titles), "range": _of_each(titles, order, _SHAPES)}
    return {"shape": {"field": "title", "type": "nominal", "scale": scale}}


def _of_each(titles: Sequence[str], order: Sequence[str], kinds: Sequence[str]) -> list[str]:
    known = [title for title in order if title in titles]
    placed = order if len(known) == len(titles) else titles
    return [kinds[placed.index(title) % len(kinds)] for title in titles]


def tip(**forms: str) -> Spec:
    """Return the encoding of what is told of a mark: field → format (empty: as text)."""
    return {
        "tooltip": [
            {"field": field, "type": "quantitative", "format": form} if form else {"field": field, "type": "nominal"}
            for field, form in forms.items()
        ]
    }
