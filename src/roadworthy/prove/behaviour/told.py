"""How model tests are told: by capability and kind, with a share and its error rates; or why it was no test."""

from __future__ import annotations

from typing import TYPE_CHECKING

from roadworthy.declare.predicate import names
from roadworthy.prove.behaviour import share
from roadworthy.prove.proof import Check

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from roadworthy.build.data.table import Bools
    from roadworthy.declare.requirements import Behaviour, Stress
    from roadworthy.prove.behaviour.subject import Subject
    from roadworthy.prove.proof import Section

ANY_ROW = "any row"


def capability(test: Behaviour | Stress, inputs: Sequence[str]) -> str:
    """Return what of the model *test* is about: as declared, else the columns that it changes or selects by."""
    if test.capability is not None:
        return test.capability
    touched = set(test.change) | set(getattr(test, "columns", ()))
    if not touched:
        said = names(f"{test.where or ''} {getattr(test, 'expect', None) or ''}")
        touched = {name for name in inputs if name.lower() in said}
    return ", ".join(name for name in inputs if name in touched) or ANY_ROW


def summed_up(
    test: Behaviour,
    right: Bools,
    what: str,
    more: Mapping[str, object],
    examples: tuple[Mapping[str, object], ...],
) -> Check:
    """Return the check of *test* from which rows are *right*; one that could hardly have failed is not run."""
    count, rows = int(right.sum()), len(right)
    facts = {**share.facts(count, rows, test.share, test.level), **more}
    summary = share.said(count, rows, test.share, test.level, what)
    made = share.rule(rows, test.share, test.level)
    if count <= made.most:
        return Check("behaviour", test.name, "failed", summary, facts, examples)
    if test.level is not None and not made.tells:
        return Check("behaviour", test.name, "not_run", f"There are too few rows to tell. {summary}", facts)
    return Check("behaviour", test.name, "passed", summary, facts)


def vacuous(section: Section, name: str, why: str) -> Check:
    """Return the failed check of a test that could not have failed."""
    return Check(section, name, "failed", f"Vacuous, so it counts as failed: {why}.", {"vacuous": True})


def missed(section: Section, name: str, subject: Subject, columns: Sequence[str]) -> Check:
    """Return the check of a test of *columns* that the model does not read: the baseline need not."""
    listed = ", ".join(columns)
    if subject.is_baseline:
        return Check(section, name, "not_run", f"The baseline does not read {listed}.")
    return vacuous(section, name, f"the model does not read {listed}")
