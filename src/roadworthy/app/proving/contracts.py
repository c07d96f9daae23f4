"""Which files a contract is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from roadworthy.prove.contract.check import Data

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from roadworthy.declare.contract import Contract
    from roadworthy.declare.project import Declared


def data_of(project: Declared, folder: Path, name: str) -> Data:
    """Return the dataset of the contract *name*, with all that it is held against, below *folder*."""
    rules = project.contracts[name]
    files = files_of(project, folder)
    files = {**{path: folder / path for path in _spoken(rules) if (folder / path).exists()}, **files}
    held = project.pipeline.datasets.get(rules.dataset)
    inputs = None if project.requirements is None else project.requirements.inputs
    return Data(
        path=files.get(rules.dataset, folder / rules.dataset),
        others=files,
        key=held.key if held else (),
        time=held.time if held else None,
        inputs=inputs.columns if inputs is not None and inputs.contract == name else (),
    )


def files_of(project: Declared, folder: Path) -> Mapping[str, Path]:
    """Return the file of every dataset and source, by its name."""
    named = {name: folder / source.to for name, source in project.pipeline.sources.items()}
    return named | {name: folder / dataset.path for name, dataset in project.pipeline.datasets.items()}


def _spoken(rules: Contract) -> Iterator[str]:
    """Yield what *rules* call their datasets: names, or paths."""
    yield rules.dataset
    yield from (foreign.in_ for foreign in rules.table.foreign_keys)
    if rules.splits is not None:
        yield from (rules.splits.training, rules.splits.test)
    if rules.like is not None:
        yield rules.like.dataset
