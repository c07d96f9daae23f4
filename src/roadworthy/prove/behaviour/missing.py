"""Missing inputs that are declared to be allowed: the model must answer rows without them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from roadworthy.prove.behaviour.change import apply
from roadworthy.prove.proof import ALWAYS, Check

if TYPE_CHECKING:
    from collections.abc import Mapping

    from roadworthy.declare.contract import Contract
    from roadworthy.declare.requirements import Requirements
    from roadworthy.prove.behaviour.subject import Subject

_ROWS = 20


def title(name: str) -> str:
    """Return what the check of the input *name* is called."""
    return f"takes a missing {name}"


def allowed(requirements: Requirements, contracts: Mapping[str, Contract]) -> tuple[str, ...]:
    """Return the inputs that are declared to be missing at times: by the requirements, else by their contract."""
    contract = contracts.get(requirements.inputs.contract or "")
    columns = {} if contract is None else contract.columns
    found = []
    for name in requirements.inputs.columns:
        own = requirements.inputs.override.get(name)
        said = None if own is None else own.missing
        share = columns[name].missing if name in columns else None
        if said == "allowed" or (said is None and share is not None and share > 0):
            found.append(name)
    return tuple(found)


def check(name: str, subject: Subject) -> Check:
    """Return that the model answers rows in which the input *name* is missing.

    Raises:
        ModelError: It does not.
    """
    count, facts = len(subject.rows), {**ALWAYS, "kind": "missing", "capability": name}
    if not count:
        return Check("behaviour", title(name), "not_run", "There are no rows.", facts)
    places = np.unique(np.linspace(0, count - 1, min(count, _ROWS)).astype(np.int64))
    rows = apply({name: "missing"}, subject.rows.select(subject.inputs).take(places)).table
    subject.predict(rows)
    said = f"It answers {len(places)} rows without {name}, which may be missing."
    return Check("behaviour", title(name), "passed", said, {**facts, "rows": len(places)})
