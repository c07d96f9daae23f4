"""Inputs that are not here, and that a run would bring before its stages."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from roadworthy.build.data.pins import item_of, pin_path
from roadworthy.build.pipeline.inputs import absent
from roadworthy.build.pipeline.why import Coming
from roadworthy.declare.project import read_pin
from roadworthy.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Mapping

    from roadworthy.app.local import Local
    from roadworthy.build.pipeline.graph import Graph
    from roadworthy.declare.project import Declared
    from roadworthy.ledger.objects.item import Item


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
