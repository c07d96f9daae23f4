"""What the checks of declared bounds are called: one place for those who make them and those who look for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from roadworthy.declare.requirements import Quality
    from roadworthy.prove.proof import Check, Proof

FIRST: Final = "first_launch"  # among the facts of the check that a first launch beats the baseline


def at_least(what: str, bound: float) -> str:
    """Return the name of the check that *what* is no less than *bound*."""
    return f"{what} at least {bound:g}"


def at_most(what: str, bound: float) -> str:
    """Return the name of the check that *what* is no more than *bound*."""
    return f"{what} at most {bound:g}"


def better_than(what: str, rival: str) -> str:
    """Return the name of the check that *what* is surely better than that of *rival*."""
    return f"{what} better than {rival}"


def names(rule: Quality) -> tuple[str, ...]:
    """Return what the checks of the bounds that *rule* sets may be called: without a label, the metric alone."""
    least = () if rule.at_least is None else (at_least(rule.metric, rule.at_least),)
    most = () if rule.at_most is None else (at_most(rule.metric, rule.at_most),)
    return (*least, *most, *([rule.metric] if least or most else []))


def unbeaten(proof: Proof) -> tuple[Check, ...]:
    """Return the check that a first launch beats the baseline, where it was not run: then only the baseline may go."""
    return tuple(one for one in proof.checks if one.facts.get(FIRST, False) and one.verdict == "not_run")


def untested(proof: Proof, primary: Quality | None) -> tuple[Check, ...]:
    """Return the checks of the bounds of the *primary* metric that were not run: what they ask is not shown."""
    bounds = () if primary is None else names(primary)
    return tuple(
        one for one in proof.checks if one.section == "evaluation" and one.verdict == "not_run" and one.name in bounds
    )
