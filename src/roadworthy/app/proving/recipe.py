"""Whether a recipe can be followed again with something varied: what `noise` names must go into the model."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from roadworthy.app.run import graph_of
from roadworthy.build.pipeline.grammar.expand import PARAMS
from roadworthy.build.pipeline.grammar.values import select
from roadworthy.build.pipeline.rerun import Variation, depends
from roadworthy.errors import NotFound
from roadworthy.prove.proof import ALWAYS, Check

if TYPE_CHECKING:
    from collections.abc import Iterator

    from roadworthy.build.pipeline.record import Run
    from roadworthy.declare.project import Declared
    from roadworthy.declare.requirements import Noise
    from roadworthy.ledger.ledger import Ledger

NAME = "the noise floor can be measured"


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a model was made: what its commit declares, the run that made it, and the model's path."""

    project: Declared
    run: Run
    model: str
    ledger: Ledger

    def faults(self, noise: Noise) -> list[str]:
        """Return why the recipe cannot be followed again with *noise*, in sentences; none when it can."""
        return list(self._faults(noise))

    def idle_seed(self, noise: Noise) -> list[str]:
        """Return that the seed makes no difference: what is left is measured by the bootstrap alone, and too little."""
        if depends(graph_of(self.project, self.ledger), Variation(params={noise.seed: None}), (self.model,)):
            return []
        return [f"{self.model} does not depend on the parameter `{noise.seed}`"]

    def _faults(self, noise: Noise) -> Iterator[str]:
        graph = graph_of(self.project, self.ledger)
        if self.model not in graph.producers:
            yield f"no stage makes {self.model}, so it cannot be trained again"
            return
        yield from self._no_parameter(noise.seed)
        if noise.resample not in {**self.run.inputs, **self.run.outputs}:
            yield f"the run neither read nor wrote {noise.resample}"
        elif not depends(graph, Variation(tables={noise.resample: Path(noise.resample)}), (self.model,)):
            yield f"{self.model} does not depend on the table {noise.resample}"

    def _no_parameter(self, name: str) -> Iterator[str]:
        try:
            select(self.project.params, name, PARAMS)
        except NotFound as fault:
            yield fault.problem.removesuffix(".")


def check(recipe: Recipe, noise: Noise) -> Check:
    """Return whether a noise floor can be measured once the candidate is in production: then its files are frozen."""
    faults = recipe.faults(noise) or recipe.idle_seed(noise)
    if not faults:
        said = f"{recipe.model} depends on the parameter {noise.seed} and on the table {noise.resample}."
        return Check("against_production", NAME, "passed", said, {**ALWAYS})
    said = (
        f"`noise` in requirements.yaml cannot be followed: {'; '.join(faults)}. Name a parameter and a table that the "
        f"stage which makes {recipe.model} declares among its `params` and `deps`, or a stage before it: what is "
        "released cannot be mended, and later changes are held against it."
    )
    return Check("against_production", NAME, "failed", said, {**ALWAYS, "faults": faults})
