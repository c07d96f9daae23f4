"""The rows of the named datasets whose bytes differ between two runs."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from roadworthy.errors import NotFound, UsageError
from roadworthy.prove.review.tables.between import between

if TYPE_CHECKING:
    from roadworthy.app.reviewing.said import Said
    from roadworthy.prove.review.comparison import DatasetChange, Datasets
    from roadworthy.prove.review.evidence import Evidence

_LARGEST = 1 << 30  # bytes


def looked_into(said: Said, found: Datasets) -> Datasets:
    """Return *found* with what differs in the rows of each dataset that both sides keep.

    Raises:
        IntegrityError: One of them is damaged.
    """
    return replace(found, changed=tuple(_looked_into(said, one) for one in found.changed))


def _looked_into(said: Said, change: DatasetChange) -> DatasetChange:
    dataset = said.head.declared.pipeline.datasets.get(change.name) if said.head.declared else None
    if dataset is None or change.before is None or change.after is None or change.why_not:
        return change
    scratch = said.local.ledger.state / "work"
    try:
        with tempfile.TemporaryDirectory(prefix="review-", dir=scratch) as aside:
            before, after = (_put(said, side, change.name, Path(aside)) for side in (said.base, said.head))
            return replace(change, between=between(before, after, dataset.key, rows_shown=said.rows_shown))
    except (NotFound, UsageError):
        return change


def _put(said: Said, side: Evidence, name: str, aside: Path) -> Path:
    dataset = side.declared.pipeline.datasets[name] if side.declared else None
    items = {**side.run.inputs, **side.run.outputs} if side.run else {}
    if dataset is None or dataset.path not in items or items[dataset.path].size > _LARGEST:
        raise NotFound(f"The dataset {name} is not kept here.", remedy="Run the pipeline again.")
    path = aside / f"{len(list(aside.iterdir()))}{Path(dataset.path).suffix}"
    said.local.ledger.objects.copy_to(items[dataset.path].address, path)
    return path
