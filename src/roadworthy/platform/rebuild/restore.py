"""One project, from its bucket and its repository to the rows that they make."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache, partial
from typing import TYPE_CHECKING

from roadworthy.errors import NotFound
from roadworthy.platform.change import verdict
from roadworthy.platform.change.verdict import Checked
from roadworthy.platform.rebuild.believed import believed
from roadworthy.platform.rebuild.changes import Restoring, restore_changes
from roadworthy.platform.rebuild.report import Lost
from roadworthy.platform.rebuild.unfinished import HEADS, evidence, reconciled
from roadworthy.platform.rebuild.workspaces import member_rows, resource_rows
from roadworthy.platform.workspace import keep, project

if TYPE_CHECKING:
    from collections.abc import Mapping

    from roadworthy.ledger.ledger import Ledger
    from roadworthy.platform.rebuild.believed import Believed
    from roadworthy.platform.rebuild.rows import Row
    from roadworthy.platform.rebuild.sources import Sources


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket, and what it says."""

    ledger: Ledger
    said: Believed


@dataclass(frozen=True, slots=True)
class Restored:
    """What a project is made of.

    Attributes:
        bucket: None when there is none.
        rows: By table; none when nothing says that it is a project.
        unfinished: The branches that are left for the next reconciling.
    """

    name: str
    bucket: Bucket | None
    rows: Mapping[str, list[Row]] = field(default_factory=dict)
    lost: tuple[Lost, ...] = ()
    unfinished: tuple[str, ...] = ()


def restore(sources: Sources, name: str) -> Restored:
    """Return what the project *name* is made of. Nothing is written, and no database is read."""
    try:
        ledger = sources.ledger(name)
    except NotFound as fault:
        return Restored(name, None, lost=(Lost(name, "the project", fault.problem),))
    bucket, lost = Bucket(ledger, believed(ledger, name)), list[Lost]()
    row = _project(name, bucket.said, lost)
    if row is None:
        return Restored(name, bucket, lost=tuple(lost))
    refs = _refs(sources, name, lost)
    restoring = Restoring(name, ledger, bucket.said, refs, cache(partial(sources.merges, name)))
    made, stated = project.making(bucket.said.of(project.KIND)), [one for _, one in bucket.said.of(keep.KIND)]
    resources = resource_rows(name, made, stated)
    settled = _settled(bucket.said, refs)
    rows: dict[str, list[Row]] = {
        "project": [row],
        "member": member_rows(name, resources),
        "resource": resources,
        "ref": [{"project": name, "name": ref, "object": found} for ref, found in settled.items()],
        "change": [{**one.as_json(), "unreviewed": int(one.unreviewed)} for one in restore_changes(restoring)],
    }
    unfinished = tuple(ref.removeprefix(HEADS) for ref in refs if ref not in settled)
    return Restored(name, bucket, rows, (*lost, *restoring.lost), unfinished)


def _project(name: str, said: Believed, lost: list[Lost]) -> Row | None:
    """Return the project's row: from what was stated of it, or else from what shows that it was there."""
    found = project.standing(said.of(project.KIND))
    if found is not None:
        return found.row()
    if said.oldest is None:
        lost.append(Lost(name, "the project", "no record in its bucket can be believed."))
        return None
    why = "no record of it can be believed; it counts as made when the oldest of the others was, and not removed."
    lost.append(Lost(name, "when the project was made, and whether it was removed", why))
    return {"name": name, "state": "active", "created_at": said.oldest, "removed_at": None, "record": ""}


def _refs(sources: Sources, name: str, lost: list[Lost]) -> Mapping[str, str]:
    try:
        return sources.refs(name)
    except NotFound as fault:
        lost.append(Lost(name, "its refs, and which changes were merged", fault.problem))
        return {}


def _settled(said: Believed, refs: Mapping[str, str]) -> Mapping[str, str]:
    checks = [Checked.of(record.body) for _, record in said.of(verdict.KIND)]
    return reconciled(refs, evidence(checks, said.held, refs))
