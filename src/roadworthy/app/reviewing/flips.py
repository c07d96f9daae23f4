"""The rows on which a candidate and its rival differ in being right, with the training rows that are most like them."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from roadworthy.build.data import query
from roadworthy.errors import NotFound, UsageError
from roadworthy.prove.review.pairing import matched
from roadworthy.prove.review.rivals import measures_of
from roadworthy.prove.review.rows.flipped import flipped
from roadworthy.prove.review.rows.near import SAMPLE, with_neighbours

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from roadworthy.app.local import Local
    from roadworthy.app.reviewing.said import Said
    from roadworthy.build.data.table import Table
    from roadworthy.prove.measures import AgainstProduction, Pull
    from roadworthy.prove.review.comparison import Comparison
    from roadworthy.prove.review.evidence import Evidence
    from roadworthy.prove.review.rows.flipped import Flipped

_LARGEST = 1 << 30  # bytes of training rows that are looked into
_TRAINING = "training"


def flips_of(said: Said, comparison: Comparison) -> Flipped | None:
    """Return the rows that flip against the rival whose flips are told of first; None where rows cannot be paired.

    Raises:
        IntegrityError: The answers or the training rows are damaged.
    """
    if not comparison.flips or said.ours is None:
        return None
    rival = comparison.flips[0].rival
    theirs = said.by("production" if "production" in rival.roles else "base")
    places = None if theirs is None else matched(theirs, said.ours)
    if theirs is None or places is None:
        return None
    new, old = said.ours.take(places[0]), theirs.take(places[1])
    same = old.rows[old.label].values == new.rows[new.label].values
    found = flipped(old.take(same), new.take(same), rival.title, _groups(said.head), rows_shown=said.rows_shown)
    if found is None or not len(found):
        return found
    return _with_training(said.local, said.head, _explained(found, said.head))


def _groups(head: Evidence) -> list[tuple[str, str, bool]]:
    requirements = head.declared.requirements if head.declared else None
    declared = [(one.name, one.where, True) for one in (requirements.slices if requirements else ())]
    measure = _measure(head)
    rules = measure.get("rules", []) if measure else []
    return [*declared, *((rule["where"], rule["where"], False) for rule in rules)]


def _measure(head: Evidence) -> AgainstProduction | None:
    measured = measures_of(head.proof)
    return measured["against_production"] if measured else None


def _explained(found: Flipped, head: Evidence) -> Flipped:
    """Add which inputs carry the change, as the test found when it asked both models."""
    measure = _measure(head)
    if measure is None:
        return found
    known: dict[tuple[str, ...], Sequence[Pull]] = {
        tuple(str(one["key"].get(name)) for name in found.key): one["because"]
        for one in measure["broken"]
        if "because" in one
    }
    keys = zip(*(map(str, found.columns[name]) for name in found.key), strict=True)
    because: Mapping[int, Sequence[Pull]] = {at: known[key] for at, key in enumerate(keys) if key in known}
    return replace(found, because=because, pulls=tuple(measure.get("inputs", ())))


def _with_training(local: Local, head: Evidence, found: Flipped) -> Flipped:
    dataset = head.declared.pipeline.datasets.get(_TRAINING) if head.declared else None
    items = {**head.run.inputs, **head.run.outputs} if head.run else {}
    item = items.get(dataset.path) if dataset else None
    if dataset is None or item is None or item.size > _LARGEST:
        return found
    scratch = local.ledger.state / "work"
    scratch.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(prefix="review-", dir=scratch) as aside:
            path = Path(aside) / f"table{Path(dataset.path).suffix}"
            local.ledger.objects.copy_to(item.address, path)
            training, rows = _sample(path)
    except (NotFound, UsageError):
        return found
    return with_neighbours(found, training, rows, dataset.label or "")


def _sample(path: Path) -> tuple[Table, int]:
    """Return at most so many rows of a table, the same for the same file, and how many it has."""
    with query.open_tables({"rows": path}) as connection:
        rows = int(connection.execute("SELECT count(*) FROM rows").fetchall()[0][0])
        step = max(1, -(-rows // SAMPLE))
        asked = f"SELECT * FROM rows QUALIFY row_number() OVER () % {step} = 1"  # noqa: S608 - a number
        return query.fetch(connection, "SELECT * FROM rows" if step == 1 else asked), rows
