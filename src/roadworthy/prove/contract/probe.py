"""A probe: one number asked of a table, and what it may be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Unit = Literal["rows", "share", "value", "seconds"]


@dataclass(frozen=True, slots=True)
class Probe:
    """One number asked of a table; many probes are answered by one scan.

    Attributes:
        name: The check's name.
        measure: An SQL aggregate over `rows`.
        at_least: The smallest number that passes; None: no lower bound.
        at_most: The largest number that passes; None: no upper bound.
        unit: What the number is.
        what: What is counted or measured, for the summary.
        wrong: A predicate of the rows at fault, to show some; None: no row in particular is.
        of: The view whose rows are at fault.
    """

    name: str
    measure: str
    what: str
    at_least: float | None = None
    at_most: float | None = None
    unit: Unit = "rows"
    wrong: str | None = None
    of: str = "rows"

    def holds(self, found: float | None) -> bool:
        """Whether *found* passes; nothing found (no row to measure) does not."""
        if found is None:
            return False
        over = self.at_most is not None and found > self.at_most
        under = self.at_least is not None and found < self.at_least
        return not (over or under)

    def say(self, found: float | None) -> str:
        """Return what was found and what is asked, in a sentence."""
        if found is None:
            return f"{self.what}: nothing to measure, there are no values."
        if self.at_most == 0 and self.at_least is None:
            return f"{self.what}: {self._number(found)}; none may be." if found else f"{self.what}: none."
        bounds = [
            f"{word} {self._number(bound)}"
            for word, bound in (("at least", self.at_least), ("at most", self.at_most))
            if bound is not None
        ]
        return f"{self.what}: {self._number(found)}; {' and '.join(bounds)} is asked."

    def _number(self, found: float) -> str:
        match self.unit:
            case "share":
                return f"{100 * found:.4g} %"
            case "rows":
                return f"{found:,.0f}"
            case "seconds":
                return f"{found / 86400:.1f} days"
            case "value":
                return f"{found:.6g}"
