"""Model tests as a matrix: what the model is to be able to do, by the kind of test, and how often each fails.

Source:
    Ribeiro, Wu, Guestrin and Singh (2020), "Beyond Accuracy: Behavioral Testing of NLP Models with CheckList": the
    matrix of capabilities and test types, and failure rates in its cells.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from roadworthy.prove.measures import MatrixCell
    from roadworthy.prove.proof import Check

KINDS = (
    *("minimum_functionality", "invariance", "directional", "boundary", "unseen_category", "missing"),
    *("by itself", "stress"),
)
_SHOWN = 3


def matrix(checks: Iterable[Check]) -> list[MatrixCell]:
    """Return a cell for each capability and kind that *checks* tell of, capabilities as they come, kinds in order."""
    found: dict[tuple[str, str], list[Check]] = {}
    for check in checks:
        if "kind" in check.facts and "capability" in check.facts:
            place = str(check.facts["capability"]), str(check.facts["kind"])
            found.setdefault(place, []).append(check)
    lines = list(dict.fromkeys(capability for capability, _ in found))
    order = sorted(found, key=lambda place: (lines.index(place[0]), KINDS.index(place[1])))
    return [_cell(place, found[place]) for place in order]


def _cell(place: tuple[str, str], checks: Sequence[Check]) -> MatrixCell:
    counted = [check for check in checks if "wrong" in check.facts]
    rows = sum(int(cast("Any", check.facts["rows"])) for check in counted)
    wrong = sum(int(cast("Any", check.facts["wrong"])) for check in counted)
    return {
        "capability": place[0],
        "kind": place[1],
        "tests": [check.name for check in checks],
        "failed": sum(1 for check in checks if check.verdict == "failed"),
        "not_run": sum(1 for check in checks if check.verdict == "not_run"),
        "rows": rows,
        "wrong": wrong,
        "rate": wrong / rows if rows else None,
        "examples": [dict(example) for check in checks if check.verdict == "failed" for example in check.examples][
            :_SHOWN
        ],
    }


def in_words(cell: MatrixCell) -> str:
    """Return a cell in a few words: how many tests passed, and of how many rows which share failed."""
    made = len(cell["tests"]) - cell["not_run"]
    if not made:
        return "not run"
    said = f"{made - cell['failed']}/{made} passed"
    rate = cell["rate"]
    return said if rate is None else f"{said}, {100 * rate:.3g} % of {cell['rows']:,} fail"
