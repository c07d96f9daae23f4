"""Running a project's pipeline on this machine: the parts joined, the run recorded."""

from __future__ import annotations

import os
import shutil
import sys
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Self

from roadworthy.adapters.executor.process.executor import ProcessExecutor
from roadworthy.adapters.executor.process.watchdog import Rescue
from roadworthy.app.local import confinement, declared, isolates
from roadworthy.build.data.pins import item_of, pin_path
from roadworthy.build.environment import kit
from roadworthy.build.environment.prepare import prepare
from roadworthy.build.pipeline import record
from roadworthy.build.pipeline.execute import execute
from roadworthy.build.pipeline.grammar.expand import PARAMS, expand
from roadworthy.build.pipeline.grammar.values import ValueFiles
from roadworthy.build.pipeline.graph import Graph, build
from roadworthy.build.pipeline.inputs import Setting, absent
from roadworthy.build.pipeline.job import Job, silent
from roadworthy.build.pipeline.named import unnamed
from roadworthy.build.pipeline.perform import LOCKS
from roadworthy.build.pipeline.stage import covers
from roadworthy.build.pipeline.why import Coming
from roadworthy.build.workplace.aside import Session, recover
from roadworthy.build.workplace.lock import sweep
from roadworthy.declare.project import read_pin
from roadworthy.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from roadworthy.app.local import Local
    from roadworthy.build.environment.prepare import PythonEnvironment
    from roadworthy.build.pipeline.job import Event
    from roadworthy.build.pipeline.record import Run
    from roadworthy.declare.project import Declared
    from roadworthy.ledger.ledger import Ledger
    from roadworthy.ledger.objects.item import Item
    from roadworthy.ledger.repo.status import Status


_LOGS = 100  # runs whose logs are kept


@dataclass(frozen=True, slots=True)
class Wishes:
    """How the user wants it done.

    Attributes:
        targets: Stages, groups or outputs; everything when empty.
        slots: How many processors stages may use at once.
        strict: Whether a file that is read but not declared fails its stage.
        say: Told of what goes on.
        note: Told, in a line, of slow things that are no stage.
        secrets: Values by name, for the stages that name them.
    """

    targets: tuple[str, ...] = ()
    slots: int = 1
    strict: bool = False
    say: Callable[[Event], None] = silent
    note: Callable[[str], None] = field(default=lambda _: None)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def of(
        cls,
        *,
        targets: tuple[str, ...] = (),
        slots: int | None = None,
        strict: bool = False,
        say: Callable[[Event], None] = silent,
        note: Callable[[str], None] = lambda _: None,
    ) -> Self:
        """Return wishes with what the machine and its environment say where the user said nothing."""
        is_ci = os.environ.get("CI", "").lower() not in {"", "0", "false"}
        return cls(targets, slots or os.cpu_count() or 1, strict or is_ci, say, note)


def run(local: Local, wishes: Wishes | None = None) -> Run:
    """Run what has changed, and record the run.

    Raises:
        RoadworthyError: See `execute`; nothing half done is left.
        KeyboardInterrupt: Everything that ran was ended.
    """
    wishes = wishes or Wishes.of()
    began, started = time.monotonic(), datetime.now(UTC)
    project = declared(local)
    recover(local.ledger.state)
    sweep(local.ledger.state / LOCKS)
    whole = graph_of(project, local.ledger)
    graph = whole.only(whole.closure(whole.targets(wishes.targets)))
    with _bringing(local, graph, wishes):
        python = prepare(
            project.profile.environment, local.folder, local.ledger.state, wishes.note,
            confined=isolates(os.environ),
        )  # fmt: skip
    setting = Setting(local.folder, local.ledger, graph, python.digest, os.environ, wishes.secrets)
    before = local.repo.status(local.folder)
    with job_of(setting, python, wishes) as job:
        stages, inputs = execute(job)
    differs = _differs(local, before, has_run=any(stage.state == "ran" for stage in stages.values()))
    outputs = tuple(whole.producers)
    return record.keep(
        local.ledger,
        record.Run(
            project=project.profile.project,
            commit=before.head or "",
            dirty=tuple(
                sorted({*(p for p in differs if not covers(outputs, p)), *unnamed(inputs, setting, local.repo)})
            ),
            stages=stages,
            inputs=inputs,
            params=project.params,
            python_environment={
                "python": str(python.python),
                "digest": python.digest,
                "matches_lock": python.matches_lock,
                "managed": python.managed,
            },
            machine={"system": os.uname().sysname, "architecture": os.uname().machine, "cpus": os.cpu_count() or 1},
            started=started.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            seconds=round(time.monotonic() - began, 3),
        ),
    )


@contextmanager
def _bringing(local: Local, graph: Graph, wishes: Wishes) -> Iterator[None]:
    """Bring data that is declared and not here (from the ledger, the bucket, or its source) beside the block."""
    missing = [path for path, _ in absent(graph, local.folder)]
    if not missing:
        yield
        return
    from concurrent.futures import ThreadPoolExecutor

    from roadworthy.app.data import ensure_data

    wishes.note(f"Bringing {', '.join(missing)}.")
    with ThreadPoolExecutor(max_workers=1) as beside:
        brought = beside.submit(ensure_data, local, missing)
        yield
        brought.result()


def coming(local: Local, project: Declared, graph: Graph) -> Mapping[str, Coming]:
    """Return the inputs that are not here and that `run` would bring: from the ledger, the bucket, or their source."""
    missing = dict(absent(graph, local.folder))
    if not missing:
        return {}
    from roadworthy.app.data import BUCKET

    sources = {source.to for source in project.pipeline.sources.values()}
    found: dict[str, Coming] = {}
    for path in missing:
        item = _pinned(local, path)
        if item is not None and item.address in local.ledger.objects:
            found[path] = Coming("what is kept here", item)
        elif item is not None and os.environ.get(BUCKET):
            found[path] = Coming("the bucket", item)
        elif path in sources:
            found[path] = Coming("its source", item)
    return found


def _pinned(local: Local, path: str) -> Item | None:
    try:
        return item_of(read_pin(pin_path(local.folder / path)))
    except NotFound:
        return None


def graph_of(project: Declared, ledger: Ledger) -> Graph:
    """Return the graph of all stages of *project*, concrete.

    Raises:
        PipelineError: A stage, or the graph of them, is wrong.
    """
    files = ValueFiles(project.folder, ledger.files, ledger.cache, {PARAMS: project.params})
    return build(expand(project.pipeline, files))


@contextmanager
def job_of(setting: Setting, python: PythonEnvironment, wishes: Wishes) -> Iterator[Job]:
    """Give a job on this machine, and end all that it started, however it ends."""
    state = setting.ledger.state
    confined = confinement(os.environ)
    with Session(state) as session:
        executor = ProcessExecutor(confined, lambda: Rescue(session.alive(), _rescue(state)))
        try:
            yield Job(
                setting=setting,
                python=python,
                kit=partial(kit.install, state),
                executor=executor,
                session=session,
                logs=state / "logs" / f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{os.getpid()}",
                slots=wishes.slots,
                strict=wishes.strict,
                follows=wishes.strict and confined().follows,
                say=wishes.say,
            )
        finally:
            executor.close()
            _prune(state / "logs")


def _prune(logs: Path) -> None:
    """Keep the logs of the last runs alone: their folders are named by time."""
    with suppress(OSError):
        for old in sorted(os.listdir(logs))[:-_LOGS]:  # noqa: PTH208 - names alone are wanted
            shutil.rmtree(logs / old, ignore_errors=True)


def _rescue(state: Path) -> list[str]:
    return [sys.executable, "-P", "-m", "roadworthy.build.workplace.recover", str(state.absolute())]


def _differs(local: Local, before: Status, *, has_run: bool) -> set[str]:
    """Return the files that differed from the commit before or after the run, or were committed meanwhile."""
    if not has_run:
        return set(before.changed)
    after = local.repo.status(local.folder)
    moved = before.head and after.head and before.head != after.head
    changes = local.repo.difference(before.head or "", after.head or "", local.prefix) if moved else ()
    return {*before.changed, *after.changed, *(change.path for change in changes)}
