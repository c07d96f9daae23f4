"""The generated parts of the data card, and what needs an entry in it: every dataset and every source."""

from __future__ import annotations

from typing import TYPE_CHECKING

from roadworthy.prove.card.entries import Subject

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from roadworthy.declare.contract import Contract
    from roadworthy.declare.project import Declared


def blocks(project: Declared, addresses: Mapping[str, str]) -> dict[str, str]:
    """Return the generated parts by heading; *addresses*: what each pin names, by path.

    Source:
        Gebru et al. (2021), "Datasheets for Datasets"; Pushkarna, Zaldivar and Kjartansson (2022), "Data Cards".
    """
    listed = [f"- {one.name}: {one.declaration}" for one in subjects(project, addresses)]
    rules = [line for name, contract in project.contracts.items() for line in _contract(name, contract)]
    return {
        f"Data card: {project.profile.project}": "\n".join(listed) or "No dataset is declared.",
        "Contracts": "\n".join(rules) or "There is no contract.",
    }


def subjects(project: Declared, addresses: Mapping[str, str]) -> tuple[Subject, ...]:
    """Return what needs an entry: a source changes with its bytes, a dataset with its declaration."""
    sources = (
        Subject(f"source {name}", f"{source.to}, {addresses.get(source.to, 'not pinned')[:19]}")
        for name, source in project.pipeline.sources.items()
    )
    datasets = (
        Subject(
            f"dataset {name}",
            f"{one.path}, key {', '.join(one.key) or 'none'}, label {one.label or 'none'}, time {one.time or 'none'}",
        )
        for name, one in project.pipeline.datasets.items()
    )
    return (*sources, *datasets)


def _contract(name: str, contract: Contract) -> Iterator[str]:
    yield f"- {name}, of {contract.dataset}: {len(contract.columns)} columns"
    for column, rule in contract.columns.items():
        if rule.description:
            yield f"  - {column}: {rule.description}"
