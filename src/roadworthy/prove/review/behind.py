"""The plots of what stands behind the metrics: thresholds, costs, classes, residuals, and what the inputs are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from roadworthy.prove.review.grammar import INK, MUTED, Plot, Spec, colour, layered, quantity, shape, tip
from roadworthy.prove.review.text import count, interval, metric, number, percent, visible

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from roadworthy.prove.details import Cut, Details, Matrix, Remainder

_TALL = 260
_HEAVIEST = 15  # inputs that are drawn
_EVERY = 5  # cutoffs of which one stands in the table
_STEP = {"step": 22}


def plots(details: Details, *, are_curves_drawn: bool = False) -> list[Plot]:
    """Return the plots of what was measured, with the task's own first.

    Where curves over thresholds are drawn of the answers themselves, those that the proof keeps are not drawn again.
    """
    curves = {} if are_curves_drawn else details.get("thresholds", {})
    found: list[Plot | None] = [
        _thresholds(curves),
        _costs(curves),
        _classes(details.get("matrix", {})),
        _residuals(details.get("residuals", {})),
        _importance(details),
        _weakness(details),
    ]
    return [plot for plot in found if plot is not None]


def _thresholds(curves: Mapping[str, Sequence[Cut]]) -> Plot | None:
    cuts = next(iter(curves.values()), ())
    if not cuts:
        return None
    names = ("precision", "recall")
    values = [
        {"title": name, "flagged": cut["flagged"], "share": share, "cutoff": cut["cutoff"]}
        for cut in cuts
        for name, share in (("precision", cut["precision"]), ("recall", cut["recall"]))
        if share is not None
    ]
    x = quantity("flagged", "share of rows flagged", ".0%", {"domain": [0, 1], "nice": False})
    y = quantity("share", "share", ".0%", {"domain": [0, 1], "nice": False})
    told = tip(title="", flagged=".1%", share=".1%", cutoff=".4f")
    return Plot(
        "thresholds",
        "Thresholds",
        "What the candidate gains by flagging more: how many of those flagged are right (precision), and how many "
        "of those to be found are flagged (recall).",
        layered([_line({"x": x, "y": y, **colour(names), **told})], values, _TALL),
        ("model", "flagged from", "flagged", "precision", "recall", "false alarms"),
        tuple(
            (
                _shown(whose),
                metric(cut["cutoff"]),
                percent(cut["flagged"]),
                percent(cut["precision"]),
                percent(cut["recall"]),
                percent(cut["false_alarms"]),
            )
            for whose, listed in curves.items()
            for cut in listed[::_EVERY]
        ),
    )


def _costs(curves: Mapping[str, Sequence[Cut]]) -> Plot | None:
    titles = [_shown(title) for title in curves]
    listed = [(_shown(title), cut) for title, cuts in curves.items() for cut in cuts if cut["cost"] is not None]
    if not listed:
        return None
    values = [{"title": title, "cutoff": cut["cutoff"], "cost": cut["cost"]} for title, cut in listed]
    x = quantity("cutoff", "flagged from", scale={"zero": False, "nice": False})
    y = quantity("cost", "cost of a row", scale={"zero": True})
    told = tip(title="", cutoff=".4f", cost=".4f")
    return Plot(
        "costs",
        "Costs",
        "What decisions cost a row on average, by the declared costs, for each cutoff from which on rows are flagged.",
        layered([_line({"x": x, "y": y, **colour(titles), **told})], values, _TALL),
        ("model", "flagged from", "flagged", "cost of a row"),
        tuple(
            (title, metric(cut["cutoff"]), percent(cut["flagged"]), metric(cut["cost"]))
            for title, cut in listed[::_EVERY]
        ),
    )


def _classes(matrices: Mapping[str, Matrix]) -> Plot | None:
    found = next(iter(matrices.values()), None)
    if found is None or not found["classes"]:
        return None
    names = [visible(name, 24) for name in found["classes"]]
    values = [
        {"truth": true, "said": said, "rows": rows, "share": rows / max(1, sum(line)), "right": true == said}
        for true, line in zip(names, found["counts"], strict=True)
        for said, rows in zip(names, line, strict=True)
    ]
    axis = {"labelAngle": 0, "ticks": False}
    x = {"field": "said", "type": "nominal", "sort": names, "axis": {**axis, "title": "said", "orient": "top"}}
    y = {"field": "truth", "type": "nominal", "sort": names, "axis": {**axis, "title": "truth"}}
    told = tip(truth="", said="", rows=",", share=".1%")
    tint = {"field": "right", "type": "nominal", "legend": None,
            "scale": {"domain": [True, False], "range": ["var(--candidate)", "var(--bad)"]}}  # fmt: skip
    shade = {"field": "share", "type": "quantitative", "legend": None, "scale": {"domain": [0, 1], "range": [0, 0.6]}}
    layers: list[Spec] = [
        {"mark": "rect", "encoding": {"x": x, "y": y, "color": tint, "opacity": shade, **told}},
        {
            "transform": [{"filter": {"field": "rows", "gt": 0}}],
            "mark": {"type": "text", "color": INK, "fontSize": 11},
            "encoding": {"x": x, "y": y, "text": {"field": "rows", "type": "quantitative", "format": ","}},
        },
    ]
    note = (
        f" The {found['merged']:,} classes with the fewest rows stand together as the last." if found["merged"] else ""
    )
    return Plot(
        "classes",
        "Which class is taken for which",
        f"Rows by truth (down) and answer (across) of the candidate. The darker, the larger the share of its "
        f"truth; off the diagonal it is wrong.{note}",
        layered(layers, values, _STEP),
        ("model", "class", "rows", "found (recall)", "right when said (precision)", "mostly taken for"),
        tuple(line for whose, one in matrices.items() for line in _by_class(_shown(whose), one)),
    )


def _by_class(title: str, found: Matrix) -> list[tuple[str, ...]]:
    names, counts = found["classes"], found["counts"]
    lines: list[tuple[str, ...]] = []
    for at, name in enumerate(names):
        rows, said = sum(counts[at]), sum(line[at] for line in counts)
        wrong = {other: counts[at][place] for place, other in enumerate(names) if place != at and counts[at][place]}
        most = max(wrong, key=lambda other: wrong[other]) if wrong else None
        lines.append(
            (
                title,
                visible(name, 40),
                count(rows),
                percent(counts[at][at] / rows if rows else None),
                percent(counts[at][at] / said if said else None),
                "" if most is None else f"{visible(most, 40)} ({count(wrong[most])})",
            )
        )
    return lines


def _residuals(found: Mapping[str, Sequence[Remainder]]) -> Plot | None:
    titles = [_shown(title) for title in found]
    listed = [(_shown(title), part) for title, parts in found.items() for part in parts]
    if not listed:
        return None
    values = [{**part, "title": title, "at": (part["low"] + part["high"]) / 2} for title, part in listed]
    x = quantity("at", "predicted", scale={"zero": False})
    y = quantity("mean", "truth minus prediction")
    whose = colour(titles)
    told = tip(title="", low=",.4~g", high=",.4~g", rows=",", mean=",.4~g", tenth=",.4~g", ninetieth=",.4~g")
    layers: list[Spec] = [
        {"data": {"values": [{"zero": 0}]}, "mark": {"type": "rule", "color": MUTED, "strokeDash": [4, 4]},
         "encoding": {"y": {"field": "zero", "type": "quantitative"}}},
        {"mark": {"type": "rule", "strokeWidth": 1.5, "opacity": 0.5},
         "encoding": {"x": x, "y": {**y, "field": "mean_low"}, "y2": {"field": "mean_high"}, **whose}},
        _line({"x": x, "y": y, **whose}),
        {"mark": {"type": "point", "filled": True, "size": 45, "opacity": 1},
         "encoding": {"x": x, "y": y, **whose, **shape(titles), **told}},
    ]  # fmt: skip
    return Plot(
        "residuals",
        "Residuals",
        "By how much predictions miss the truth on average, in each tenth of the rows by rising prediction, with the "
        "95% interval: on the dashed line nothing is missed, above it the model says too little.",
        layered(layers, values, _TALL),
        ("model", "predicted", "rows", "truth minus prediction", "95% interval", "four fifths of rows between"),
        tuple(
            (
                title,
                f"{number(part['low'])} to {number(part['high'])}",
                count(part["rows"]),
                number(part["mean"]),
                f"{number(part['mean_low'])} to {number(part['mean_high'])}",
                f"{number(part['tenth'])} and {number(part['ninetieth'])}",
            )
            for title, part in listed
        ),
    )


def _importance(details: Details) -> Plot | None:
    found = details.get("importance")
    known = [one for one in found["inputs"] if one["loss"]["value"] is not None] if found else []
    if found is None or not known:
        return None
    drawn = known[:_HEAVIEST]
    names = [visible(one["input"], 40) for one in drawn]
    values = [{"input": name, **one["loss"]} for name, one in zip(names, drawn, strict=True)]
    y = {"field": "input", "type": "nominal", "sort": names, "axis": {"title": None, "ticks": False}}
    x = quantity("value", f"loss of {found['metric']}")
    layers: list[Spec] = [
        {"mark": {"type": "bar", "color": "var(--candidate)", "opacity": 0.35}, "encoding": {"x": x, "y": y}},
        {"mark": {"type": "rule", "color": "var(--candidate)", "strokeWidth": 2},
         "encoding": {"x": {**x, "field": "low"}, "x2": {"field": "high"}, "y": y,
                      **tip(input="", value=".4f", low=".4f", high=".4f")}},
    ]  # fmt: skip
    more = f" The {_HEAVIEST} heaviest of {len(known)} are drawn." if len(known) > _HEAVIEST else ""
    return Plot(
        "importance",
        "What the inputs are to the model",
        f"What {found['metric']} loses when one input is shuffled among {count(found['rows'])} rows, with its 95% "
        f"interval. Inputs that say the same share their weight.{more}",
        layered(layers, values, _STEP),
        ("input", f"loss of {found['metric']}", "95% interval"),
        tuple((visible(one["input"], 60), metric(one["loss"]["value"]), interval(one["loss"])) for one in known),
    )


def _weakness(details: Details) -> Plot | None:
    found = details.get("weakness")
    if found is None or not found["found"]:
        return None
    names = [visible(one["where"].replace('"', ""), 70) for one in found["found"]]
    values = [
        {"where": name, "loss": one["loss"], "elsewhere": one["elsewhere"], "rows": one["rows"]}
        for name, one in zip(names, found["found"], strict=True)
    ]
    y = {"field": "where", "type": "nominal", "sort": names, "axis": {"title": None, "ticks": False, "labelLimit": 320}}
    x = quantity("loss", found["loss"], scale={"zero": True})
    layers: list[Spec] = [
        {"mark": {"type": "rule", "color": MUTED, "strokeWidth": 1.5},
         "encoding": {"x": {**x, "field": "elsewhere"}, "x2": {"field": "loss"}, "y": y}},
        {"mark": {"type": "tick", "color": INK, "thickness": 2},
         "encoding": {"x": {**x, "field": "elsewhere"}, "y": y}},
        {"mark": {"type": "point", "filled": True, "size": 70, "color": "var(--bad)", "opacity": 1},
         "encoding": {"x": x, "y": y, **tip(where="", loss=".4f", elsewhere=".4f", rows=",")}},
    ]  # fmt: skip
    return Plot(
        "weakness",
        "Where the model is weak",
        f"Slices that lose more (point) than all other rows (tick). {found['searched']:,} were looked at on one half "
        f"of {count(found['rows'])} rows, {found['tried']} measured on the other. Where no input has to do with the "
        f"loss, the search names any in at most {percent(found['level'], 0)} of cases.",
        layered(layers, values, _STEP),
        ("slice", found["loss"], "elsewhere", "rows", "chance"),
        tuple(
            (visible(one["where"], 120), metric(one["loss"]), metric(one["elsewhere"]), count(one["rows"]),
             number(one["chance"], 2))
            for one in found["found"]
        ),
    )  # fmt: skip


def said(details: Details) -> list[str]:
    """Return what was looked for and not found, or not looked for, in sentences."""
    found: list[str] = []
    weak, inputs = details.get("weakness"), details.get("importance")
    if weak is not None and not weak["searched"]:
        found.append(f"Weak slices were not sought. {weak['reason']}".strip())
    elif weak is not None and not weak["found"]:
        found.append(
            f"No weak slice was found among {weak['searched']:,} looked at on {count(weak['rows'])} rows. "
            f"{weak['reason']}".strip()
        )
    elif weak is not None and weak["reason"]:
        found.append(f"Weak slices: {weak['reason']}")
    if inputs is not None and inputs["reason"]:
        found.append(f"What each input is to the model was not measured: {inputs['reason']}")
    return found


def _line(encoding: Spec) -> Spec:
    return {"mark": {"type": "line", "strokeWidth": 1.5}, "encoding": encoding}


def _shown(title: str) -> str:
    return visible(title, 80)
