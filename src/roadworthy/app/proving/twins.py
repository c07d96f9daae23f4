"""The noise floor of the version in production: its recipe followed again, and its twins asked about the same rows."""

from __future__ import annotations

import contextlib
import json
import shutil
import tempfile
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from roadworthy.app.proving.recipe import Recipe
from roadworthy.app.rerun import rerun
from roadworthy.build.pipeline import record
from roadworthy.build.pipeline.record import item_from_json, item_to_json
from roadworthy.build.pipeline.rerun import Variation
from roadworthy.declare.form import seconds
from roadworthy.errors import NotFound, RoadworthyError
from roadworthy.ledger.objects import tree
from roadworthy.ledger.objects.address import Address
from roadworthy.prove.against_production.noise_floor import NotMeasured, measure
from roadworthy.prove.against_production.resample import resample, seed
from roadworthy.prove.evaluate.scored import score
from roadworthy.prove.predictor import Predictor
from roadworthy.prove.remembered import Remembered

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from roadworthy.app.proving.bench import Bench
    from roadworthy.app.proving.production import Production
    from roadworthy.build.data.table import Table
    from roadworthy.declare.requirements import Noise
    from roadworthy.ledger.ledger import Ledger
    from roadworthy.ledger.objects.item import Item
    from roadworthy.prove.against_production.field import Field
    from roadworthy.prove.against_production.noise_floor import Twins
    from roadworthy.prove.evaluate.scored import Scored

_ABANDONED = 2 * 86_400.0  # seconds


def noise_floor(
    bench: Bench, production: Production | None, say: Callable[[str], None]
) -> Callable[[Field], Twins | NotMeasured]:
    """Return what measures the noise floor of *production* on rows that both models were asked about."""

    def floor(compared: Field) -> Twins | NotMeasured:
        if production is None:
            return NotMeasured("there is nothing in production")
        chosen = choose(bench, production)
        if isinstance(chosen, NotMeasured):
            return chosen
        noise, note = chosen
        say(f"noise floor: {noise.runs} twins of {production.name}")
        work = bench.local.ledger.state / "work"
        work.mkdir(parents=True, exist_ok=True)
        sweep(work)
        with tempfile.TemporaryDirectory(prefix="twins-", dir=work, ignore_cleanup_errors=True) as scratch:
            recipe = Training(bench, production, noise, compared, Path(scratch))
            try:
                found = measure(recipe, compared.production, runs=noise.runs, budget=seconds(noise.budget), say=say)
            except RoadworthyError as fault:
                raise _unfollowed(production.name, fault) from fault
        return found if isinstance(found, NotMeasured) else replace(found, cached=not recipe.trained, note=note)

    return floor


def choose(bench: Bench, production: Production) -> tuple[Noise, str] | NotMeasured:
    """Return by which `noise` production's recipe is varied, and what must be said of that.

    Its own; where that cannot be followed, which its frozen files do not let anybody mend, the candidate's.

    Raises:
        NotFound, IntegrityError: The record of production's run is missing or damaged.
    """
    opened, name = production.opened, production.name
    run = record.load(bench.local.ledger, Address(str(opened.body["run"])))
    path = str(cast("Mapping[str, object]", opened.body["artifact"])["path"])
    recipe = Recipe(opened.declared, run, path, bench.local.ledger)
    own, ours = opened.requirements.noise, bench.requirements.noise
    faults = [] if own is None else recipe.faults(own)
    if own is not None and not faults:
        return own, ""
    lack = f"with a `noise` that cannot be followed ({'; '.join(faults)})" if faults else "without a `noise`"
    blamed = f"{name}, which is in production, was released {lack}"
    if ours is None:
        return NotMeasured(f"{blamed}, and this change declares none")
    if amiss := recipe.faults(ours):
        return NotMeasured(f"{blamed}, and that of this change does not fit it either ({'; '.join(amiss)})")
    return ours, f"{blamed}: the floor is that of the `noise` of this change."


def _unfollowed(name: str, fault: RoadworthyError) -> RoadworthyError:
    """Return *fault*, said to be of the recipe in production, with the ways out there are."""
    return type(fault)(
        f"The recipe of {name}, which is in production, cannot be followed to measure the noise floor: {fault.problem}",
        remedy=f"{fault.remedy} The files of {name} are frozen: if they are at fault, deploy another version, or leave "
        "`against_production` out of requirements.yaml for one release; the review shows that.",
    )


def sweep(work: Path) -> None:
    """Remove what interrupted trainings left under *work*, once it has not been touched for two days."""
    for left in (*work.glob("twins-*"), *(work / "checkouts").glob("*")):
        with contextlib.suppress(FileNotFoundError):  # it is removed by whoever made it
            if time.time() - left.stat().st_mtime > _ABANDONED:
                shutil.rmtree(left, ignore_errors=True)


@dataclass
class Training:
    """The recipe of the version in production, followed to answer the rows of comparison. A Recipe.

    What was trained before for this version is not trained again, and what it said of these rows is remembered.
    """

    bench: Bench
    production: Production
    noise: Noise
    compared: Field
    scratch: Path
    trained: list[int] = field(default_factory=list)

    def twin(self, number: int) -> Scored:
        """Train the *number*-th twin, unless it was trained before, and return its answers, scored.

        Raises:
            StageFailed, PipelineError: The recipe fails.
            NotFound, IntegrityError: Something of production's run is not kept here any more.
            ModelError: The twin does not answer as it declares.
        """
        artifact = self._kept(number)
        return self._scored(self._train(number) if artifact is None else artifact, number)

    @property
    def _ledger(self) -> Ledger:
        return self.bench.local.ledger

    def _key(self, number: int) -> str:
        version = self.production.opened.version.record.digest
        return f"twin/1/{version}/{self.noise.seed}/{self.noise.resample}/{number}"

    def _kept(self, number: int) -> Item | None:
        known = self._ledger.cache.get(self._key(number))
        if known is None:
            return None
        item = item_from_json(json.loads(known))
        return item if item.address in self._ledger.objects else None

    def _train(self, number: int) -> Item:
        self.trained.append(number)
        body = self.production.opened.body
        run = record.load(self._ledger, Address(str(body["run"])))
        model = str(cast("Mapping[str, object]", body["artifact"])["path"])
        drawn = self.scratch / str(number) / Path(self.noise.resample).name
        resample(self._table({**run.inputs, **run.outputs}, number), drawn, number)
        variation = Variation({self.noise.seed: seed(number)}, {self.noise.resample: drawn})
        with rerun(self.bench.local, run, variation, (model,)) as done:
            artifact = done.outputs[model]
        self._ledger.cache.put(self._key(number), json.dumps(item_to_json(artifact)).encode())
        return artifact

    def _table(self, items: Mapping[str, Item], number: int) -> Path:
        """Return production's own training table, brought here."""
        if self.noise.resample not in items:
            raise NotFound(
                f"The run of {self.production.name} knows no table {self.noise.resample}.",
                remedy="Name the training table in `noise: {resample: …}` of requirements.yaml.",
            )
        place = self.scratch / f"table-{number}" / Path(self.noise.resample).name
        tree.checkout(items[self.noise.resample], place, self._ledger.objects, self._ledger.files)
        return place

    def _scored(self, artifact: Item, number: int) -> Scored:
        opened = self.production.opened
        path = self.scratch / f"model-{number}" / opened.spec.path.name
        spec = replace(opened.spec, path=path)

        def predict(rows: Table) -> Table:
            tree.checkout(artifact, path, self._ledger.objects, self._ledger.files)
            with Predictor(spec, workers=1) as predictor:
                return predictor.predict(rows)

        name = f"{opened.version.record.digest}/{artifact.address.digest}"
        said = Remembered(predict, spec.inputs, self._ledger, name)(self.compared.rows)
        judged_by = replace(opened.requirements, decision=self.bench.requirements.decision)
        return score(said, self.compared.rows[self.compared.label], judged_by)
