"""Whether the labels can be what the task says, and whether the classes that a model knows are those that there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from roadworthy.prove.proof import ALWAYS, Check

if TYPE_CHECKING:
    from collections.abc import Iterator

    from roadworthy.build.data.table import Column, Table
    from roadworthy.declare.requirements import Requirements

LABELS, CLASSES = "the labels tell rows apart", "the classes are those that there are"
_SHOWN = 10


def check(requirements: Requirements, label: Column, answers: Table) -> tuple[Check, ...]:
    """Return the checks of the *label* of the reference rows, and of the classes that the candidate's *answers* name.

    Rows without a label are left out.
    """
    return tuple(_checks(requirements, label, answers))


def _checks(requirements: Requirements, label: Column, answers: Table) -> Iterator[Check]:
    known = np.flatnonzero(~label.is_missing())
    if not len(known):
        why = f"None of {len(label):,} reference rows has a label." if len(label) else "There are no reference rows."
        said = f"{why} Nothing can be said of what the model is worth."
        yield Check("evaluation", LABELS, "failed", said, {**ALWAYS, "rows": 0})
        return
    first = label.values[known[0]]
    if bool((label.values[known] == first).all()):
        said = (
            f"Every labelled reference row ({len(known):,}) has the label {first}: nothing tells good models from bad."
        )
        yield Check("evaluation", LABELS, "failed", said, {**ALWAYS, "rows": len(known)})
    if requirements.task == "multiclass":
        yield from _classes(requirements, label, answers)


def _classes(requirements: Requirements, label: Column, answers: Table) -> Iterator[Check]:
    names = tuple(requirements.outputs)
    known = np.flatnonzero(~label.is_missing())
    truth = label.values[known].astype(str)
    if len(names) > 1:
        strange = np.flatnonzero(~np.isin(truth, names))
        what = "is the label of row {row}, and no output is called so: the model cannot say it. Rows like that"
        values = truth
    else:
        output = requirements.outputs[names[0]]
        allowed = [str(one) for one in output.allowed] if output.allowed else np.unique(truth).tolist()
        values, known = answers[names[0]].values.astype(str), np.arange(len(answers))
        strange = np.flatnonzero(~np.isin(values, allowed))
        listed = "`allowed` of the output does not list" if output.allowed else "no labelled reference row has"
        what = f"is what the model says of row {{row}}, which {listed}. Answers like that"
    facts = {**ALWAYS, "rows": len(values), "strange": len(strange)}
    if not len(strange):
        yield Check("evaluation", CLASSES, "passed", f"{len(np.unique(values)):,} classes, all of them known.", facts)
        return
    others = np.unique(values[strange])
    shown = ", ".join(f"`{one[:40]}`" for one in others[:_SHOWN]) + (", …" if len(others) > _SHOWN else "")
    first = what.format(row=int(known[strange[0]]))
    said = f"`{values[strange[0]][:40]}` {first}: {len(strange):,} of {len(values):,}, with {shown}."
    yield Check("evaluation", CLASSES, "failed", said, facts)
