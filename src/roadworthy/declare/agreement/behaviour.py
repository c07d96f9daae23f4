"""Whether tests of behaviour and stress say all that their kind needs, about columns that there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from roadworthy.declare.fault import quoted
from roadworthy.declare.predicate import names

if TYPE_CHECKING:
    from collections.abc import Mapping

    from roadworthy.declare.agreement.report import Path, Report
    from roadworthy.declare.requirements import Behaviour, Requirements

_DIRECTIONS = ("not_lower", "not_higher", "lower", "higher")
# kind: the keys that it needs, and those that it has no use for
_KEYS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "directional": (("change", "expect"), ("within", "columns")),
    "invariance": (("change",), ("expect", "columns", "output")),
    "minimum_functionality": (("expect",), ("change", "within", "columns", "output")),
    **dict.fromkeys(("boundary", "unseen_category", "missing"), (("columns",), ("change", "output"))),
}
_HOW = {
    "change": '`change: {COLUMN: "+20"}`',
    "expect": "`expect: not_lower`",
    "columns": "`columns: [COLUMN]`",
}


def tell(report: Report, requirements: Requirements) -> None:
    """Tell what does not agree in `behaviour` and `stress`."""
    for number, test in enumerate(requirements.behaviour):
        path: Path = ("behaviour", number)
        _change(report, path, test.change, requirements)
        if not report.lacks(*path, "kind"):
            _needs(report, path, test)
            _expectation(report, path, test, requirements)
            _named(report, path, test, requirements)
    for number, stress in enumerate(requirements.stress):
        _change(report, ("stress", number), stress.change, requirements)
        if not stress.change:
            report.at(("stress", number), "A stress test changes something.", f"Add {_HOW['change']}.")


def _needs(report: Report, path: Path, test: Behaviour) -> None:
    needed, useless = _KEYS[test.kind]
    kind = test.kind.replace("_", " ")
    for key in needed:
        if getattr(test, key) in (None, {}, ()):
            how = "`expect: PREDICATE`" if key == "expect" and test.kind == "minimum_functionality" else _HOW[key]
            report.at(path, f"A test of {kind} needs {quoted(key)}.", f"Add {how}.")
    for key in useless:
        if getattr(test, key) not in (None, {}, ()):
            report.at((*path, key), f"A test of {kind} has no use for {quoted(key)}.", "Remove it, or mend `kind`.")


def _change(
    report: Report, path: Path, change: Mapping[str, str | Mapping[str, object]], requirements: Requirements
) -> None:
    known = None if report.lacks("inputs", "columns") else requirements.inputs.columns
    for column, done in change.items():
        place = (*path, "change", column)
        report.unless_known(place, column, known, "one of the inputs")
        if not isinstance(done, str) and (set(done) != {"set"} or isinstance(done["set"], list | dict | None)):
            report.at(place, "A change is a text, or `{set: VALUE}`.", "Write `{set: 0}`, or `missing`.")


def _named(report: Report, path: Path, test: Behaviour, requirements: Requirements) -> None:
    known = None if report.lacks("inputs", "columns") else requirements.inputs.columns
    for number, column in enumerate(test.columns):
        report.unless_known((*path, "columns", number), column, known, "one of the inputs")
    report.twice((*path, "columns"), test.columns, "columns")
    if test.output is not None and not report.lacks("outputs"):
        report.unless_known((*path, "output"), test.output, requirements.outputs, "one of the outputs")
    if test.level is not None and not 0 < test.level < 1:
        report.at((*path, "level"), "A level lies between 0 and 1, and is neither.", "Write `level: 5%`.")
    if test.level is not None and test.share == 1:
        problem = "Of all rows, one that is wrong is a proof: there is no chance in it for a level to be of."
        report.at((*path, "level"), problem, "Remove it, or ask for a `share` below 1.")


def _expectation(report: Report, path: Path, test: Behaviour, requirements: Requirements) -> None:
    if test.expect is None:
        return
    if test.kind == "directional":
        what = "a direction that an output can be expected to go"
        report.unless_known((*path, "expect"), test.expect, _DIRECTIONS, what)
    elif test.kind != "invariance" and not report.lacks("outputs"):
        outputs = {name.lower() for name in requirements.outputs}
        if not names(test.expect) & outputs:
            shown = ", ".join(quoted(name) for name in requirements.outputs)
            problem = "This expects something that is no output of the model, so it would test the data alone."
            report.at((*path, "expect"), problem, f"Name an output: {shown}.")
