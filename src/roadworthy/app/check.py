"""Whether the stages of a project can be made: every `${…}` filled in, and the graph of them drawn."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from roadworthy.app.local import STATE
from roadworthy.build.pipeline.grammar.expand import PARAMS, expand
from roadworthy.build.pipeline.grammar.values import ValueFiles
from roadworthy.build.pipeline.graph import build
from roadworthy.declare import project
from roadworthy.declare.fault import Fault
from roadworthy.errors import NotFound, PipelineError
from roadworthy.ledger.index.cache import Cache
from roadworthy.ledger.index.database import Database
from roadworthy.ledger.index.files import FileIndex

if TYPE_CHECKING:
    from pathlib import Path


def unmakable(folder: Path, file: str) -> tuple[Fault, ...]:
    """Return what is wrong with the stages that *file* declares once they are made; its other faults are mended."""
    with closing(Database(folder / STATE / "index.db")) as index:
        declared = project.read(folder, Cache(index))
        values = ValueFiles(folder, FileIndex(index), Cache(index), {PARAMS: declared.params})
        try:
            build(expand(declared.pipeline, values))
        except (NotFound, PipelineError) as fault:
            return (Fault(file, 0, 0, fault.problem, fault.remedy),)
    return ()
