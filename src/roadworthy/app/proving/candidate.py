"""The candidate: the model of the run, its reference rows, and what it and its rivals say of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from roadworthy.app.proving.production import Absent
from roadworthy.build.data import query
from roadworthy.errors import NotFound, RoadworthyError
from roadworthy.prove.behaviour import edges
from roadworthy.prove.behaviour.subject import Subject
from roadworthy.prove.evaluate.quality import Rivals
from roadworthy.prove.predictor import Predictor
from roadworthy.prove.proof import Check
from roadworthy.prove.remembered import Remembered

if TYPE_CHECKING:
    from contextlib import ExitStack

    from roadworthy.app.proving.bench import Bench
    from roadworthy.app.proving.production import Production
    from roadworthy.build.data.table import Table
    from roadworthy.ledger.objects.item import Item
    from roadworthy.prove.against_production.field import Field

REFERENCE = "reference"


@dataclass(frozen=True)
class Candidate:
    """The model under test.

    Attributes:
        artifact: The model itself.
        is_baseline: Whether it is the baseline, byte for byte: the neutral first launch.
        reference: The file of the reference rows.
        subject: The model, its rows, and what it says of them.
        remembered: Asks the model, but not twice about the same rows.
        key, label: The columns of the reference rows that name a row, and that hold what was true.
    """

    artifact: Item
    is_baseline: bool
    reference: Item
    subject: Subject
    remembered: Remembered
    key: tuple[str, ...] = ()
    label: str | None = None


@dataclass
class Answers:
    """What each role said of the candidate's reference rows, and why others said nothing.

    Production stands in `elsewhere` instead where it is compared with on rows of its own.
    """

    said: dict[str, Table] = field(default_factory=dict)
    elsewhere: Field | None = None
    roles: dict[str, str] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)

    def rivals(self) -> Rivals:
        """Return what `better_than` may name."""
        return Rivals(self.roles, self.reasons)

    def meet(self, met: Field | Check, candidate: Candidate, production: Production | Absent) -> None:
        """Take in what production said of the rows of comparison, or why it said nothing."""
        if isinstance(met, Check) or isinstance(production, Absent):
            self.reasons["production"] = met.summary if isinstance(met, Check) else "There is none."
        elif (
            production.reference == candidate.reference.address
            and met.production_said.names == met.candidate_said.names
        ):
            self.said["production"] = production.model.predict(candidate.subject.rows)
        else:
            self.elsewhere = met


def open_candidate(bench: Bench, stack: ExitStack) -> Candidate:
    """Return the candidate with its answers; its workers end with *stack*.

    Raises:
        NotFound: There is no such model or no reference rows, or they are not what the last run left.
        ModelError: The model does not answer its reference rows as it declares.
    """
    wanted = bench.requirements
    spec = bench.spec(wanted.model)
    artifact = bench.item(spec.model.path)
    dataset = bench.project.pipeline.datasets.get(REFERENCE)
    if dataset is None:
        raise NotFound(
            "pipeline.yaml names no dataset `reference`, so there are no rows to test the model on.",
            remedy="Name it under `datasets`, with its key and its label.",
        )
    reference = bench.item(dataset.path)
    rows = query.read(bench.local.folder / dataset.path)
    lacking = [name for name in wanted.inputs.columns if name not in rows]
    if lacking:
        raise NotFound(
            f"{dataset.path} has no column {', '.join(lacking)}, which the model is given.",
            remedy="Mend the stage that writes it, or `inputs` in requirements.yaml.",
        )
    predictor = stack.enter_context(Predictor(spec))
    remembered = Remembered(predictor.predict, spec.inputs, bench.local.ledger)
    label = dataset.label if dataset.label in rows else None
    key = tuple(name for name in dataset.key if name in rows)
    is_baseline = _is_baseline(bench, artifact)
    subject = Subject(
        rows=rows,
        inputs=spec.inputs,
        answers=remembered(rows),
        predict=predictor.predict,
        is_baseline=is_baseline,
        key=key,
        label=None if label is None else rows[label],
        ends=edges.ends(wanted, bench.project.contracts),
        outputs=wanted.outputs,
    )
    return Candidate(artifact, is_baseline, reference, subject, remembered, key, label)


def answers(bench: Bench, candidate: Candidate, stack: ExitStack) -> Answers:
    """Return what the candidate and its rivals say of the candidate's reference rows, production left out."""
    found = Answers(said={"candidate": candidate.subject.answers}, roles={"production": "production"})
    wanted = bench.requirements
    named = [*(rule.better_than for rule in wanted.quality), *(rule.better_than for rule in wanted.slices)]
    for name in dict.fromkeys(name for name in (*named, wanted.baseline) if name not in {None, "production"}):
        role = "baseline" if name == wanted.baseline else str(name)
        if role == "baseline" and candidate.is_baseline:
            found.reasons[str(name)] = "This is the baseline itself: a neutral first launch."
        else:
            _ask(found, bench, candidate, (str(name), role), stack)
    return found


def _ask(found: Answers, bench: Bench, candidate: Candidate, named: tuple[str, str], stack: ExitStack) -> None:
    name, role = named
    try:
        spec = bench.spec(name)
        bench.item(spec.model.path)
        found.said[role] = stack.enter_context(Predictor(spec)).predict(candidate.subject.rows)
        found.roles[name] = role
    except RoadworthyError as fault:
        found.reasons[name] = f"{name} cannot be asked: {fault}"


def _is_baseline(bench: Bench, artifact: Item) -> bool:
    name = bench.requirements.baseline
    if name is None or name not in bench.project.pipeline.models:
        return False
    return bench.item(bench.project.pipeline.models[name].path).address == artifact.address
