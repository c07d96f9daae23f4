"""What a runner hands in: the bodies of the run and its proof, and the bytes that they name, put into the bucket."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from roadworthy.build.pipeline import record
from roadworthy.errors import Conflict, NotFound
from roadworthy.ledger.objects.folder import DirectoryStore
from roadworthy.ledger.objects.item import Item
from roadworthy.ledger.objects.push import push
from roadworthy.ledger.objects.tree import keep_again
from roadworthy.prove import keep

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from roadworthy.app.local import Local
    from roadworthy.build.pipeline.record import Run
    from roadworthy.ledger.objects.address import Address
    from roadworthy.prove.proof import Proof

REPORTS = {"page": ".html", "summary": ".md", "rows": ".rows.json.gz"}


def hand_in(local: Local, commit: str, bucket: Path, *, proved: bool, sampled: bool = False) -> dict[str, object]:
    """Put what came of checking *commit* into *bucket*, and return what names it, as JSON; empty when nothing did.

    Args:
        local: The checkout.
        commit: What was checked.
        bucket: The project's.
        proved: Whether it was tested now; otherwise the run alone is handed in.
        sampled: Whether it was run with other parameters than the commit's: what is kept of the commit itself is older.

    Raises:
        NotFound, IntegrityError: An object that the proof names is not whole here.
        StorageError: The bucket's disk is full.
    """
    own = None if sampled else keep.find(local.ledger, commit)
    found = own or keep.find(local.ledger, commit, dirty=True) if proved else None
    if found is None:
        with suppress(NotFound):
            return {"run": record.body(record.of_commit(local.ledger, commit, dirty=True))}
        return {}
    proof = found[1]
    run = record.load(local.ledger, proof.run)
    store = DirectoryStore(bucket / "objects")
    _keep_reference(local, run, proof)
    for item in _items(local, run, proof):
        push(item, local.ledger.objects, store)
    return {"run": record.body(run), "proof": keep.body(proof), "reports": _reports(local, commit, store)}


def _keep_reference(local: Local, run: Run, proof: Proof) -> None:
    """Keep the reference rows that git tracks from where they stand: they were never put into the ledger."""
    for path, item in run.inputs.items():
        if item.address == proof.reference:
            with suppress(Conflict):  # it changes just now: the push says what is missing
                keep_again(local.folder / path, item, local.ledger.objects, local.ledger.files)


def _items(local: Local, run: Run, proof: Proof) -> Iterator[Item]:
    yield from run.outputs.values()
    yield from (item for item in run.inputs.values() if item.address == proof.reference)
    for address in proof.predictions.values():
        yield Item(address, local.ledger.objects.path(address).stat().st_size)


def _reports(local: Local, commit: str, store: DirectoryStore) -> dict[str, Address]:
    folder = local.ledger.state / "reports"
    places = {role: folder / f"review-{commit[:12]}{ending}" for role, ending in REPORTS.items()}
    places["junit"] = folder / "junit.xml"
    return {role: store.put(place.read_bytes()) for role, place in places.items() if place.is_file()}
