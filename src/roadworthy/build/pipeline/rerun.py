"""A run done again with something varied: other parameters, another table in the place of an output or of data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import yaml

from roadworthy.build.pipeline.grammar.expand import PARAMS
from roadworthy.build.pipeline.grammar.values import changed, parsed, select
from roadworthy.build.pipeline.stage import covers
from roadworthy.errors import NotFound, PipelineError
from roadworthy.ledger.objects import tree
from roadworthy.ledger.objects.write import storage_errors, write_bytes

if TYPE_CHECKING:
    from pathlib import Path

    from roadworthy.build.pipeline.graph import Graph
    from roadworthy.build.pipeline.record import Run
    from roadworthy.build.pipeline.stage import Stage
    from roadworthy.ledger.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Variation:
    """What differs from the run.

    Attributes:
        params: Dotted name in `params.yaml` → value.
        tables: Path of an output or of data → the file that takes its place.
    """

    params: Mapping[str, object] = field(default_factory=dict)
    tables: Mapping[str, Path] = field(default_factory=dict)


def override(folder: Path, variation: Variation) -> None:
    """Write the parameters of *variation* into the `params.yaml` of *folder*: a checkout, never a working tree.

    Raises:
        NotFound: A parameter is not there.
    """
    if not variation.params:
        return
    path = folder / PARAMS
    values = parsed(PARAMS, path.read_bytes()) if path.exists() else {}
    for name in variation.params:
        select(values, name, PARAMS)
    whole = changed(values if isinstance(values, Mapping) else {}, variation.params)
    write_bytes(path, yaml.safe_dump(whole, sort_keys=False).encode(), aside=folder)


def affected(graph: Graph, variation: Variation, wanted: tuple[str, ...]) -> Graph:
    """Return the stages to run: those that *variation* changes something for, as far as *wanted* needs them.

    Raises:
        PipelineError: The variation changes nothing that *wanted* is made of.
    """
    chosen = _chosen(graph, variation, wanted)
    if not chosen:
        named = ", ".join((*variation.params, *variation.tables))
        raise PipelineError(
            f"{', '.join(wanted)} does not depend on {named}.",
            remedy="Name a parameter or a table in `noise` that the stage which makes it declares.",
        )
    return graph.only(chosen)


def depends(graph: Graph, variation: Variation, wanted: tuple[str, ...]) -> bool:
    """Whether *variation* changes anything that *wanted* is made of.

    Raises:
        NotFound: Nothing makes one of *wanted*.
    """
    return bool(_chosen(graph, variation, wanted))


def arrange(folder: Path, graph: Graph, run: Run, variation: Variation, ledger: Ledger) -> None:
    """Put in place in *folder* what the stages of *graph* read and do not write themselves.

    Raises:
        NotFound, IntegrityError: The ledger does not hold what *run* made, or it is damaged.
        StorageError: The disk is full or the folder is read-only.
    """
    outside = {**run.inputs, **run.outputs}
    for path, table in variation.tables.items():
        with storage_errors(folder / path):
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(table.read_bytes())
    for path in dict.fromkeys(dep for stage in graph.stages.values() for dep in stage.deps):
        if path in graph.producers or path in variation.tables or (folder / path).exists():
            continue
        for place, item in outside.items():
            if covers((path,), place) or covers((place,), path):
                try:
                    tree.checkout(item, folder / place, ledger.objects, ledger.files)
                except NotFound:
                    if place in run.outputs:
                        raise


def _chosen(graph: Graph, variation: Variation, wanted: tuple[str, ...]) -> frozenset[str]:
    makers = {name for path, name in graph.producers.items() if path in variation.tables}
    touched = {name for name, stage in graph.stages.items() if name not in makers and _reads(stage, variation)}
    return frozenset(graph.downstream(touched) & graph.closure(graph.targets(wanted)) - makers)


def _reads(stage: Stage, variation: Variation) -> bool:
    tables = tuple(variation.tables)
    if any(covers(tables, dep) or covers((dep,), table) for dep in stage.deps for table in tables):
        return True
    used = [key for params in stage.params if params.file == PARAMS for key in params.keys or ("",)]
    return any(
        not key or name == key or name.startswith(f"{key}.") or key.startswith(f"{name}.")
        for key in used
        for name in variation.params
    )
