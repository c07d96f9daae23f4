"""How a project stands: what a run would do, why, and how its numbers differ from another revision's."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from roadworthy.app.history import history_of
from roadworthy.app.local import declared
from roadworthy.app.run import graph_of
from roadworthy.build.environment.prepare import prepare
from roadworthy.build.pipeline import record
from roadworthy.build.pipeline.difference import committed, differences, present, recorded
from roadworthy.build.pipeline.grammar.expand import PARAMS
from roadworthy.build.pipeline.inputs import Setting
from roadworthy.build.pipeline.stage import covers
from roadworthy.build.pipeline.why import outlook
from roadworthy.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from roadworthy.app.local import Local
    from roadworthy.build.pipeline.difference import Difference
    from roadworthy.build.pipeline.record import Run
    from roadworthy.build.pipeline.why import Outlook


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
    python = prepare(project.profile.environment, local.folder, local.ledger.state, note)
    graph = graph_of(project, local.ledger)
    status = local.repo.status(local.folder)
    return Standing(
        project=project.profile.project,
        branch=status.branch,
        commit=status.head or "",
        changed=tuple(path for path in status.changed if not covers(tuple(graph.producers), path)),
        stages=outlook(Setting(local.folder, local.ledger, graph, python.digest, os.environ)),
        run=latest(local),
    )


def deployed(local: Local) -> Mapping[str, Mapping[str, str | None]]:
    """Return, for each model that was ever deployed or is tested here, the version in each environment."""
    places = declared(local).profile.environments
    found: dict[str, dict[str, str | None]] = {}
    for model, past in history_of(local, None, None).items():
        known = dict.fromkeys((*places, *(deployment.environment for deployment in past.deployments)))
        found[model] = {}
        for place in known:
            current = past.current(place)
            found[model][place] = None if current is None else current.version
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


def metrics_since(local: Local, revision: str, *, unchanged: bool = False) -> tuple[Difference, ...]:
    """Return how the metrics in the working tree differ from those that *revision*, or its run, has.

    Raises:
        NotFound: There is no such revision, or neither it nor a run of it holds any of the metrics.
    """
    stages = graph_of(declared(local), local.ledger).stages.values()
    files = [out.path for stage in stages for out in stage.outs if out.kind == "metric"]
    commit = local.repo.resolve(revision)
    before = committed(local.repo, commit, local.prefix, files, local.ledger.cache)
    before |= recorded(local.ledger, commit, [file for file in files if file not in before])
    if files and not before:
        raise NotFound(
            f"{revision} holds no metrics, and no run of it is kept here.",
            remedy=f"Make one: `git checkout {revision}`, then `roadworthy run`.",
        )
    return differences(before, present(local.folder, files, local.ledger.cache), unchanged=unchanged)
