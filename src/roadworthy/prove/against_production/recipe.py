"""What has to be done again to train a twin: the stages from the resampled table to the model, with another seed."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, cast

from roadworthy.build.pipeline.stage import covers
from roadworthy.errors import PipelineError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from roadworthy.build.pipeline.graph import Graph


def affected(graph: Graph, resample: str, model: str) -> Graph:
    """Return the part of *graph* that a bootstrapped table *resample* changes on its way to the artifact *model*.

    Raises:
        PipelineError: The model does not come from the table by stages.
    """
    if model not in graph.producers:
        raise PipelineError(f"No stage writes {model}, so it cannot be trained again.", remedy="Take `noise` away.")
    needed = graph.closure([graph.producers[model]])
    readers = [name for name in needed if covers(graph.stages[name].deps, resample)]
    changed = graph.downstream(readers) & needed
    if graph.producers[model] not in changed:
        raise PipelineError(
            f"No stage on the way to {model} reads {resample}, so resampling it would change nothing.",
            remedy="Name the training table in `noise: {resample: …}` of requirements.yaml.",
        )
    return graph.only(changed)


def outside(graph: Graph, resample: str) -> Iterator[str]:
    """Yield what the stages of *graph* read that none of them writes, the table *resample* left out."""
    read = dict.fromkeys(path for stage in graph.stages.values() for path in stage.deps)
    for path in read:
        if path != resample and not covers(tuple(graph.producers), path):
            yield path


def with_seed(params: Mapping[str, object], name: str, seed: int) -> dict[str, object]:
    """Return *params* with the parameter of the dotted *name* set to *seed*.

    Raises:
        PipelineError: There is no such parameter.
    """
    changed = copy.deepcopy(dict(params))
    *path, last = name.split(".")
    place: object = changed
    for part in path:
        place = place.get(part) if isinstance(place, dict) else None
    if not isinstance(place, dict) or last not in place:
        raise PipelineError(
            f"params.yaml has no parameter `{name}`.", remedy="Name it in `noise: {seed: …}` of requirements.yaml."
        )
    cast("dict[str, object]", place)[last] = seed
    return changed
