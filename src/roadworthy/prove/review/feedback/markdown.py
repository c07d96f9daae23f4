"""The review as Markdown for a comment: a foreign name is code, a foreign sentence is text that marks nothing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from roadworthy.prove.gate import words as gate_words
from roadworthy.prove.review import words
from roadworthy.prove.review.feedback.bars import bar, spread
from roadworthy.prove.review.feedback.ladder import LADDER, MOST, Part, fit
from roadworthy.prove.review.feedback.marks import code, longest, printed, prose
from roadworthy.prove.review.feedback.tables import MANY, changes, complexity, folded, stages, table
from roadworthy.prove.review.text import count, interval, metric, percent, plain, short, signed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from roadworthy.prove.measures import AgainstProduction, FlipExample, Interval
    from roadworthy.prove.review.comparison import CheckRow, Comparison, Flips, MetricRow
    from roadworthy.prove.review.feedback.findings import Finding, Since

_LEFT = "\nLeft out, for a comment would be too long: {}. The page has all of it.\n"
_ROOM = len(_LEFT.format(", ".join(LADDER)))
_EXAMPLES = 5
_INPUTS = 12
_REFUSED, _NOTES, _SINCE = 12, 6, 8  # that are listed
_LINES, _WIDTH = 12, 200  # of what a check printed
_SIGN = {"passed": "✓", "failed": "✗", "vacuous": "✗", "accepted": "!", "not_run": "–"}  # noqa: RUF001 - an en dash


def render(comparison: Comparison, since: Since | None = None, link: str = "") -> str:
    """Return the comment, of at most 60,000 characters.

    Args:
        comparison: What was found.
        since: What of it is new since the last review of the same change; None for the first.
        link: The address of the page; empty when it has none.
    """
    parts = [Part(f"{marker(comparison.project)}\n{_verdict(comparison)}")]
    parts += [] if since is None else [Part(_since(since))]
    parts += _evidence(comparison) if comparison.head.proof else ()
    text, left = fit([*parts, Part(_foot(comparison, link))], MOST - _ROOM)
    if left:
        text += _LEFT.format(", ".join(left))
    return text


def marker(project: str) -> str:
    """Return the first line of every comment about *project*, which nobody sees.

    Whoever keeps the comment up to date knows it by this line and by its author: nothing foreign in it is such a line.
    """
    return f"<!-- roadworthy review of {re.sub(r'[^A-Za-z0-9_.]+', '-', project)} -->"


def _evidence(comparison: Comparison) -> Iterator[Part]:
    yield from _metrics(comparison)
    yield from _slices(comparison)
    for found in comparison.flips:
        yield from _flips(found)
    yield from _tests(comparison)
    yield from changes(comparison)
    yield complexity(comparison)
    yield from stages(comparison)


def _verdict(comparison: Comparison) -> str:
    named = f"{code(comparison.head.name)} into {code(comparison.base.name)} of {code(comparison.project)}"
    lines = [
        f"## {_SIGN['passed' if comparison.outcome == 'ready' else 'failed']} {words.headline(comparison)}",
        "",
        f"{named}{f', model {code(comparison.model)}' if comparison.model else ''}.",
        "",
    ]
    refused = words.refused(comparison)
    lines += [f"- **{prose(one.section, 80)}**, {code(one.what)}: {prose(one.why, 600)}" for one in refused[:_REFUSED]]
    lines += [f"- and {len(refused) - _REFUSED} sections more"] if len(refused) > _REFUSED else []
    if not refused and comparison.head.proof:
        lines += [f"- {prose(told, 600)}" for told in words.passing(comparison)]
    lines += [f"- {prose(note, 600)}" for note in comparison.notes[:_NOTES]]
    lines += [f"- and {len(comparison.notes) - _NOTES} notes more"] if len(comparison.notes) > _NOTES else []
    return "\n".join(lines) + "\n"


def _since(since: Since) -> str:
    told = [f"{len(since.new)} new", f"{len(since.still)} unchanged", f"{len(since.ended)} gone"]
    lines = [f"\n### Since the last review, of {code(short(since.commit))}\n", f"Findings: {', '.join(told)}.\n"]
    lines += _listed("new", since.new)
    lines += [f"- {ending}: {_named(one)}" for one, ending in since.ended[:_SINCE]]
    lines += [f"- and {len(since.ended) - _SINCE} more that are gone"] if len(since.ended) > _SINCE else []
    lines += _listed("unchanged", since.still)
    if since.metric is not None:
        name, then, now = since.metric
        lines.append(f"- {code(name)}: {metric(then)} then, {metric(now)} now")
    return "\n".join(lines) + "\n"


def _listed(word: str, found: Sequence[Finding]) -> list[str]:
    more = [f"- and {len(found) - _SINCE} more that are {word}"] if len(found) > _SINCE else []
    return [f"- {word}: {_named(one)}" for one in found[:_SINCE]] + more


def _named(one: Finding) -> str:
    return f"{prose(one.section, 80)}, {code(one.name)}"


def _metrics(comparison: Comparison) -> Iterator[Part]:
    if not comparison.metrics:
        return
    head = ["metric", "candidate"]
    for rival in comparison.rivals:
        head += [code(rival.title), "difference"]
    notes = "".join(f"\n{prose(rival.note)}\n" for rival in comparison.rivals if rival.note)
    text = "\n### Metrics\n\n" + table(head, [_metric_row(row) for row in comparison.metrics[:MANY]]) + notes
    if any(spread(versus.difference) for row in comparison.metrics for versus in row.versus):
        text += "\nThe lines show the interval of a difference: `┼` and `│` stand for none, `●` for the value.\n"
    yield Part(text, "the metrics")


def _metric_row(row: MetricRow) -> list[str]:
    cells = [f"{code(row.name)}{' (primary)' if row.primary else ''}", _value(row.candidate)]
    for versus in row.versus:
        difference = versus.difference
        between = interval(difference, sign=True)
        told = "" if difference is None else f"{signed(difference['value'])}{f' ({between})' if between else ''}"
        judged = {"better": ", better", "worse": ", worse"}.get(versus.judgement, "")
        drawn = spread(difference)
        cells += [
            _value(versus.value),
            f"{told}{judged}{f' `{drawn}`' if drawn else ''}" if told else "not paired",
        ]
    return cells


def _slices(comparison: Comparison) -> Iterator[Part]:
    if not comparison.slices:
        return
    head = ["slice", "rows", "metric", "candidate", *(code(rival.title) for rival in comparison.rivals)]
    rows = [
        [code(row.name), count(row.rows), code(row.metric), _value(row.candidate), *(_value(one) for one in row.versus)]
        for row in comparison.slices[:MANY]
    ]
    yield Part("\n### Slices\n\n" + table(head, rows), "the slices")


def _flips(found: Flips) -> Iterator[Part]:
    measure = found.measure
    lines = [
        f"\n### Changed predictions, against {code(found.rival.title)}\n",
        f"{prose(words.flips(found))}\n",
        _shares(measure),
    ]
    if measure["rows_of"] == "production":
        lines.append("The rows are production's own frozen reference rows.\n")
    lines += [f"- {prose(one)}" for one in gate_words.told(measure)] + [""]
    yield Part("\n".join(lines), "the changed predictions")
    for title, examples in (("Broken", measure["broken"]), ("Fixed", measure["fixed"])):
        if examples:
            shown = folded(f"{title}: {len(examples[:_EXAMPLES])} examples", _examples(examples))
            yield Part(shown, f"the examples of {title.lower()} rows")


def _shares(measure: AgainstProduction) -> str:
    """Return how many were broken and fixed, with bars of one scale."""
    floor = measure["floor"]
    shares = [
        ("Broken", measure["negative"]["value"] or 0.0, count(measure["negative_count"])),
        ("Fixed", measure["positive"]["value"] or 0.0, count(measure["positive_count"])),
        *([("Noise floor", floor["value"], "by training again")] if floor else []),
    ]
    most = max(share for _, share, _ in shares)
    return table(
        ["", "share", "rows", ""],
        [[name, percent(share, 2), rows, f"`{bar(share, most)}`"] for name, share, rows in shares],
    )


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
    return table([*(code(name, 60) for name in keys), "truth", "before", "now", *(code(name, 60) for name in inputs)],
                 rows)  # fmt: skip


def _tests(comparison: Comparison) -> Iterator[Part]:
    """Yield the checks that did not pass: their first lines, and apart from them what they printed."""
    shown = [row for row in comparison.checks if row.verdict != "passed"]
    lines = ["\n### Tests\n", f"{words.tests(comparison)}\n", *(_check(row) for row in shown[:MANY])]
    if len(shown) > MANY:
        lines.append(f"- and {len(shown) - MANY} more")
    yield Part("\n".join(lines) + "\n", "the tests")
    for row in shown[:MANY]:
        _, *more = row.check.summary.strip().splitlines() or [""]
        if more:
            yield Part(f"\n{code(row.check.name)} printed:\n\n{_fenced(more)}", "what checks printed")


def _check(row: CheckRow) -> str:
    check = row.check
    first = (check.summary.strip().splitlines() or [""])[0]
    said = f"{prose(first, 500)}{f' {prose(row.note, 500)}' if row.note else ''}"
    named = f"{check.section.replace('_', ' ')}, {row.verdict.replace('_', ' ')}"
    return f"- {_SIGN[row.verdict]} {code(check.name)} ({prose(named)}): {said}"


def _fenced(lines: Sequence[str]) -> str:
    told = [printed(line, _WIDTH) for line in lines[:_LINES]] + (["…"] if len(lines) > _LINES else [])
    fence = "`" * max(3, longest("\n".join(told)) + 1)
    return "\n".join([fence, *told, fence, ""])


def _foot(comparison: Comparison, link: str) -> str:
    head, base = code(short(comparison.head.commit)), code(short(comparison.base.commit))
    proof = f", proof {code(short(comparison.head.proof))}" if comparison.head.proof else ""
    return f"\nHead {head}, base {base}{proof}.{f' [The page](<{_address(link)}>).' if link else ''}\n"


def _address(link: str) -> str:
    """Return an address as what stands between the brackets of a link, and cannot leave them."""
    kept = link.split(maxsplit=1)[0] if link.split() else ""
    return kept.replace("<", "%3C").replace(">", "%3E").replace("\\", "%5C")


def _value(value: Interval | None) -> str:
    return metric(None if value is None else value["value"])


def _score(value: object) -> str:
    return metric(value) if isinstance(value, float) else code(plain(value), 40)
