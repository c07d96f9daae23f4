"""What every model said of the tested rows: read once for all that a review makes of it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from roadworthy.app.evidence import answers, rows_of
from roadworthy.prove.review.drawn.curves import curve
from roadworthy.prove.review.rivals import CANDIDATE

if TYPE_CHECKING:
    from roadworthy.app.evidence import Rows
    from roadworthy.app.local import Local
    from roadworthy.prove.review.comparison import Comparison
    from roadworthy.prove.review.drawn.curves import Curve
    from roadworthy.prove.review.evidence import Evidence
    from roadworthy.prove.review.rows.answers import Answers


class Said:
    """The answers that both ends of a change keep of their models, each read when it is first asked for.

    Each is None where it is not kept here. Raises IntegrityError where it is damaged.
    """

    def __init__(self, local: Local, base: Evidence, head: Evidence) -> None:
        self.local, self.base, self.head = local, base, head

    @property
    def rows_shown(self) -> bool:
        """Whether the profile lets row values be shown."""
        return self.head.declared is None or self.head.declared.profile.review.rows == "allowed"

    @cached_property
    def ours(self) -> Answers | None:
        """What the candidate said."""
        return answers(self.local, self.head, self._rows)

    @cached_property
    def of_base(self) -> Answers | None:
        """What the base's own candidate said, of the base's own rows."""
        return None if self.base.proof is None else answers(self.local, self.base, rows_of(self.local, self.base))

    @cached_property
    def of_production(self) -> Answers | None:
        """What production said; where it was asked about rows of its own, the base knows if it is the same model."""
        return self._of("production")

    @cached_property
    def of_baseline(self) -> Answers | None:
        """What the baseline said."""
        return self._of("baseline")

    def rival(self) -> tuple[str, Answers | None]:
        """Return what production said, or before there is one the baseline; and which of the two it is."""
        if self.head.proof is not None and self.head.proof.production is not None:
            return "production", self.of_production
        return "baseline", self.of_baseline

    def by(self, role: str) -> Answers | None:
        """Return what the model in *role* said."""
        return {"base": self.of_base, "production": self.of_production, "baseline": self.of_baseline}[role]

    @cached_property
    def _rows(self) -> Rows | None:
        return rows_of(self.local, self.head)

    def _of(self, role: str) -> Answers | None:
        found = answers(self.local, self.head, self._rows, role)
        if found is None and self.base.proof is not None and self.head.artifacts.get(role) == self.base.proof.candidate:
            return self.of_base
        return found


def curves_of(said: Said, found: Comparison) -> dict[str, Curve]:
    """Return what a decision would do at every threshold, by title, of the candidate and of each rival."""
    sides = {CANDIDATE: said.ours}
    for rival in found.rivals:
        each = (said.by(role) for role in rival.roles)
        sides[rival.title] = next((one for one in each if one is not None), None)
    return {
        title: drawn for title, one in sides.items() if one is not None and (drawn := curve(one.scored)) is not None
    }
