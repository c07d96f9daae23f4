"""The rules that weigh evidence: a label given away, and columns that must be spread as elsewhere."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from roadworthy.errors import UsageError
from roadworthy.prove.contract.weigh import leakage as leak
from roadworthy.prove.contract.weigh.likeness import Difference, differences
from roadworthy.prove.proof import Check

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from roadworthy.declare.contract import Contract, Likeness
    from roadworthy.prove.contract.scan import Scan

LIKE: Final = "rows to be like"  # the view of the dataset that `like` names
_AT_ONCE = 100  # columns in memory
_AFTER = re.compile(r"\+.*[1-9].*")
_TIMES = ("TIMESTAMP", "DATE", "TIME")


def known_later(contract: Contract) -> set[str]:
    """Return the columns that are known only after the prediction."""
    return {name for name, rule in contract.columns.items() if rule.known_at and _AFTER.fullmatch(rule.known_at)}


def leakage(name: str, contract: Contract, apart: Collection[str], rows: int, opened: Scan) -> Iterator[Check]:
    """Yield the check that no column gives the label away, where the contract asks for it.

    Columns that are known after the prediction are left out: that these are no inputs is a check of its own.
    """
    label, types = contract.label, opened.types()
    if label is None or label.leakage is None or label.column not in types:
        return
    title = f"{name}: label {label.column}: leakage"
    judged = [column for column in types if column not in {*apart, label.column, *known_later(contract)}]
    told: dict[str, float] = {}
    for at in range(0, len(judged), _AT_ONCE):
        part = judged[at : at + _AT_ONCE]
        try:
            found = leak.explained(opened.sample([*part, label.column], rows), label.column, part)
        except UsageError as fault:
            yield Check("data", title, "failed", str(fault))
            return
        if isinstance(found, str):
            yield Check("data", title, "not_run", f"Not run: {found}.")
            return
        told |= found
    yield _leaks(title, label.column, label.leakage, told)


def _leaks(title: str, label: str, bound: float, told: dict[str, float]) -> Check:
    if not told:
        return Check("data", title, "not_run", "Not run: there is no column besides the label, keys and times.")
    over = {column: share for column, share in sorted(told.items(), key=lambda one: -one[1]) if share > bound}
    most = max(told, key=lambda column: told[column])
    facts: dict[str, object] = {"found": told[most], "at_most": bound, "column": most, "over": over}
    if not over:
        said = f"No column tells more than {100 * bound:.4g} % of {label}; {most} tells most, {100 * told[most]:.3g} %."
        return Check("data", title, "passed", said, facts)
    each = ", ".join(f"{column} tells {100 * share:.4g} %" for column, share in over.items())
    said = (
        f"{each} of {label} by itself; at most {100 * bound:.4g} % is asked. Such a column is often made from the "
        "label, or known only after it: say so with `known_at`, or take it away."
    )
    return Check("data", title, "failed", said, facts)


def likeness(name: str, contract: Contract, apart: Collection[str], rows: int, opened: Scan) -> Iterator[Check]:
    """Yield a check for each column that must be spread as it is elsewhere, judged together."""
    rule = contract.like
    if rule is None:
        return
    ours, theirs = opened.types(), opened.types(LIKE)
    wanted = rule.columns or tuple(
        column
        for column, kind in ours.items()
        if column in theirs and column not in apart and not kind.startswith(_TIMES)
    )
    for column in wanted:
        lacking = [of for of, there in ((contract.dataset, ours), (rule.dataset, theirs)) if column not in there]
        if lacking:
            said = f"{column} is not there in {' and '.join(lacking)}."
            yield Check("data", f"{name}: {column}: like {rule.dataset}", "failed", said)
    both = [column for column in wanted if column in ours and column in theirs]
    if not both:
        if not rule.columns:
            said = f"Not run: {contract.dataset} and {rule.dataset} have no column in common to compare."
            yield Check("data", f"{name}: like {rule.dataset}", "not_run", said)
        return
    try:
        (there,) = opened.one('SELECT count(*) FROM "rows to be like"', "`like`")
        tables = opened.sample(both, rows), opened.sample(both, int(str(there)), LIKE)
    except UsageError as fault:
        yield Check("data", f"{name}: like {rule.dataset}", "failed", str(fault))
        return
    for found in differences(*tables, both, rule.false_discovery, rule.at_least):
        yield _alike(name, found, rule)


def _alike(name: str, found: Difference, rule: Likeness) -> Check:
    what = found.column if found.aspect == "values" else f"missing {found.column}"
    title = f"{name}: {what}: like {rule.dataset}"
    facts = {
        "found": found.distance,
        "at_most": rule.effect,
        "chance": found.chance,
        "beyond_chance": found.found,
        "rows": list(found.rows),
    }
    if found.distance is None or found.chance is None:
        few = min(found.rows)
        said = f"Not run: too few rows. {few} have a value, and {rule.at_least} are needed on both sides."
        return Check("data", title, "not_run", said, facts)
    beyond = "more than chance explains" if found.found else "no more than chance explains"
    said = (
        f"{what} lies {found.distance:.3g} from {rule.dataset} (0 is the same, 1 nothing in common; at most "
        f"{rule.effect:g} is asked), {beyond} (p = {found.chance:.2g}, {found.rows[0]:,} and {found.rows[1]:,} rows)."
    )
    failed = found.found and found.distance > rule.effect
    return Check("data", title, "failed" if failed else "passed", said, facts)
