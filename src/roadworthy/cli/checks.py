"""Checks on a terminal: what failed first of all, with the rows at fault."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from roadworthy.prove.proof import Check

TITLES = {
    "data": "Data",
    "evaluation": "Evaluation",
    "behaviour": "Behaviour",
    "stress": "Stress",
    "against_production": "Against production",
    "failure_modes": "Failure modes",
    "project": "The project's own tests",
}
_MARKS = {"passed": ("✓", "green"), "failed": ("✗", "red"), "not_run": ("○", "yellow")}
_EXAMPLES = 3
_FEW = 12  # checks of a section that are all listed; of more, only those that did not pass


def counted(checks: Sequence[Check]) -> str:
    """Return how many passed, failed and were not run, in words."""
    words = {"passed": "passed", "failed": "failed", "not_run": "not run"}
    counts = {word: sum(1 for check in checks if check.verdict == verdict) for verdict, word in words.items()}
    return ", ".join(f"{count} {word}" for word, count in counts.items() if count)


def document(check: Check) -> dict[str, object]:
    """Return *check* as JSON."""
    return {
        "section": check.section,
        "name": check.name,
        "verdict": check.verdict,
        "summary": check.summary,
        "facts": check.facts,
        "examples": check.examples,
    }


def show(title: str, checks: Sequence[Check], *, verbose: bool) -> None:
    """Print *checks* under a *title*: all, or of many those that did not pass."""
    click.echo()
    click.secho(f"{title}: {counted(checks)}", bold=True)
    for check in checks:
        if verbose or len(checks) <= _FEW or check.verdict != "passed":
            _check(check, verbose=verbose)


def _check(check: Check, *, verbose: bool) -> None:
    mark, colour = _MARKS[check.verdict]
    click.secho(f"  {mark} ", fg=colour, nl=False)
    first, *rest = check.summary.splitlines() or [""]
    click.echo(f"{check.name}: {first}")
    for line in rest:
        click.echo(f"      {line}")
    if check.verdict != "failed":
        return
    shown = check.examples if verbose else check.examples[:_EXAMPLES]
    for example in shown:
        click.echo(f"      {_example(example)}")
    if len(check.examples) > len(shown):
        click.echo(f"      … {len(check.examples) - len(shown)} more with --verbose")


def _example(example: Mapping[str, object]) -> str:
    return " ".join(f"{name}={_value(value)}" for name, value in example.items())


def _value(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else "missing" if value is None else str(value)
