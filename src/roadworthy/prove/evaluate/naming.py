"""What the checks of declared bounds are called: one place for those who make them and those who look for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from roadworthy.declare.requirements import Quality
    from roadworthy.prove.proof import Check, Proof


def at_least(what: str, bound: float) -> str:
    """Return the name of the check that *what* is no less than *bound*."""
    return f"{what} at least {bound:g}"


def at_most(what: str, bound: float) -> str:
    """Return the name of the check that *what* is no more than *bound*."""
    return f"{what} at most {bound:g}"


def names(rule: Quality) -> tuple[str, ...]:
    """Return what the checks of the bounds that *rule* sets may be called: without a label, the metric alone."""
    least = () if rule.at_least is None else (at_least(rule.metric, rule.at_least),)
    most = () if rule.at_most is None else (at_most(rule.metric, rule.at_most),)
    return (*least, *most, *([rule.metric] if least or most else []))


def untested(proof: Proof, primary: Quality | None) -> tuple[Check, ...]:
    """Return the checks of the bounds of the *primary* metric that were not run: what they ask is not shown."""
    bounds = () if primary is None else names(primary)
    return tuple(
        one for one in proof.checks if one.section == "evaluation" and one.verdict == "not_run" and one.name in bounds
    )
