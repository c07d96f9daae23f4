"""A recorded run done again in a clean checkout of its commit, with something varied."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from roadworthy.app.local import isolates
from roadworthy.app.run import Wishes, graph_of, job_of
from roadworthy.build.environment.prepare import prepare
from roadworthy.build.pipeline.execute import execute
from roadworthy.build.pipeline.inputs import Setting
from roadworthy.build.pipeline.rerun import affected, arrange, override
from roadworthy.build.workplace.checkout import clean
from roadworthy.declare import project

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from roadworthy.app.local import Local
    from roadworthy.build.environment.prepare import PythonEnvironment
    from roadworthy.build.pipeline.record import Run
    from roadworthy.build.pipeline.rerun import Variation
    from roadworthy.ledger.objects.item import Item


@dataclass(frozen=True, slots=True)
class Rerun:
    """What a rerun made.

    Attributes:
        folder: The checkout: the project's code as it was, and the outputs in their places; gone when the block ends.
        outputs: Path → content of every output of the stages that ran; kept in the ledger too.
        python: The Python environment of that commit.
    """

    folder: Path
    outputs: Mapping[str, Item]
    python: PythonEnvironment


@contextmanager
def rerun(
    local: Local, run: Run, variation: Variation, wanted: tuple[str, ...], note: Callable[[str], None] = lambda _: None
) -> Iterator[Rerun]:
    """Do *run* again with *variation*, as far as the outputs *wanted* need it, in a checkout of its commit.

    The same variation is not computed twice: its stages have keys as all have. Threads may do several at once.

    Raises:
        PipelineError: The variation changes nothing that *wanted* is made of.
        NotFound: The commit, or something that the run made, is not there.
        StageFailed: A stage fails with the variation.
    """
    ledger = local.ledger
    with clean(local.repo, run.commit, local.prefix, ledger.state) as folder:
        override(folder, variation)
        declared = project.read(folder, ledger.cache)
        python = prepare(declared.profile.environment, folder, ledger.state, note, confined=isolates(os.environ))
        graph = affected(graph_of(declared, ledger), variation, wanted)
        arrange(folder, graph, run, variation, ledger)
        setting = Setting(folder, ledger, graph, python.digest, os.environ)
        with job_of(setting, python, Wishes(note=note)) as job:
            stages, _ = execute(job)
        outputs = {path: item for stage in stages.values() for path, item in stage.outputs.items()}
        yield Rerun(folder, outputs, python)
