"""Gather what is known of one end of a change: from git, the ledger, and what its commit declares."""

from __future__ import annotations

import contextlib
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np

from roadworthy.app.history import unheeded
from roadworthy.build.data import query
from roadworthy.build.data.pins import pins_in
from roadworthy.build.data.profile import profile
from roadworthy.build.pipeline import record
from roadworthy.declare import project
from roadworthy.errors import NotAProject, NotFound, UsageError
from roadworthy.ledger.objects.address import Address
from roadworthy.ledger.versions.read import history
from roadworthy.prove import keep
from roadworthy.prove.evaluate.scored import score
from roadworthy.prove.gate import acceptance
from roadworthy.prove.remembered import fetch
from roadworthy.prove.review.comparison import Side
from roadworthy.prove.review.complexity.delta import definitions, locked
from roadworthy.prove.review.evidence import Evidence, Held
from roadworthy.prove.review.rows.answers import Answers

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from roadworthy.app.local import Local
    from roadworthy.build.data.table import Bools, Table
    from roadworthy.build.pipeline.key import Parts
    from roadworthy.build.pipeline.record import Run
    from roadworthy.declare.project import Declared
    from roadworthy.declare.requirements import Requirements
    from roadworthy.ledger.versions.read import History
    from roadworthy.prove.proof import Proof

PRODUCTION = "production"
_LARGEST_TABLE = 1 << 30  # bytes of a dataset that is looked into
_LONGEST_SOURCE = 1_000_000  # characters of a module that is searched for definitions


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows that a proof was made on, and which of them have a label."""

    table: Table
    labelled: Bools
    key: tuple[str, ...]
    label: str
    requirements: Requirements


def gather(
    local: Local, commit: str, name: str, *, dirty: bool, tested: tuple[Address, Proof] | None = None
) -> Evidence:
    """Return what is known of *commit*, which was asked for as *name*.

    Args:
        local: The project here.
        commit: The full id of the commit.
        name: How it was asked for.
        dirty: Whether a proof of a tree that differed from its commit will do; it never does as what others are held
            against.
        tested: The proof to take, where it is known which.

    Raises:
        InvalidDeclaration: Its declared files have faults.
        IntegrityError: A record about it is damaged.
    """
    side = Side(name, commit, local.repo.log(commit, limit=1)[0].subject)
    evidence = _declared(local, commit, Evidence(side))
    tested = tested or keep.find_like(local.ledger, local.repo, commit, local.prefix)
    changed = keep.find(local.ledger, commit, dirty=True) if tested is None else None
    tested = tested or (changed if dirty else None)
    if tested is None:
        return replace(evidence, only_dirty=changed is not None)
    address, proof = tested
    run = _run(local, proof)
    seen = history(local.repo, local.ledger, proof.model, folder=local.prefix)
    current = seen.current(PRODUCTION)
    return replace(
        evidence,
        side=replace(side, proof=address, run=proof.run),
        proof=proof,
        run=run,
        seconds=_seconds(local, run),
        parts=_parts(local, run),
        artifacts=_artifacts(local, evidence.declared, proof, run, seen),
        deployed=current.version if current else None,
        unheeded=unheeded(seen, PRODUCTION),
        accepted=acceptance.find(local.ledger, proof),
    )


def rows_of(local: Local, evidence: Evidence) -> Rows | None:
    """Return the rows that the proof of *evidence* was made on; None when they are not kept here, or have no label.

    Raises:
        IntegrityError: They are damaged.
    """
    proof, declared = evidence.proof, evidence.declared
    requirements = declared.requirements if declared else None
    dataset = declared.pipeline.datasets.get("reference") if declared else None
    if proof is None or proof.reference is None or requirements is None or dataset is None or dataset.label is None:
        return None
    try:
        with _table(local, proof.reference, Path(dataset.path).suffix) as path:
            table = query.read(path)
    except (NotFound, UsageError):
        return None
    if dataset.label not in table:
        return None
    return Rows(table, ~table[dataset.label].is_missing(), dataset.key, dataset.label, requirements)


def held(local: Local, base: Evidence, head: Evidence) -> tuple[Mapping[str, Held] | None, Mapping[str, Held] | None]:
    """Return the named datasets of both runs, looked into where their bytes differ; None for a run that is not here."""
    old, new = (_held(side) for side in (base, head))
    if old is None or new is None:
        return old, new
    differ = [name for name in old if name in new and old[name].item.address != new[name].item.address]
    for side in (old, new):
        side.update({name: _profiled(local, side[name]) for name in differ})
    return old, new


def _held(side: Evidence) -> dict[str, Held] | None:
    if side.run is None or side.declared is None:
        return None
    known = {**side.run.inputs, **side.run.outputs}
    datasets = side.declared.pipeline.datasets
    return {name: Held(one.path, known[one.path]) for name, one in datasets.items() if one.path in known}


def _profiled(local: Local, one: Held) -> Held:
    if one.item.size > _LARGEST_TABLE:
        return replace(one, why_not=f"it is larger than {_LARGEST_TABLE >> 30} GiB")
    try:
        with _table(local, one.item.address, Path(one.path).suffix) as path:
            return replace(one, profile=profile(path))
    except NotFound:
        return replace(one, why_not="its bytes are not both kept here")
    except UsageError:
        return replace(one, why_not="it is no table")


def answers(local: Local, evidence: Evidence, rows: Rows | None, role: str = "candidate") -> Answers | None:
    """Return what the model in *role* said of *rows*, those of the proof of *evidence*; None when that is not kept.

    Raises:
        IntegrityError: The answers are damaged.
    """
    if rows is None or evidence.proof is None or role not in evidence.proof.predictions:
        return None
    try:
        said = fetch(local.ledger, evidence.proof.predictions[role])
    except NotFound:
        return None
    if len(said) != len(rows.table):
        return None
    labelled = rows.table.take(rows.labelled)
    scored = score(said.take(rows.labelled), labelled[rows.label], rows.requirements)
    words = _classes(said.take(rows.labelled)) if rows.requirements.task == "multiclass" else None
    return Answers(scored, labelled, rows.key, rows.requirements.inputs.columns, rows.label, words)


def _classes(said: Table) -> NDArray[np.generic]:
    """Return which class is said of each row: the one output, or of one for each class the likeliest."""
    if len(said.names) == 1:
        return said[said.names[0]].values.astype(str)
    named: NDArray[np.generic] = np.asarray(said.names)[np.stack([said[name].values for name in said.names]).argmax(0)]
    return named


def _declared(local: Local, commit: str, evidence: Evidence) -> Evidence:
    with _exported(local, commit) as folder:
        try:
            declared = project.read(folder, local.ledger.cache)
        except NotAProject:
            return evidence
        lock = folder / declared.profile.environment.lock
        return replace(
            evidence,
            declared=declared,
            pins=pins_in(folder),
            distributions=locked(lock.read_text(encoding="utf-8", errors="replace")) if lock.is_file() else {},
            definitions=definitions(dict(_sources(folder))),
        )


@contextlib.contextmanager
def _exported(local: Local, commit: str) -> Iterator[Path]:
    """Yield a folder that holds the project's files as *commit* has them; an empty one when it has none."""
    scratch = local.ledger.state / "work"
    scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="review-", dir=scratch) as aside:
        folder = Path(aside) / local.folder.name
        try:
            local.repo.export(commit, local.prefix, folder)
        except NotFound:
            folder.mkdir()
        yield folder


def _sources(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.rglob("*.py")):
        name = path.relative_to(folder)
        if not path.is_symlink() and "tests" not in name.parts and path.stat().st_size < _LONGEST_SOURCE:
            yield name.as_posix(), path.read_text(encoding="utf-8", errors="replace")


def _run(local: Local, proof: Proof) -> Run | None:
    try:
        return record.load(local.ledger, proof.run)
    except NotFound:
        return None


def _seconds(local: Local, run: Run | None) -> dict[str, float]:
    """Return how long each stage took when it last ran: for a cached one, as its own record says."""
    found: dict[str, float] = {}
    for name, stage in run.stages.items() if run else ():
        if stage.state == "ran":
            found[name] = stage.seconds
        elif stage.record is not None:
            with contextlib.suppress(NotFound):
                found[name] = float(str(local.ledger.records.read(stage.record).body.get("seconds", 0.0)))
    return found


def _parts(local: Local, run: Run | None) -> dict[str, Parts]:
    """Return what each stage's outputs depended on, as its record says."""
    found: dict[str, Parts] = {}
    for name, stage in run.stages.items() if run else ():
        if stage.record is not None:
            with contextlib.suppress(NotFound):
                found[name] = cast("Parts", local.ledger.records.read(stage.record).body["parts"])
    return found


def _artifacts(
    local: Local, declared: Declared | None, proof: Proof, run: Run | None, seen: History
) -> dict[str, Address]:
    """Return the addresses of the production version's and the baseline's models, where they are known."""
    found: dict[str, Address] = {}
    version = seen.version(proof.production) if proof.production else None
    if version is not None:
        artifact = local.ledger.records.read(version.record).body.get("artifact")
        if isinstance(artifact, dict):
            found["production"] = Address(str(artifact["address"]))
    name = declared.requirements.baseline if declared and declared.requirements else None
    model = declared.pipeline.models.get(name) if declared and name else None
    if model is not None and run is not None and model.path in run.outputs:
        found["baseline"] = run.outputs[model.path].address
    return found


@contextlib.contextmanager
def _table(local: Local, address: Address, ending: str) -> Iterator[Path]:
    scratch = local.ledger.state / "work"
    scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="review-", dir=scratch) as aside:
        path = Path(aside) / f"table{ending}"
        local.ledger.objects.copy_to(address, path)
        yield path
