"""The model test that nobody needs to declare: each row gets its own answer, whatever is asked beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from roadworthy.build.model.apart import stray
from roadworthy.prove.behaviour.told import ANY_ROW
from roadworthy.prove.proof import ALWAYS, Check
from roadworthy.prove.rows import row

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from roadworthy.build.data.table import Table
    from roadworthy.build.model.apart import Stray
    from roadworthy.prove.behaviour.subject import Subject

NAME = "answers each row by itself"
_FACTS = {**ALWAYS, "kind": "by itself", "capability": ANY_ROW}
_SAMPLE, _ALONE = 32, 8
_FEWEST = 2


def check(subject: Subject) -> Check:
    """Return whether rows of the sample keep their answers in another order, and alone.

    Raises:
        ModelError: The model does not answer as it declares.
    """
    places = _sample(subject.answers)
    if len(places) < _FEWEST:
        return Check("behaviour", NAME, "not_run", "There are no two rows to ask in another order.", _FACTS)
    rows = subject.rows.select(subject.inputs).take(places)
    found = stray(subject.predict, rows, alone=_ALONE)
    if found is None:
        said = f"{len(places)} rows keep their answers in another order, and {min(_ALONE, len(places))} of them alone."
        return Check("behaviour", NAME, "passed", said, {**_FACTS, "rows": len(places)})
    example = row(subject.rows, int(places[found.row]), (*subject.key, *subject.inputs))
    for name, answer in row(found.before, 0).items():
        example[name] = answer
        example[f"{name} ({found.when})"] = row(found.after, 0)[name]
    return Check("behaviour", NAME, "failed", _said(found), {**_FACTS, "rows": len(places)}, (example,))


def _said(found: Stray) -> str:
    if found.when == "again":
        return (
            "A row gets another answer when the same is asked again: what is proved of one answer is not of the next."
        )
    return (
        f"A row gets another answer {found.when} than beside others: callers would be given each other's answers. "
        "`predict` must return a row for each row, in their order, and look at no other row for it."
    )


def _sample(answers: Table) -> NDArray[np.int64]:
    """Return rows whose answers are spread over all that are given: rows that are answered alike tell nothing."""
    count = len(answers)
    first = answers[answers.names[0]].values if answers.names else np.empty(0)
    order = np.argsort(first.astype(str) if first.dtype.kind == "O" else first, kind="stable")
    spread = order[np.linspace(0, max(count - 1, 0), min(count, _SAMPLE)).astype(np.int64)] if count else order
    # Those at both ends first: they are asked alone.
    return np.asarray(np.concatenate([spread[::2], spread[1::2][::-1]]), dtype=np.int64)
