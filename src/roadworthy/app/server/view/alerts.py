"""The channels of a project that people are told by: what each lacks, and what it was told last."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from roadworthy.app.outside.reach import lacks
from roadworthy.app.server.view.jobs import as_json
from roadworthy.platform.alert.tell import channels, last_told

if TYPE_CHECKING:
    from roadworthy.app.server.platform import Platform

Json = dict[str, Any]


def listed(platform: Platform, project: str) -> list[Json]:
    """Return the channels that a project declares, or that somebody set: what each lacks, and what it was told last."""
    platform.known(project)
    known = platform.identity.alert_secrets.named(project)
    with platform.database.read() as connection:
        declared = channels(connection, project)
        names = (*declared, *(to for to in sorted(known) if to not in declared))
        told = {to: [as_json(one) for one in last_told(connection, project, to)] for to in names}
    return [
        {
            "to": to, "on": list(declared.get(to, ())), "declared": to in declared,
            "set_by": known[to][0] if to in known else None, "set_at": known[to][1] if to in known else None,
            "lacks": lacks(platform.outside, to, is_set=to in known), "jobs": told[to],
        }
        for to in names
    ]  # fmt: skip
