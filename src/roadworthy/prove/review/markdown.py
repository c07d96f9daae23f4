"""The review as Markdown for a comment: a foreign name is code, a foreign sentence is text that marks nothing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from roadworthy.prove.gate import words as gate_words
from roadworthy.prove.review import words
from roadworthy.prove.review.text import count, interval, metric, number, percent, plain, short, signed, size, visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from roadworthy.prove.measures import FlipExample
    from roadworthy.prove.review.comparison import (
        Change,
        CheckRow,
        ColumnChange,
        Comparison,
        DatasetChange,
        Flips,
        MetricRow,
    )

_MOST = 60_000  # characters: forges refuse comments of more than about 65,000
_EXAMPLES = 5
_CHANGES = 20
_INPUTS = 12
_LINES, _WIDTH = 12, 200  # of what a check printed
_MARKS = re.compile(
    r"([\\`*_\[\]<>|~&$])|^([-+](?=[-\s]|$)|[=#]|\d{1,9}(?=[.)](?:\s|$)))|(:(?=//))|((?<=www)\.)", re.IGNORECASE
)
_CALLS = re.compile(r"([@#])(?=\w)")  # a forge makes mentions and references of these even when they are escaped
_JOINER = "\N{WORD JOINER}"
_SIGN = {"passed": "✓", "failed": "✗", "vacuous": "✗", "accepted": "!", "not_run": "–"}  # noqa: RUF001 - an en dash


def render(comparison: Comparison) -> str:
    """Return the summary: at most 60,000 characters, cut at the end of a part."""
    text = ""
    for part in _parts(comparison):
        if len(text) + len(part) > _MOST:
            return f"{text}\nThe rest is on the review's page.\n"
        text += part
    return text


def code(value: object, limit: int = 120) -> str:
    """Return a foreign name as code that nothing in it can end, fit for a cell of a table."""
    text = visible(value, limit).replace("|", "\N{BROKEN BAR}").strip() or " "
    fence = "`" * (max((len(run) for run in re.findall(r"`+", text)), default=0) + 1)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def prose(value: str, limit: int = 1000) -> str:
    """Return a foreign sentence as text in which nothing is a mark, a link or a mention."""
    calm = _CALLS.sub(rf"\1{_JOINER}", visible(value, limit).lstrip())
    return _MARKS.sub(lambda found: rf"&#{ord(found[0][0])};{found[0][1:]}" if found[2] else rf"\{found[0]}", calm)


def _parts(comparison: Comparison) -> Iterator[str]:
    yield _verdict(comparison)
    yield from _metrics(comparison)
    for found in comparison.flips:
        yield _flips(found)
    yield _tests(comparison)
    yield from _changes(comparison)
    yield _complexity(comparison)
    yield from _stages(comparison)
    yield (
        f"\nHead {code(short(comparison.head.commit))}, base {code(short(comparison.base.commit))}"
        f"{f', proof {code(short(comparison.head.proof))}' if comparison.head.proof else ''}.\n"
    )


def _verdict(comparison: Comparison) -> str:
    lines = [
        f"## {_SIGN['passed' if comparison.outcome == 'ready' else 'failed']} {words.headline(comparison)}",
        "",
        (
            f"{code(comparison.head.name)} into {code(comparison.base.name)} of {code(comparison.project)}, "
            f"model {code(comparison.model)}."
        ),
        "",
    ]
    refused = words.refused(comparison)
    lines += [f"- **{prose(one.section)}**, {code(one.what)}: {prose(one.why)}" for one in refused]
    if not refused:
        lines += [f"- {prose(told)}" for told in words.passing(comparison)]
    lines += [f"- {prose(note)}" for note in comparison.notes]
    return "\n".join(lines) + "\n"


def _metrics(comparison: Comparison) -> Iterator[str]:
    if not comparison.metrics:
        return
    head = ["metric", "candidate"]
    for rival in comparison.rivals:
        head += [code(rival.title), "difference"]
    notes = "".join(f"\n{prose(rival.note)}\n" for rival in comparison.rivals if rival.note)
    yield "\n### Metrics\n\n" + _table(head, [_metric_row(row) for row in comparison.metrics]) + notes


def _metric_row(row: MetricRow) -> list[str]:
    cells = [f"{code(row.name)}{' (primary)' if row.primary else ''}", _value(row.candidate and row.candidate["value"])]
    for versus in row.versus:
        difference = versus.difference
        spread = interval(difference, sign=True)
        told = "" if difference is None else f"{signed(difference['value'])}{f' ({spread})' if spread else ''}"
        judged = {"better": ", better", "worse": ", worse"}.get(versus.judgement, "")
        cells += [_value(versus.value and versus.value["value"]), f"{told}{judged}" if told else "not paired"]
    return cells


def _flips(found: Flips) -> str:
    measure = found.measure
    floor = measure["floor"]
    lines = [
        f"\n### Changed predictions, against {code(found.rival.title)}\n",
        f"{prose(words.flips(found))}\n",
        f"Broken: {percent(measure['negative']['value'], 2)} ({count(measure['negative_count'])} rows). "
        f"Fixed: {percent(measure['positive']['value'], 2)} ({count(measure['positive_count'])} rows)."
        + (f" Noise floor: {percent(floor['value'], 2)}." if floor else "")
        + (" The rows are production's own frozen reference rows." if measure["rows_of"] == "production" else "")
        + "\n",
    ]
    lines += [f"- {prose(one)}" for one in gate_words.told(measure)] + [""]
    for title, examples in (("Broken", measure["broken"]), ("Fixed", measure["fixed"])):
        if examples:
            lines += [
                f"<details><summary>{title}: {len(examples[:_EXAMPLES])} examples</summary>\n",
                _examples(examples),
            ]
            lines += ["\n</details>\n"]
    return "\n".join(lines)


def _examples(examples: Sequence[FlipExample]) -> str:
    keys = list(dict.fromkeys(name for example in examples for name in example["key"]))
    inputs = list(dict.fromkeys(name for example in examples for name in example["inputs"]))[:_INPUTS]
    rows = [
        [
            *(code(example["key"].get(name), 60) for name in keys),
            code(example["label"], 40),
            _score(example["production"]["score"]),
            _score(example["candidate"]["score"]),
            *(code(example["inputs"].get(name), 60) for name in inputs),
        ]
        for example in examples[:_EXAMPLES]
    ]
    head = [*(code(name, 60) for name in keys), "truth", "before", "now", *(code(name, 60) for name in inputs)]
    return _table(head, rows)


def _tests(comparison: Comparison) -> str:
    lines = ["\n### Tests\n", f"{words.tests(comparison)}\n"]
    shown = [row for row in comparison.checks if row.verdict != "passed"]
    lines += [line for row in shown[:_CHANGES] for line in _check(row)]
    if len(shown) > _CHANGES:
        lines.append(f"- and {len(shown) - _CHANGES} more")
    return "\n".join(lines) + "\n"


def _check(row: CheckRow) -> Iterator[str]:
    """Yield a check as an item of a list: its first line as a sentence, more lines as they were printed."""
    check = row.check
    first, *more = check.summary.strip().splitlines() or [""]
    said = f"{prose(first, 500)}{f' {prose(row.note, 500)}' if row.note else ''}"
    named = f"{check.section.replace('_', ' ')}, {row.verdict.replace('_', ' ')}"
    yield f"- {_SIGN[row.verdict]} {code(check.name)} ({prose(named)}): {said}"
    if more:
        printed = [visible(line, _WIDTH) for line in more[:_LINES]] + ([" …"] if len(more) > _LINES else [])
        fence = "`" * (1 + max(len(run) for run in re.findall(r"`+", "``\n" + "\n".join(printed))))
        yield from (f"  {line}" for line in (fence, *printed, fence))


def _changes(comparison: Comparison) -> Iterator[str]:
    for title, found in (("Parameters", comparison.parameters), ("Requirements", comparison.requirements)):
        if found:
            yield f"\n### {title}\n\n" + _table(
                ["name", "before", "after"], [_change_row(one) for one in found[:_CHANGES]]
            )
            if len(found) > _CHANGES:
                yield f"\nand {len(found) - _CHANGES} more\n"
    if comparison.data:
        rows = [
            [code(one.path), *("not there" if side is None else _facts(side) for side in (one.before, one.after))]
            for one in comparison.data[:_CHANGES]
        ]
        yield "\n### Pinned data\n\n" + _table(["path", "before", "after"], rows)
    for changed in comparison.datasets.changed:
        yield _dataset(changed)
    if comparison.datasets.why_not:
        yield f"\nThe datasets were not compared: {prose(comparison.datasets.why_not)}.\n"


def _dataset(changed: DatasetChange) -> str:
    sides = ["not there" if side is None else _facts(side) for side in (changed.before, changed.after)]
    text = f"\n### Dataset {code(changed.name)}\n\n" + _table(["before", "after"], [sides])
    if changed.why_not:
        return text + f"\nIts columns were not compared: {prose(changed.why_not)}.\n"
    rows = [_column_row(column) for column in changed.columns[:_CHANGES]]
    if rows:
        text += "\n" + _table(["column", "missing before", "missing now", "mean before", "mean now"], rows)
    more = changed.more + max(0, len(changed.columns) - _CHANGES)
    return text + (f"\nand {more} more columns that differ\n" if more else "")


def _column_row(column: ColumnChange) -> list[str]:
    sides = (column.before, column.after)
    shares = ["no column" if side is None else percent(side.missing) for side in sides]
    means = [number(None if side is None else side.mean) for side in sides]
    return [code(column.name), *shares, *means]


def _change_row(change: Change) -> list[str]:
    return [code(change.name), *("not there" if side is None else code(side) for side in (change.before, change.after))]


def _facts(side: Mapping[str, str]) -> str:
    return code(", ".join(f"{name} {value}" for name, value in side.items()))


def _complexity(comparison: Comparison) -> str:
    found = comparison.complexity
    rows = [[row.name, count(row.before), count(row.after)] for row in found.counts if row.before != row.after]
    rows += [["size of the model", size(found.sizes[0]), size(found.sizes[1])]] if found.sizes[1] is not None else []
    text = f"\n### Complexity\n\n{prose(words.complexity(comparison))}\n"
    if rows:
        text += "\n" + _table(["", "before", "after"], rows)
    if found.deletions:
        text += "\nGone, to the change's credit: " + ", ".join(code(one) for one in found.deletions[:_CHANGES]) + ".\n"
    return text


def _stages(comparison: Comparison) -> Iterator[str]:
    if comparison.stages:
        rows = [[code(row.name), code(row.state), prose(row.why, 200)] for row in comparison.stages[:_CHANGES]]
        yield "\n### Stages\n\n" + _table(["stage", "in the tested run", words.reasons(comparison)], rows)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _value(value: float | None) -> str:
    return metric(value)


def _score(value: object) -> str:
    return metric(value) if isinstance(value, float) else code(plain(value), 40)
