"""What one model said of labelled rows, beside these rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from roadworthy.build.data.table import Table
    from roadworthy.prove.evaluate.scored import Scored


@dataclass(frozen=True, slots=True)
class Answers:
    """One model's scored answers on labelled rows, with the rows themselves: *rows* and *scored* are aligned.

    `words` names what was decided of each row, where that is a class.
    """

    scored: Scored
    rows: Table
    key: tuple[str, ...]
    inputs: tuple[str, ...]
    label: str
    words: NDArray[np.generic] | None = None

    def take(self, rows: NDArray[np.generic]) -> Answers:
        """Return the answers at *rows*: indices, or a mask; decisions stay as they were taken among all rows."""
        one = self.scored
        kept = type(one)(one.score[rows], one.truth[rows], one.decided[rows], one.right[rows], one.judged)
        words = None if self.words is None else self.words[rows]
        return Answers(kept, self.rows.take(rows), self.key, self.inputs, self.label, words)
