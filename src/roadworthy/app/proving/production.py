"""The version in production, opened to be compared with: its own code, environment, artifact and reference rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from roadworthy.app.history import unheeded
from roadworthy.build.data import query
from roadworthy.build.model.version import fetch, open_version
from roadworthy.ledger.versions.read import history
from roadworthy.prove.against_production.field import Model
from roadworthy.prove.predictor import Predictor
from roadworthy.prove.remembered import Remembered

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import ExitStack

    from roadworthy.app.proving.bench import Bench
    from roadworthy.build.model.version import OpenVersion
    from roadworthy.ledger.versions.read import History

ENVIRONMENT = "production"
REFERENCE = "reference"


@dataclass(frozen=True)
class Production:
    """What is deployed in production.

    Attributes:
        opened: The version, with its files on this disk.
        model: The version as one side of the comparison.
        reference: The address of its reference rows.
    """

    opened: OpenVersion
    model: Model
    reference: str

    @property
    def name(self) -> str:
        """The version, as people write it."""
        return self.opened.version.name


@dataclass(frozen=True, slots=True)
class Absent:
    """Why there is nothing to compare with, in a sentence."""

    reason: str


def open_production(
    bench: Bench, say: Callable[[str], None], warn: Callable[[str], None], stack: ExitStack
) -> Production | Absent:
    """Return the version in production, or why there is none to compare with; its workers end with *stack*.

    *warn* is told of deployments that are newer than the current one and do not count.

    Raises:
        NotFound, IntegrityError: Something of the version is missing or damaged.
        EnvironmentFailed: Its Python environment cannot be made.
    """
    local, model = bench.local, bench.requirements.model
    known = history(local.repo, local.ledger, model, folder=local.prefix)
    for said in unheeded(known, ENVIRONMENT):
        warn(said)
    deployment = known.current(ENVIRONMENT)
    version = None if deployment is None else known.version(deployment.version)
    if version is None:
        return Absent(_why_none(known))
    opened = open_version(local.repo, local.ledger, version, say, bench.confinement)
    path = fetch(local.ledger, opened.spec.folder, opened.body, REFERENCE)
    dataset = opened.declared.pipeline.datasets.get(REFERENCE)
    rows = None if path is None else query.read(path)
    if rows is None or dataset is None or dataset.label is None or dataset.label not in rows:
        # Not refused: its files are frozen, so that nothing could ever follow it.
        return Absent(f"{version.tag} was released without labelled reference rows: nothing can be compared with it.")
    predictor = stack.enter_context(Predictor(opened.spec))
    predict = Remembered(predictor.predict, opened.spec.inputs, local.ledger, version.record.digest)
    side = Model(opened.requirements, predict, rows, dataset.label, dataset.key)
    part = cast("Mapping[str, object]", opened.body[REFERENCE])
    return Production(opened, side, str(part["address"]))


def _why_none(known: History) -> str:
    claimed = known.newer(ENVIRONMENT)
    if not claimed:
        return "There is no version in production yet."
    one = claimed[0]
    if one.cause == "absent":
        return f"Production has {one.tag}, but its record is not here."
    return f"Production is said to have {one.tag}, which does not count: {one.reason}"
