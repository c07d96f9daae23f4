"""How a project stands: what a run would do, why, and how its numbers differ from another revision's."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from roadworthy.app.history import history_of, unheeded
from roadworthy.app.local import declared, isolates
from roadworthy.app.run import coming, graph_of
from roadworthy.build.environment.prepare import prepare
from roadworthy.build.pipeline import record
from roadworthy.build.pipeline.difference import committed, differences, present, recorded
from roadworthy.build.pipeline.grammar.expand import PARAMS
from roadworthy.build.pipeline.inputs import Setting
from roadworthy.build.pipeline.stage import covers
from roadworthy.build.pipeline.why import outlook
from roadworthy.errors import NotFound
from roadworthy.prove import keep

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from roadworthy.app.local import Local
    from roadworthy.build.pipeline.difference import Difference
    from roadworthy.build.pipeline.record import Run
    from roadworthy.build.pipeline.why import Outlook
    from roadworthy.prove.measures import Interval
    from roadworthy.prove.proof import Proof

PROOF = "proof"  # in the place of the file's name, for what `roadworthy test` measured


@dataclass(frozen=True, slots=True)
class Standing:
    """How a project stands.

    Attributes:
        project: Its name.
        branch: The branch that is checked out, or None when a commit is.
        commit: The commit that is checked out; empty before the first one.
        changed: Files that differ from it, outputs left out.
        stages: What a run would do with each stage.
        run: The latest run, or None.
    """

    project: str
    branch: str | None
    commit: str
    changed: tuple[str, ...]
    stages: Mapping[str, Outlook]
    run: Run | None


def standing(local: Local, note: Callable[[str], None] = lambda _: None) -> Standing:
    """Return how the project stands; nothing is run.

    Raises:
        RoadworthyError: The declared files, or the Python environment, are wrong.
    """
    project = declared(local)
    python = prepare(project.profile.environment, local.folder, local.ledger.state, note, confined=isolates(os.environ))
    graph = graph_of(project, local.ledger)
    status = local.repo.status(local.folder)
    return Standing(
        project=project.profile.project,
        branch=status.branch,
        commit=status.head or "",
        changed=tuple(path for path in status.changed if not covers(tuple(graph.producers), path)),
        stages=outlook(
            Setting(local.folder, local.ledger, graph, python.digest, os.environ), coming(local, project, graph)
        ),
        run=latest(local),
    )


@dataclass(frozen=True, slots=True)
class Placed:
    """What is deployed in an environment, or None, and, in words, newer deployments that do not count."""

    version: str | None
    unheeded: tuple[str, ...]


def deployed(local: Local) -> Mapping[str, Mapping[str, Placed]]:
    """Return what is in each environment, for each model that was ever deployed or is tested here."""
    places = declared(local).profile.environments
    found: dict[str, dict[str, Placed]] = {}
    for model, past in history_of(local, None, None).items():
        found[model] = {}
        for place in dict.fromkeys((*places, *past.environments)):
            current = past.current(place)
            found[model][place] = Placed(None if current is None else current.version, unheeded(past, place))
    return found


def latest(local: Local) -> Run | None:
    """Return the latest run, or None."""
    try:
        return record.latest(local.ledger)
    except NotFound:
        return None


def params_since(local: Local, revision: str, *, unchanged: bool = False) -> tuple[Difference, ...]:
    """Return how the parameters in the working tree differ from those at *revision*.

    Raises:
        NotFound: There is no such revision.
    """
    stages = graph_of(declared(local), local.ledger).stages.values()
    files = dict.fromkeys((PARAMS, *(params.file for stage in stages for params in stage.params)))
    commit = local.repo.resolve(revision)
    before = committed(local.repo, commit, local.prefix, files, local.ledger.cache)
    return differences(before, present(local.folder, files, local.ledger.cache), unchanged=unchanged)


@dataclass(frozen=True, slots=True)
class Metrics:
    """How metrics differ, and what one must know to read that.

    Attributes:
        differences: The metrics that differ: of the files of stages, and of the proofs.
        notes: What is not compared like with like, in sentences.
    """

    differences: tuple[Difference, ...]
    notes: tuple[str, ...]


def metrics_since(local: Local, revision: str, *, unchanged: bool = False) -> Metrics:
    """Return how the metrics in the working tree differ from those at *revision*: those of stages, and of its proof.

    Raises:
        NotFound: There is no such revision, or one of the two sides has no metrics.
    """
    graph = graph_of(declared(local), local.ledger)
    files = [out.path for stage in graph.stages.values() for out in stage.outs if out.kind == "metric"]
    commit = local.repo.resolve(revision)
    before = committed(local.repo, commit, local.prefix, files, local.ledger.cache)
    before |= recorded(local.ledger, commit, [file for file in files if file not in before])
    after = present(local.folder, files, local.ledger.cache)
    status = local.repo.status(local.folder)
    changed = tuple(path for path in status.changed if not covers(tuple(graph.producers), path))
    old, new = _proof(local, commit), _proof_here(local, status.head or "", changed=bool(changed))
    before |= _measured(old)
    after |= _measured(new)
    if not before:
        raise NotFound(
            f"{revision} holds no metrics: neither a run nor a test of it that measured any is kept here.",
            remedy=f"Make them: `git checkout {revision}`, then `roadworthy run` and `roadworthy test`.",
        )
    if not after:
        raise NotFound(
            f"There are no metrics here to compare with those of {revision}.",
            remedy="Make them: `roadworthy run`, then `roadworthy test`.",
        )
    notes = tuple(_notes(local, revision, old, new, changed=bool(changed)))
    return Metrics(differences(before, after, unchanged=unchanged), notes)


def _proof(local: Local, commit: str) -> Proof | None:
    found = keep.find_like(local.ledger, local.repo, commit, local.prefix)
    return found[1] if found else None


def _proof_here(local: Local, head: str, *, changed: bool) -> Proof | None:
    """Return the newest proof of what is checked out: where files have changed, one of a changed tree will do."""
    found = keep.find(local.ledger, head, dirty=True) if changed else None
    return found[1] if found else _proof(local, head)


def _measured(proof: Proof | None) -> dict[str, object]:
    metrics = cast("Mapping[str, Mapping[str, Interval] | None]", proof.measures.get("metrics", {})) if proof else {}
    values = {name: measure["value"] for name, measure in (metrics.get("candidate") or {}).items()}
    return {PROOF: values} if values else {}


def _notes(local: Local, revision: str, old: Proof | None, new: Proof | None, *, changed: bool) -> Iterator[str]:
    if new and not old:
        yield (
            f"{revision} was not tested here: `git checkout {revision}`, `roadworthy run` and `roadworthy test` "
            "measure it."
        )
    if old and not new:
        yield "What is checked out was not tested: `roadworthy run` and `roadworthy test` measure it."
    if old and new and old.reference != new.reference:
        yield "The two were measured on different reference rows; `roadworthy review` pairs them row by row."
    run = latest(local)
    if new and changed and (not new.dirty or run is None or run.address != new.run):
        yield "Files have changed since the test: `roadworthy run` and `roadworthy test` measure them."
