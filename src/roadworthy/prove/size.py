"""How large the model is: the bytes of its files, which are kept, sent and loaded with every version."""

from __future__ import annotations

from typing import TYPE_CHECKING

from roadworthy.declare.form import size
from roadworthy.prove.proof import Check

if TYPE_CHECKING:
    from roadworthy.declare.requirements import Budget
    from roadworthy.ledger.objects.item import Item

_UNITS = ("B", "KiB", "MiB", "GiB")
_STEP = 1024


def checks(rule: Budget, artifact: Item) -> tuple[Check, ...]:
    """Return the check of the declared size; none where none is declared."""
    if rule.artifact is None:
        return ()
    most, files = size(rule.artifact), artifact.files or 1
    listed = "in one file" if files == 1 else f"in {files} files"
    summary = f"The model takes {_readable(artifact.size)} {listed}; at most {rule.artifact} is asked."
    facts = {"bytes": artifact.size, "limit": most, "files": files}
    return (Check("evaluation", "size of the model", "passed" if artifact.size <= most else "failed", summary, facts),)


def _readable(count: int) -> str:
    amount, unit = float(count), 0
    while amount >= _STEP and unit < len(_UNITS) - 1:
        amount, unit = amount / _STEP, unit + 1
    return f"{amount:.1f} {_UNITS[unit]}" if unit else f"{count} B"
