"""The review as JSON, for the terminal, the platform's pages and other programs; docs/reference/feedback.md has it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Final

from roadworthy.prove.gate import words as gate_words
from roadworthy.prove.review import keep, words
from roadworthy.prove.review.feedback.findings import findings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from roadworthy.prove.review.comparison import Comparison, Flips, MetricRow
    from roadworthy.prove.review.feedback.findings import Finding, Since

FORMAT: Final = "roadworthy/review/v1alpha1"


def document(comparison: Comparison, since: Since | None = None) -> dict[str, object]:
    """Return the review as JSON values, with what of it is new since the last one of the same change."""
    return {
        "format": FORMAT,
        **keep.body(comparison),
        "headline": words.headline(comparison),
        "summary": _sentences(comparison),
        "findings": [_finding(one) for one in findings(comparison.gates)],
        "since": None if since is None else _since(since),
        "rows": comparison.rows,
        "rivals": [{"title": one.title, "roles": list(one.roles), "note": one.note} for one in comparison.rivals],
        "measured": [_metric(row, comparison) for row in comparison.metrics],
        "slices": [
            {
                "name": one.name, "where": one.where, "metric": one.metric, "rows": one.rows,
                "candidate": one.candidate, "rivals": list(one.versus),
            }
            for one in comparison.slices
        ],
        "flips": [_flips(one) for one in comparison.flips],
        "checks": [
            {
                "section": one.check.section, "name": one.check.name, "verdict": one.verdict, "before": one.before,
                "summary": one.check.summary, "note": one.note,
            }
            for one in comparison.checks
        ],
        "changes": _changes(comparison),
        "stages": [asdict(one) for one in comparison.stages],
    }  # fmt: skip


def _sentences(comparison: Comparison) -> list[str]:
    """Return what came of it, in sentences; nothing where nothing was tested."""
    if comparison.head.proof is None:
        return []
    refused = words.refusals(comparison)  # these say what came of the flips already
    told = [words.metrics(comparison), words.tests(comparison)] if refused else words.passing(comparison)
    return [*told, words.changes(comparison), words.complexity(comparison), words.stages(comparison)]


def _finding(one: Finding) -> dict[str, str]:
    return {"section": one.section, "name": one.name, "why": one.why}


def _since(since: Since) -> dict[str, object]:
    names = ("name", "then", "now")
    return {
        "commit": since.commit,
        "new": [_finding(one) for one in since.new],
        "unchanged": [_finding(one) for one in since.still],
        "gone": [{**_finding(one), "how": ending} for one, ending in since.ended],
        "metric": None if since.metric is None else dict(zip(names, since.metric, strict=True)),
    }


def _metric(row: MetricRow, comparison: Comparison) -> dict[str, object]:
    return {
        "name": row.name,
        "better": row.better,
        "primary": row.primary,
        "asked": row.asked,
        "candidate": row.candidate,
        "rivals": [
            {"title": rival.title, "value": one.value, "difference": one.difference, "judgement": one.judgement}
            for rival, one in zip(comparison.rivals, row.versus, strict=True)
        ],
    }


def _flips(found: Flips) -> dict[str, object]:
    measure = found.measure
    kept = ("version", "rows", "rows_of", "negative", "positive", "negative_count", "positive_count", "ratio", "floor")
    return {
        "rival": found.rival.title,
        "judged": found.judged,
        "said": words.flips(found),
        "explained": gate_words.told(measure),
        **{name: measure[name] for name in (*kept, "outcome", "broken", "fixed")},  # type: ignore[literal-required]
    }


def _changes(comparison: Comparison) -> Mapping[str, object]:
    found = comparison.complexity
    return {
        "parameters": [asdict(one) for one in comparison.parameters],
        "requirements": [asdict(one) for one in comparison.requirements],
        "pins": [{"path": one.path, "before": one.before, "after": one.after} for one in comparison.data],
        "datasets": {
            "compared": list(comparison.datasets.compared),
            "differ": [one.name for one in comparison.datasets.changed],
            "why_not": comparison.datasets.why_not,
        },
        "counts": [asdict(one) for one in found.counts],
        "lines": [asdict(one) for one in found.lines],
        "deletions": list(found.deletions),
        "size": {"before": found.sizes[0], "after": found.sizes[1]},
        "seconds": {"before": found.seconds[0], "after": found.seconds[1]},
    }
