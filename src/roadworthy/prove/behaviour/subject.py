"""What a model test is made on: the rows, what the candidate said of them, and a way to ask it again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from roadworthy.prove.behaviour.vacuous import Predict, reads

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from roadworthy.build.data.table import Column, Table
    from roadworthy.declare.requirements import OutputRule


@dataclass(frozen=True)
class Subject:
    """A model under test on given rows.

    Attributes:
        rows: Every column of the dataset.
        inputs: The columns that the model is given.
        answers: Its outputs for *rows* as they are.
        predict: Asks the model again, about a table of the inputs; raises ModelError.
        is_baseline: Whether it is the neutral first launch, which need not read every input.
        key: The columns that name a row, shown in examples.
        label: The label, for stress tests; None when there is none.
        ends: The ends of each input's scope, as far as it has any.
        outputs: What each output may be.
    """

    rows: Table
    inputs: tuple[str, ...]
    answers: Table
    predict: Predict
    is_baseline: bool = False
    key: tuple[str, ...] = ()
    label: Column | None = None
    ends: Mapping[str, tuple[float | str, ...]] = field(default_factory=dict)
    outputs: Mapping[str, OutputRule] = field(default_factory=dict)
    _read: dict[tuple[str, ...], bool] = field(default_factory=dict)

    def reads(self, columns: Sequence[str]) -> bool:
        """Whether the model's answers depend on *columns*; asked of the model once for each set."""
        wanted = tuple(sorted(name for name in columns if name in self.inputs))
        if wanted not in self._read:
            asked = self.rows.select(self.inputs)
            self._read[wanted] = bool(wanted) and reads(wanted, asked, self.answers, self.predict)
        return self._read[wanted]
