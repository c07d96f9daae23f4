"""A check that is made, or that fails with what kept it from being made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from roadworthy.errors import RoadworthyError
from roadworthy.prove.proof import Check

if TYPE_CHECKING:
    from collections.abc import Callable

    from roadworthy.prove.proof import Section


def tried(section: Section, name: str, make: Callable[[], Check]) -> Check:
    """Return the check of *make*; a failed one when a model, a predicate or a file keeps it from being made.

    One test that cannot be carried out takes no other with it: all faults are told at once.
    """
    try:
        return make()
    except RoadworthyError as fault:
        return Check(section, name, "failed", str(fault), {"error": type(fault).__name__})
