"""What a test is made on: the last run's files, checked to be what it wrote, and the environment to ask models in."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from roadworthy.app.local import confinement, declared
from roadworthy.app.run import coming, graph_of
from roadworthy.build.environment import kit
from roadworthy.build.environment.prepare import prepare
from roadworthy.build.model.spec import ModelSpec
from roadworthy.build.pipeline import record
from roadworthy.build.pipeline.inputs import Setting
from roadworthy.build.pipeline.named import found_in
from roadworthy.build.pipeline.why import outlook
from roadworthy.declare.requirements import HOW_TO_BEGIN
from roadworthy.errors import NotFound
from roadworthy.ledger.objects import tree

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from roadworthy.app.local import Local
    from roadworthy.build.environment.prepare import PythonEnvironment
    from roadworthy.build.pipeline.record import Run
    from roadworthy.build.workplace.confinement import Confinement
    from roadworthy.declare.project import Declared
    from roadworthy.declare.requirements import Requirements
    from roadworthy.ledger.objects.address import Address
    from roadworthy.ledger.objects.item import Item

_RUN = "Run `roadworthy run`."
_WOULD = {"run": "would run", "restore": "would be restored", "blocked": "cannot run"}


@dataclass(frozen=True)
class Bench:
    """A project whose last run is what stands in its working tree.

    Attributes:
        local: The project here.
        project: What it declares.
        requirements: What must hold.
        run: The last run.
        run_address: Its record.
        dirty: Whether anything differs from the run's commit: then the proof is no proof of that commit.
        environment: The Python environment that models are asked in.
        kit: The kit for their processes.
        confinement: What models and the project's tests are confined by; None: nothing.
    """

    local: Local
    project: Declared
    requirements: Requirements
    run: Run
    run_address: Address
    dirty: bool
    environment: PythonEnvironment
    kit: Path
    confinement: Confinement | None = None

    def known(self, path: str) -> Item | None:
        """Return what the last run left or read at *path*, by itself or in a folder; None when it did neither.

        Raises:
            NotFound, IntegrityError: The listing of the folder that it lies in is not kept, or is damaged.
        """
        contents: Mapping[str, Item] = {**self.run.inputs, **self.run.outputs}
        return found_in(contents, path, self.local.ledger.objects)

    def item(self, path: str) -> Item:
        """Return what the file or folder *path* is.

        Raises:
            NotFound: It is not there, or not what the last run wrote or read.
        """
        known = self.known(path)
        found = tree.address_of(self.local.folder / path, self.local.ledger.files)
        if known is not None and known.address != found.address:
            raise NotFound(f"{path} is not what the last run left.", remedy=_RUN)
        return found

    def spec(self, model: str) -> ModelSpec:
        """Return what a worker needs to run the declared *model*.

        Raises:
            NotFound: pipeline.yaml declares no such model.
        """
        models = self.project.pipeline.models
        if model not in models:
            raise NotFound(
                f"pipeline.yaml declares no model `{model}`.", remedy=f"It declares: {', '.join(models) or 'none'}."
            )
        definition = models[model]
        return ModelSpec(
            folder=self.local.folder,
            python=self.environment.python,
            kit=self.kit,
            model=definition,
            path=self.local.folder / definition.path,
            inputs=self.requirements.inputs.columns,
            outputs=self.requirements.outputs,
            name=model,
            confinement=self.confinement,
        )


def open_bench(local: Local, say: Callable[[str], None]) -> Bench:
    """Return the bench of the project here.

    Raises:
        NotFound: There are no requirements, or nothing was run at the commit that is checked out.
        InvalidDeclaration: A declared file has faults.
        EnvironmentFailed: The project's Python environment cannot be made.
    """
    project = declared(local)
    if project.requirements is None:
        raise NotFound(
            "There is no requirements.yaml, so nothing says what must hold.",
            remedy=HOW_TO_BEGIN,
        )
    run = record.latest(local.ledger)
    status = local.repo.status(local.folder)
    if run.address is None or run.commit != (status.head or ""):
        raise NotFound(
            f"The last run is of the commit {run.commit[:12] or '(none)'}, and {(status.head or '')[:12]} is here.",
            remedy="Run `roadworthy run`: what did not change is not run again.",
        )
    confined = confinement(os.environ)()
    return Bench(
        local=local,
        project=project,
        requirements=project.requirements,
        run=run,
        run_address=run.address,
        dirty=not run.clean or bool(status.changed),
        environment=prepare(
            project.profile.environment, local.folder, local.ledger.state, say, confined=confined.isolates
        ),
        kit=kit.install(local.ledger.state),
        confinement=confined,
    )


def stale(bench: Bench) -> tuple[str, ...]:
    """Return which stages would do something now, and why: what is tested is what the last run left, not that."""
    graph = graph_of(bench.project, bench.local.ledger)
    setting = Setting(bench.local.folder, bench.local.ledger, graph, bench.environment.digest, os.environ)
    found = outlook(setting, coming(bench.local, bench.project, graph))
    certain = [
        f"{name} {_WOULD[one.state]} ({one.why})"
        for name, one in found.items()
        if one.state in _WOULD and not graph.stages[name].always_changed
    ]
    after = [f"{name} may run ({one.why})" for name, one in found.items() if one.state == "perhaps"]
    return tuple(certain + after if certain else ())
