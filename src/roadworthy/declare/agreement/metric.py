"""Whether each metric that is asked for exists for the task, and is held to a bound."""

from __future__ import annotations

from typing import TYPE_CHECKING

from roadworthy.declare.fault import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from roadworthy.declare.agreement.report import Path, Report
    from roadworthy.declare.requirements import Quality, Requirements, SliceRule, Stress, Window

# The metrics that there are, by task. How each is computed, `prove` knows; a test holds the two together.
METRICS: dict[str, frozenset[str]] = {
    "binary_classification": frozenset(
        {
            "roc_auc",
            "average_precision",
            "expected_calibration_error",
            "log_loss",
            "brier_score",
            "accuracy",
            "precision",
            "recall",
            "f1",
        }
    ),
    "multiclass": frozenset({"accuracy", "macro_f1", "expected_calibration_error", "log_loss", "brier_score"}),
    "regression": frozenset({"mean_absolute_error", "root_mean_squared_error", "bias", "r2"}),
}


def tell(report: Report, requirements: Requirements) -> None:
    """Tell each metric that is unknown or not held to anything."""
    known = METRICS[requirements.task]
    for path, rule in _rules(requirements):
        if rule.metric is None:
            report.at(path, "A window of `quality` names a metric.", "Add `metric: NAME`.")
        else:
            what = f"a metric of {requirements.task.replace('_', ' ')}"
            report.unless_known((*path, "metric"), rule.metric, known, what)
        if not _bounded(rule):
            problem = f"{quoted(rule.metric or 'This')} is held to nothing."
            report.at(path, problem, "Add `at_least`, `at_most` or, in `quality` and `slices`, `better_than`.")
        report.unless_ordered(path, rule.at_least, rule.at_most)


def _rules(requirements: Requirements) -> Iterator[tuple[Path, Quality | SliceRule | Stress | Window]]:
    for group in ("quality", "slices", "stress"):
        for number, rule in enumerate(getattr(requirements, group)):
            yield (group, number), rule
    for number, window in enumerate(requirements.windows):
        if window.check == "quality":
            yield ("windows", number), window


def _bounded(rule: Quality | SliceRule | Stress | Window) -> bool:
    bounds = (rule.at_least, rule.at_most, getattr(rule, "better_than", None))
    return any(bound is not None for bound in bounds)
