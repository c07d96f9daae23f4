"""The recipe of the last run followed again with something varied, and what the model that comes of it says."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from roadworthy.app.rerun import rerun
from roadworthy.errors import NotFound
from roadworthy.ledger.objects import tree
from roadworthy.prove.evaluate.scored import score
from roadworthy.prove.predictor import Predictor

if TYPE_CHECKING:
    from pathlib import Path

    from roadworthy.app.proving.bench import Bench
    from roadworthy.app.proving.candidate import Candidate
    from roadworthy.build.data.table import Table
    from roadworthy.build.pipeline.rerun import Variation
    from roadworthy.prove.evaluate.scored import Scored


@dataclass(frozen=True)
class Varied:
    """The model of the last run, its labelled reference rows, and a folder for what is made meanwhile."""

    bench: Bench
    candidate: Candidate
    folder: Path

    def whole(self) -> Scored:
        """Return the answers of the model as it is.

        Raises:
            NotFound: The reference rows have no label.
        """
        return self.of(self.candidate.subject.answers)

    def again(self, variation: Variation, place: str) -> Scored:
        """Return the answers of a model that is made with *variation*; *place* names a folder of its own.

        Raises:
            RoadworthyError: It cannot be made, or does not answer.
        """
        local, spec = self.bench.local, self.bench.spec(self.bench.requirements.model)
        with rerun(local, self.bench.run, variation, (spec.model.path,)) as done:
            artifact = done.outputs[spec.model.path]
        path = self.folder / place / "model" / spec.path.name
        tree.checkout(artifact, path, local.ledger.objects, local.ledger.files)
        subject = self.candidate.subject
        with Predictor(replace(spec, path=path), workers=1) as predictor:
            said = predictor.predict(subject.rows)
        return self.of(said)

    def of(self, said: Table) -> Scored:
        """Return answers to the reference rows beside their labels.

        Raises:
            NotFound: The reference rows have no label.
        """
        label = self.candidate.subject.label
        if label is None:
            raise NotFound("The reference rows have no label.", remedy="Name it: `label:` of the dataset `reference`.")
        known = ~label.is_missing()
        return score(said.take(known), label.take(known), self.bench.requirements)
