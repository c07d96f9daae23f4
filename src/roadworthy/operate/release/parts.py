"""What a version is made of: the model, its baseline and the rows it was tested on, as run and commit name them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from roadworthy.build.pipeline.named import found_in, named_at
from roadworthy.operate.release.write import Part

if TYPE_CHECKING:
    from collections.abc import Mapping

    from roadworthy.build.pipeline.record import Run
    from roadworthy.declare.project import Declared
    from roadworthy.ledger.objects.item import Item
    from roadworthy.ledger.objects.store import ObjectStore
    from roadworthy.ledger.repo.repository import Repository
    from roadworthy.prove.proof import Proof


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of a version.

    Attributes:
        model: The model itself; None when neither the run nor the commit names it.
        baseline: What the guard may fall back to; None when there is none.
        reference: The rows it was tested on; None when there are none.
        unmade: The paths of those that are declared and that nothing names.
    """

    model: Part | None
    baseline: Part | None
    reference: Part | None
    unmade: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where bytes may come from: what is kept, and the project's folder in the repository."""

    repo: Repository
    store: ObjectStore
    folder: str


def parts_of(origin: Origin, project: Declared, run: Run, proof: Proof) -> Parts:
    """Return the parts of the version that *run* and *proof* would make.

    What the run neither wrote nor read is as the commit names it, by a pin or as a file in git; and what was tested
    must be that.
    """
    requirements, pipeline = project.requirements, project.pipeline
    contents: Mapping[str, Item] = {**run.inputs, **run.outputs}
    store = origin.store
    unmade: list[str] = []

    def part(path: str | None, tested: str | None) -> Part | None:
        if path is None:
            return None
        at = f"{origin.folder}/{path}" if origin.folder else path
        item = found_in(contents, path, store) or named_at(origin.repo, run.commit, at, store)
        if item is None or tested not in {None, item.address}:
            unmade.append(path)
            return None
        return Part(path, item)

    models = {name: model.path for name, model in pipeline.models.items()}
    model = models.get(requirements.model) if requirements else None
    baseline = models.get(requirements.baseline or "") if requirements else None
    reference = pipeline.datasets.get("reference")
    return Parts(
        model=part(model, proof.candidate),
        baseline=part(baseline, None),
        reference=part(None if reference is None else reference.path, proof.reference),
        unmade=tuple(unmade),
    )
