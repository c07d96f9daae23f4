"""The parts of the Markdown about what was changed: parameters, requirements, data, complexity, stages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from roadworthy.prove.review import words
from roadworthy.prove.review.feedback.drawing import flowchart
from roadworthy.prove.review.feedback.ladder import Part
from roadworthy.prove.review.feedback.marks import code, prose
from roadworthy.prove.review.text import count, number, percent, size

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from roadworthy.prove.review.comparison import Change, ColumnChange, Comparison, DatasetChange

MANY = 20  # rows of a table


def changes(comparison: Comparison) -> Iterator[Part]:
    """Yield what differs in parameters, requirements and data."""
    for title, found in (("Parameters", comparison.parameters), ("Requirements", comparison.requirements)):
        if found:
            text = f"\n### {title}\n\n" + table(["name", "before", "after"], [_change_row(one) for one in found[:MANY]])
            yield Part(text + _more(len(found) - MANY), f"the {title.lower()}")
    if comparison.data:
        rows = [
            [code(one.path), *("not there" if side is None else _facts(side) for side in (one.before, one.after))]
            for one in comparison.data[:MANY]
        ]
        text = "\n### Pinned data\n\n" + table(["path", "before", "after"], rows)
        yield Part(text + _more(len(comparison.data) - MANY), "the pinned data")
    for changed in comparison.datasets.changed:
        yield Part(_dataset(changed), "the columns of datasets")
    if comparison.datasets.why_not:
        yield Part(
            f"\nThe datasets were not compared: {prose(comparison.datasets.why_not)}.\n", "the columns of datasets"
        )


def complexity(comparison: Comparison) -> Part:
    """Return what the change adds to what must be understood and kept alive."""
    found = comparison.complexity
    rows = [[row.name, count(row.before), count(row.after)] for row in found.counts if row.before != row.after]
    rows += [["size of the model", size(found.sizes[0]), size(found.sizes[1])]] if found.sizes[1] is not None else []
    text = f"\n### Complexity\n\n{prose(words.complexity(comparison))}\n"
    if rows:
        text += "\n" + table(["", "before", "after"], rows)
    if found.deletions:
        text += "\nGone, to the change's credit: " + ", ".join(code(one) for one in found.deletions[:MANY]) + ".\n"
    return Part(text, "the complexity")


def stages(comparison: Comparison) -> Iterator[Part]:
    """Yield what each stage did, and the pipeline as a drawing."""
    if not comparison.stages:
        return
    rows = [[code(row.name), code(row.state), prose(row.why, 200)] for row in comparison.stages[:MANY]]
    text = "\n### Stages\n\n" + table(["stage", "in the tested run", words.reasons(comparison)], rows)
    yield Part(text + _more(len(comparison.stages) - MANY), "the stages")
    if drawn := flowchart(comparison.stages):
        yield Part(folded("The pipeline, drawn", drawn), "the drawing of the pipeline")


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table; its cells are Markdown already."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def folded(title: str, text: str) -> str:
    """Return a text that is seen when somebody asks for it; *title* is ours."""
    return f"\n<details><summary>{title}</summary>\n\n{text}\n</details>\n"


def _more(amount: int) -> str:
    return f"\nand {amount:,} more\n" if amount > 0 else ""


def _dataset(changed: DatasetChange) -> str:
    sides = ["not there" if side is None else _facts(side) for side in (changed.before, changed.after)]
    text = f"\n### Dataset {code(changed.name)}\n\n" + table(["before", "after"], [sides])
    if changed.why_not:
        return text + f"\nIts columns were not compared: {prose(changed.why_not)}.\n"
    rows = [_column_row(column) for column in changed.columns[:MANY]]
    if rows:
        text += "\n" + table(["column", "missing before", "missing now", "mean before", "mean now"], rows)
    more = changed.more + max(0, len(changed.columns) - MANY)
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
