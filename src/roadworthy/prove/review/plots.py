"""The plots of a review, each with its numbers as a table."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from roadworthy.prove.review.grammar import INK, MUTED, Plot, Spec, colour, layered, quantity, shape, tip
from roadworthy.prove.review.text import count, interval, metric, percent, visible

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from roadworthy.prove.measures import Interval
    from roadworthy.prove.review.comparison import Comparison, Distributions, Flips, Movement, SliceRow

CANDIDATE = "candidate"
_TALL = 260
_SHOWN = 40  # cells of the movement that stand in its table


def calibration(measured: Distributions, order: Sequence[str] = ()) -> Plot | None:
    """Return stated chances against observed shares; None when nothing was measured."""
    bins = [(title, bin_) for title, found in measured.calibration.items() for bin_ in found]
    if not bins:
        return None
    titles = tuple(measured.calibration)
    values = [{**bin_, "title": _shown(title)} for title, bin_ in bins]
    top = min(1.0, 1.05 * max(max(bin_["stated"], bin_["observed_high"]) for _, bin_ in bins))
    scale = {"domain": [0, top], "nice": False}
    x = quantity("stated", "stated chance", ".0%", scale)
    y = quantity("observed", "observed share", ".0%", scale)
    low = quantity("observed_low", "observed share", ".0%", scale)
    whose = colour([_shown(title) for title in titles], order)
    told = tip(title="", stated=".1%", observed=".1%", rows=",")
    layers = [
        _diagonal(0, top, x, y),
        {
            "mark": {"type": "rule", "strokeWidth": 1.5, "opacity": 0.5},
            "encoding": {"x": x, "y": low, "y2": {"field": "observed_high"}, **whose},
        },
        {"mark": {"type": "line", "strokeWidth": 1.5}, "encoding": {"x": x, "y": y, **whose}},
        {
            "mark": {"type": "point", "filled": True, "size": 45, "opacity": 1},
            "encoding": {"x": x, "y": y, **whose, **shape([_shown(title) for title in titles], order), **told},
        },
    ]
    return Plot(
        "calibration",
        "Calibration",
        "On the dashed diagonal, what is stated comes true just as often. Bars: the share's 95 % interval.",
        layered(layers, values, _TALL, [_shown(title) for title in titles]),
        ("model", "stated chance", "observed share", "rows"),
        tuple(
            (_shown(title), percent(bin_["stated"]), percent(bin_["observed"]), count(bin_["rows"]))
            for title, bin_ in bins
        ),
    )


def histogram(measured: Distributions, order: Sequence[str] = ()) -> Plot | None:
    """Return how scores lie, as shares of rows; None when nothing was measured."""
    if measured.histogram is None or not measured.histogram["counts"]:
        return None
    edges, counts = measured.histogram["edges"], measured.histogram["counts"]
    steps = [
        {"title": _shown(title), "score": edge, "share": amounts[min(at, len(amounts) - 1)] / max(1, sum(amounts))}
        for title, amounts in counts.items()
        for at, edge in enumerate(edges)
    ]
    x = quantity("score", "score", scale={"nice": False, "domain": [edges[0], edges[-1]]})
    y = quantity("share", "share of rows", ".0%", {"nice": True}) | {"stack": None}
    encoding = {"x": x, "y": y, **colour([_shown(title) for title in counts], order)}
    layers: list[Spec] = [
        {"mark": {"type": "area", "interpolate": "step-after", "opacity": 0.14}, "encoding": encoding},
        {"mark": {"type": "line", "interpolate": "step-after", "strokeWidth": 1.5}, "encoding": encoding},
    ]
    return Plot(
        "histogram",
        "Distribution of scores",
        "How often each score is given. Scores in one narrow hump hardly tell rows apart.",
        layered(layers, steps, _TALL, [_shown(title) for title in counts]),
        ("model", "score", "rows", "share"),
        tuple(
            (_shown(title), _range(low, high), count(amount), percent(amount / max(1, sum(amounts))))
            for title, amounts in counts.items()
            for (low, high), amount in zip(pairwise(edges), amounts, strict=True)
        ),
    )


def movement(moved: Movement | None) -> Plot | None:
    """Return how scores moved, as rows per cell of a grid; None when it is not known."""
    if moved is None:
        return None
    edges = moved.edges
    values = [
        {"old": edges[old], "old_end": edges[old + 1], "new": edges[new], "new_end": edges[new + 1], "rows": rows}
        for old, new, rows in moved.cells
    ]
    domain = {"domain": [edges[0], edges[-1]], "nice": False}
    x = quantity("old", f"score of {visible(moved.rival.name, 40)}", scale=domain)
    y = quantity("new", "score of the candidate", scale=domain)
    shade = {"type": "log", "range": [0.15, 1], "domainMin": 1}
    layers = [
        {
            "mark": {"type": "rect", "color": "var(--candidate)"},
            "encoding": {
                "x": x,
                "x2": {"field": "old_end"},
                "y": y,
                "y2": {"field": "new_end"},
                "opacity": {"field": "rows", "type": "quantitative", "scale": shade, "legend": None},
                **tip(rows=","),
            },
        },
        _diagonal(edges[0], edges[-1], x, y),
        *_cutoffs(moved),
    ]
    return Plot(
        "movement",
        "How scores moved",
        "Each cell: the rows with that score before (across) and now (up); darker means more. Solid lines: where "
        "flagging begins, so that upper left and lower right are the decisions that changed.",
        layered(layers, values, 320),
        (f"score of {visible(moved.rival.title)}", "score of the candidate", "rows"),
        tuple(
            (_range(edges[old], edges[old + 1]), _range(edges[new], edges[new + 1]), count(rows))
            for old, new, rows in sorted(moved.cells, key=lambda cell: -cell[2])[:_SHOWN]
        ),
    )


def floor(flips: Flips | None) -> Plot | None:
    """Return the negative flips beside those that training again causes by itself; None without a noise floor."""
    if flips is None or flips.measure["floor"] is None:
        return None
    noise, found = flips.measure["floor"], flips.measure["negative"]
    allowed = noise["value"] + flips.measure["allowed"]
    again, change = "trained again", "this change"
    x = quantity("share", "share of rows broken", ".1%", {"domainMin": 0})
    y = {"field": "row", "type": "nominal", "sort": [change, again], "axis": {"title": None, "ticks": False}}
    own = {"values": [{"row": change, "share": found["value"], "low": found["low"], "high": found["high"]}]}
    dot = {"type": "point", "filled": True}
    layers = [
        {
            "data": {"values": [{"share": allowed}]},
            "mark": {"type": "rule", "color": "var(--bad)", "strokeDash": [4, 3], "strokeWidth": 1.5},
            "encoding": {"x": x},
        },
        {
            "data": {"values": [{"row": again, "share": share} for share in noise["twins"]]},
            "mark": {**dot, "size": 55, "color": "var(--rival)", "opacity": 0.75},
            "encoding": {"x": x, "y": y, **tip(share=".2%")},
        },
        {
            "data": own,
            "mark": {"type": "rule", "color": "var(--candidate)", "strokeWidth": 2.5, "opacity": 0.5},
            "encoding": {"x": {**x, "field": "low"}, "x2": {"field": "high"}, "y": y},
        },
        {
            "data": own,
            "mark": {**dot, "size": 90, "color": "var(--candidate)", "opacity": 1},
            "encoding": {"x": x, "y": y, **tip(share=".2%", low=".2%", high=".2%")},
        },
    ]
    return Plot(
        "floor",
        "Broken, against the noise of training",
        "Production's own recipe, trained again on resampled rows with other seeds, breaks this many by itself. "
        "Dashed: that noise floor and what the requirement allows on top.",
        layered(layers, [], {"step": 40}),
        ("what", "broken", "95 % interval"),
        (
            (change, percent(found["value"], 2), _shares(found["low"], found["high"])),
            *((again, percent(share, 2), "") for share in noise["twins"]),
            ("noise floor", percent(noise["value"], 2), _shares(noise["low"], noise["high"])),
            ("floor and allowance", percent(allowed, 2), ""),
        ),
    )


def slices(comparison: Comparison) -> Plot | None:
    """Return each slice's metric for the candidate and its rivals; None without slices."""
    titles = [_shown(title) for title in (CANDIDATE, *(rival.title for rival in comparison.rivals))]
    measured = [
        (_slice(row), title, measure)
        for row in comparison.slices
        for title, measure in zip(titles, (row.candidate, *row.versus), strict=True)
        if measure is not None and measure["value"] is not None
    ]
    if not measured:
        return None
    values = [{"slice": name, "title": title, **_ends(measure)} for name, title, measure in measured]
    names = [_slice(row) for row in comparison.slices]
    x = quantity("value", "the slice's metric", scale={"zero": False})
    y = {"field": "slice", "type": "nominal", "sort": names, "axis": {"title": None, "ticks": False}}
    whose = {"y": y, "yOffset": {"field": "title", "type": "nominal", "sort": titles}, **colour(titles)}
    layers = [
        {
            "mark": {"type": "rule", "strokeWidth": 2, "opacity": 0.5},
            "encoding": {"x": {**x, "field": "low"}, "x2": {"field": "high"}, **whose},
        },
        {
            "mark": {"type": "point", "filled": True, "size": 60, "opacity": 1},
            "encoding": {"x": x, **whose, **shape(titles), **tip(title="", value=".4f", low=".4f", high=".4f")},
        },
    ]
    return Plot(
        "slices",
        "Slices",
        "The metric on the rows of each declared slice, with its 95 % interval.",
        layered(layers, values, {"step": max(16, 12 * len(titles))}, titles),
        ("slice", "model", "value", "95 % interval"),
        tuple((name, title, metric(measure["value"]), interval(measure)) for name, title, measure in measured),
    )


def _diagonal(low: float, high: float, x: Spec, y: Spec) -> Spec:
    return {
        "data": {"values": [{x["field"]: end, y["field"]: end} for end in (low, high)]},
        "mark": {"type": "line", "strokeDash": [4, 4], "color": MUTED, "strokeWidth": 1},
        "encoding": {"x": x, "y": y},
    }


def _cutoffs(moved: Movement) -> list[Spec]:
    return [
        {
            "data": {"values": [{"at": cutoff}]},
            "mark": {"type": "rule", "color": INK, "strokeWidth": 1},
            "encoding": {channel: {"field": "at", "type": "quantitative"}},
        }
        for channel, cutoff in (("x", moved.rival_cutoff), ("y", moved.candidate_cutoff))
        if cutoff is not None
    ]


def _shown(title: str) -> str:
    return visible(title, 80)


def _slice(row: SliceRow) -> str:
    return f"{visible(row.name, 40)}: {visible(row.metric, 30)}"


def _ends(measure: Interval) -> Mapping[str, float | None]:
    value = measure["value"]
    low, high = measure["low"], measure["high"]
    return {"value": value, "low": value if low is None else low, "high": value if high is None else high}


def _range(low: float, high: float) -> str:
    return f"{low:.3g} to {high:.3g}"


def _shares(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f"{percent(low, 2)} to {percent(high, 2)}"
