"""What the flips are about, in sentences: harmed slices, rules, inputs, decisions, certainty, cost, traffic."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from roadworthy.prove.measures import AgainstProduction, Band, BrokenRule, CostChange, Move, Pull, Traffic

_MOVES = 3


def told(measure: AgainstProduction) -> list[str]:
    """Return the sentences, what to look at first first; none of what was not measured."""
    return list(_told(measure))


def because(pulls: Sequence[Pull], most: int = 3) -> str:
    """Return which inputs carry a change: `wind_speed 61 %, hour 22 %`."""
    return ", ".join(f"{one['input']} {100 * one['share']:.0f} %" for one in pulls[:most])


def _told(measure: AgainstProduction) -> Iterator[str]:
    harmed = [one for one in measure.get("slices", ()) if one["outcome"] == "harmed"]
    for one in harmed:
        yield (
            f"The slice `{one['name']}` ({one['where']}) is harmed: of its {one['rows']:,} rows, "
            f"{one['negative']:,} are newly wrong and {one['positive']:,} newly right."
        )
    yield from (_rule(rule) for rule in measure.get("rules", ()))
    if pulls := measure.get("inputs"):
        yield f"The inputs that carry the change of the broken rows: {because(pulls, 5)}."
    if moved := _moves(measure.get("moves", ())):
        yield moved
    if sure := _bands(measure.get("bands", ())):
        yield sure
    if (paid := measure.get("cost")) is not None:
        yield _cost(paid)
    if (traffic := measure.get("traffic")) is not None:
        yield _traffic(traffic)


def _rule(rule: BrokenRule) -> str:
    return (
        f"Broken most where `{rule['where']}`: {rule['broken']:,} of {rule['rows']:,} rows there "
        f"({_percent(rule['share'])}), {rule['lift']:.1f} times the share of all; "
        f"{_percent(rule['of_broken'])} of all broken rows. "
        "Measured on the half of the rows that it was not sought on."
    )


def _moves(moves: Sequence[Move]) -> str:
    broken = sorted((one for one in moves if one["broken"]), key=lambda one: -one["broken"])[:_MOVES]
    parts = [f"{one['broken']:,} from {one['before']} to {one['after']} (truth: {one['truth']})" for one in broken]
    return f"Newly wrong by decision: {'; '.join(parts)}." if parts else ""


def _bands(bands: Sequence[Band]) -> str:
    whole = sum(one["negative"] for one in bands)
    if not whole:
        return ""
    parts = [f"{_percent(one['negative'] / whole)} in the {one['name']}" for one in bands if one["negative"]]
    return f"By how sure production was, the newly wrong rows lie: {', '.join(parts)}."


def _cost(paid: CostChange) -> str:
    change = paid["change"]
    spread = "" if change["low"] is None else f" [{change['low']:+.4g}, {change['high']:+.4g}]"
    moved = f"{paid['before']:.4g} a row before, {paid['after']:.4g} now, {change['value']:+.4g}{spread}"
    return f"The declared costs: {moved}."


def _traffic(traffic: Traffic) -> str:
    return (
        f"Of {traffic['rows']:,} requests sampled from what production answered since {traffic['since'][:10]}, "
        f"{traffic['changed']:,} would be decided otherwise ({_percent(traffic['low'])} to {_percent(traffic['high'])} "
        "of all, with 95 % confidence). Their truth is not known: they are shown, and not judged."
    )


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
