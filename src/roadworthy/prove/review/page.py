"""The review as one page that carries all it needs: nothing is loaded, and no script runs but those named by hash."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from roadworthy.prove.gate import words as gate_words
from roadworthy.prove.gate.verdicts import ORDER, SECTIONS
from roadworthy.prove.matrix import in_words, matrix
from roadworthy.prove.review import behind, plots, text, words
from roadworthy.prove.review.drawn.thresholds import costs, thresholds
from roadworthy.prove.review.listed.tables import by_verdict, slices
from roadworthy.prove.review.rivals import CANDIDATE
from roadworthy.prove.review.rows.pack import packed
from roadworthy.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from roadworthy.prove.measures import AgainstProduction, Confusion, FlipExample, Interval, MatrixCell
    from roadworthy.prove.review.comparison import CheckRow, Comparison, MetricRow
    from roadworthy.prove.review.grammar import Plot, Spec
    from roadworthy.prove.review.tables.shapes import Shape

_ASSETS = files("roadworthy.prove.review") / "assets"
_SCRIPTS = ("explore.js", "keys.js", "vega.min.js", "vega-lite.min.js", "vega-interpreter.js", "draw.js")
_SECTIONS = (
    ("metrics", "Metrics"),
    ("flips", "Changed predictions"),
    ("tests", "Tests"),
    ("changes", "What was changed"),
    ("files", "Files"),
    ("complexity", "Complexity"),
    ("stages", "Stages"),
)
_LINES, _LINE = 12, 400  # of a message, and the characters of each
_PRINTED = 40  # lines of an output
_FEW = 8  # checks of a section that passed and are all shown
_MIDDLE, _REACH = 60.0, 52.0  # of the interval glyph's 120 units
_CODE = re.compile(r"`([^`]+)`")
_TIMES = "\N{MULTIPLICATION SIGN}"
_HIGH = 60.0  # units of a bar
_WIDE = 1000.0  # units of the balance bar


@dataclass(frozen=True, slots=True)
class _Group:
    name: str
    title: str
    tally: str
    shown: Sequence[CheckRow]
    folded: Sequence[CheckRow]


@dataclass(frozen=True, slots=True)
class _Place:
    low: float
    value: float
    high: float


@dataclass(frozen=True, slots=True)
class _Bar:
    broken: float
    rest: float
    fixed_at: float
    fixed: float


@dataclass(frozen=True, slots=True)
class _Column:
    x: int
    was_y: float
    now_y: float
    now: float


def render(comparison: Comparison) -> str:
    """Return the page as HTML. Every foreign name in it is text: escaped, with nothing hidden in it."""
    scripts = [_asset(name) for name in _SCRIPTS]
    style = _asset("page.css")
    return (
        _environment()
        .get_template("page.html")
        .render(
            c=comparison,
            outcome="Ready" if comparison.outcome == "ready" else "Not ready",
            headline=words.headline(comparison),
            refused=words.refused(comparison),
            passing=words.passing(comparison),
            words={
                "metrics": words.metrics(comparison),
                "no_flips": words.no_flips(comparison),
                "tests": words.tests(comparison),
                "changes": words.changes(comparison),
                "complexity": words.complexity(comparison),
                "stages": words.stages(comparison),
            },
            reasons=words.reasons(comparison),
            tiles=words.tiles(comparison),
            sections=_SECTIONS,
            groups=_groups(comparison.checks),
            matrix=_matrix(comparison.checks),
            plots=_plots(comparison),
            behind=behind.said(comparison.distributions.details),
            flipped=_flipped(comparison),
            titles=_titles(comparison),
            by_verdict=by_verdict(comparison.checks),
            verdicts=[verdict.replace("_", " ") for verdict in ORDER],
            slices=slices(comparison),
            policy=_policy(scripts, style),
            scripts=[Markup(script) for script in scripts],  # noqa: S704 - our own files, named by hash in the policy
            style=Markup(style),  # noqa: S704 - our own file
            licences=_asset("LICENSES.txt"),
            version=VERSION,
        )
    )


def _asset(name: str) -> str:
    return (_ASSETS / name).read_text(encoding="utf-8")


def _policy(scripts: Iterable[str], style: str) -> str:
    allowed = " ".join(_hash(script) for script in scripts)
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src {allowed}",
            f"style-src {_hash(style)}",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )


def _hash(content: str) -> str:
    digest = hashlib.sha256(content.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


def _titles(comparison: Comparison) -> list[str]:
    return [text.visible(title, 80) for title in (CANDIDATE, *(rival.title for rival in comparison.rivals))]


def _plots(comparison: Comparison) -> dict[str, list[Plot]]:
    measured, order = comparison.distributions, _titles(comparison)
    judged = next((flips for flips in comparison.flips if flips.measure["floor"] is not None), None)
    drawn: dict[str, Sequence[Plot | None]] = {
        "metrics": [plots.calibration(measured, order), plots.histogram(measured, order), plots.slices(comparison)],
        "behind": behind.plots(measured.details, are_curves_drawn=bool(comparison.curves)),
        "decision": [thresholds(comparison.curves, order), costs(comparison.curves, comparison.costs, order)],
        "flips": [plots.floor(judged), plots.movement(comparison.movement)],
    }
    return {place: [plot for plot in found if plot is not None] for place, found in drawn.items()}


def _groups(rows: Sequence[CheckRow]) -> list[_Group]:
    return [
        _group(section, title, found)
        for section, title in SECTIONS.items()
        if (found := [row for row in rows if row.check.section == section])
    ]


def _matrix(rows: Sequence[CheckRow]) -> dict[str, Sequence[MatrixCell]]:
    """Return the cells of each capability; nothing of a single test, which is listed anyway."""
    cells = matrix(row.check for row in rows)
    lines = dict.fromkeys(cell["capability"] for cell in cells) if len(cells) > 1 else {}
    return {line: [cell for cell in cells if cell["capability"] == line] for line in lines}


def _group(name: str, title: str, rows: Sequence[CheckRow]) -> _Group:
    """Put first what failed, then what was not run; of much that passed as before, fold away all."""
    ordered = sorted(rows, key=lambda row: ORDER.index(row.verdict))
    quiet = [row for row in ordered if row.verdict == "passed" and row.before in {None, "passed"}]
    if len(quiet) <= _FEW:
        return _Group(name, title, _tally(rows), ordered, [])
    return _Group(name, title, _tally(rows), [row for row in ordered if row not in quiet], quiet)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("roadworthy.prove.review", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_seen,
        trim_blocks=False,
        lstrip_blocks=False,
    )
    environment.filters.update(
        name=text.visible,
        lines=_lines,
        prose=_prose,
        code=_source,
        block=_block,
        metric=text.metric,
        number=text.number,
        signed=text.signed,
        percent=text.percent,
        points=text.points,
        interval=text.interval,
        count=text.count,
        duration=text.duration,
        size=text.size,
        short=text.short,
        spec=_spec,
        columns=_columns,
        part=_part,
        place=_place,
        reach=_reach,
        balance=_balance,
        bars=_bars,
        told=gate_words.told,
        cell_words=in_words,
        because=gate_words.because,
        precision=_precision,
        recall=_recall,
        flip_words=words.flips,
        decision=words.decision,
        score=_score,
        step=_step,
        growth=_growth,
    )
    return environment


def _seen(value: object) -> object:
    """Return what is put into the page: of any text but our own markup, nothing stays hidden."""
    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    return text.visible(value, 100_000) if not value.isascii() or not value.isprintable() else value


def _lines(told: str) -> Markup:
    """Return a message with its lines kept, each with nothing hidden; the first twelve."""
    return Markup("\n").join(_prose(line, _LINE) for line in told.strip().split("\n")[:_LINES])


def _source(line: str) -> str:
    """Return a line of a file: its indents kept, nothing hidden in it."""
    return text.visible(line.expandtabs(4), _LINE)


def _block(told: str) -> Markup:
    """Return what was printed, line by line."""
    return Markup("\n").join(escape(_source(line)) for line in told.split("\n")[:_PRINTED])


def _prose(told: str, limit: int = 1000) -> Markup:
    """Return a sentence: what stands between backticks as code, numbers with a true minus, nothing hidden."""
    shown = str(escape(text.signs(text.visible(told, limit))))
    return Markup(_CODE.sub(r"<code>\1</code>", shown))  # noqa: S704 - escaped above


def _spec(spec: Spec) -> Markup:
    """Return a specification for a script element that holds data: no character that could end it."""
    encoded = json.dumps(spec, ensure_ascii=True, separators=(",", ":"), allow_nan=False)
    safe = encoded.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return Markup(safe)  # noqa: S704 - made of ASCII, without <, > and &


def _flipped(comparison: Comparison) -> Markup:
    """Return the rows that flipped, for a script element that holds data."""
    return Markup("" if comparison.flipped is None else packed(comparison.flipped))  # noqa: S704 - as `packed` says


def _columns(rows: Iterable[Mapping[str, object]]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row))


def _part(examples: Sequence[FlipExample], part: str) -> list[str]:
    found = [example["key"] if part == "key" else example["inputs"] for example in examples]
    return _columns(found)


def _reach(row: MetricRow) -> float:
    ends = [
        abs(end)
        for versus in row.versus
        if versus.difference is not None
        for end in (versus.difference["low"], versus.difference["value"], versus.difference["high"])
        if end is not None
    ]
    return max(ends, default=0.0)


def _place(measure: Interval | None, reach: float) -> _Place | None:
    if measure is None or measure["value"] is None or not reach:
        return None
    value = measure["value"]
    low = value if measure["low"] is None else measure["low"]
    high = value if measure["high"] is None else measure["high"]
    return _Place(*(round(_MIDDLE + end / reach * _REACH, 2) for end in (low, value, high)))


def _balance(measure: AgainstProduction) -> _Bar:
    broken, fixed = (_WIDE * (measure[part]["value"] or 0.0) for part in ("negative", "positive"))
    return _Bar(round(broken, 1), round(_WIDE - broken - fixed, 1), round(_WIDE - fixed, 1), round(fixed, 1))


def _bars(shape: Shape) -> list[_Column]:
    """Return where the bars and lines of a column's distribution stand: 60 units high, 12 wide each."""
    most = max(*shape.before, *shape.after) or 1.0
    heights = ((_HIGH * was / most, _HIGH * now / most) for was, now in zip(shape.before, shape.after, strict=True))
    return [
        _Column(12 * at + 1, round(_HIGH + 1 - was, 1), round(_HIGH + 1 - now, 1), round(now, 1))
        for at, (was, now) in enumerate(heights)
    ]


def _precision(row: Confusion) -> float | None:
    return _ratio(row["true_positive"], row["true_positive"] + row["false_positive"])


def _recall(row: Confusion) -> float | None:
    return _ratio(row["true_positive"], row["true_positive"] + row["false_negative"])


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _tally(rows: Sequence[CheckRow]) -> str:
    verdicts = [row.verdict for row in rows]
    return ", ".join(f"{verdicts.count(one)} {one.replace('_', ' ')}" for one in reversed(ORDER) if one in verdicts)


def _score(value: object) -> str:
    return text.metric(value) if isinstance(value, float) else text.visible(value, 40)


def _step(amount: int) -> str:
    return f"{amount:+,}".replace("-", "\N{MINUS SIGN}") if amount else "0"


def _growth(pair: tuple[float | None, float | None]) -> str:
    before, after = pair
    return f"{_TIMES} {after / before:.2g}" if before and after is not None else ""
