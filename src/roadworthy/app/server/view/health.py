"""Health at a glance: a word for a project, and each reason for it, with the page that says more."""

from __future__ import annotations

from time import time
from typing import TYPE_CHECKING, Any, Final

from roadworthy.app.server.view.changes import overrides
from roadworthy.app.server.view.evidence.declared import head, said

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from roadworthy.app.server.platform import Platform

Json = dict[str, Any]
_BAD: Final = ("failed", "error")
_GRAVE: Final = ("critical", "high")


def of(platform: Platform, name: str, branches: Sequence[Json], environments: Sequence[Json]) -> Json:
    """Return `broken`, `attention`, `healthy`, or `empty` before anything was pushed; and the reasons, worst first.

    Args:
        platform: Where.
        name: The project.
        branches: Its branches with their last checks.
        environments: Its environments with what is in them.
    """
    broken = [{"why": one, "path": ""} for one in platform.troubles.get(name, ())]
    broken += _checks(branches)
    attention = [] if not branches else list(_attention(platform, name, environments))
    word = "broken" if broken else "attention" if attention else "healthy" if branches else "empty"
    return {"word": word, "reasons": [*broken, *attention]}


def _checks(branches: Sequence[Json]) -> Iterator[Json]:
    main = next((one for one in branches if one["name"] == "main"), None)
    if main is not None and main["check"] is not None and main["check"]["word"] in _BAD:
        yield {"why": "main does not pass its tests", "path": "/runs?q=branch%3Dmain"}


def _attention(platform: Platform, name: str, environments: Sequence[Json]) -> Iterator[Json]:
    for one in environments:
        if one["version"] is not None and one["rollback"]:
            yield {"why": f"{one['environment']} was rolled back to {one['version']}", "path": "/environments"}
    modes = said(platform, name, head(platform, name)).failure_modes.values()
    grave = sum(mode.status == "open" and mode.severity in _GRAVE for mode in modes)
    if grave:
        yield {"why": f"{grave} grave failure mode{'s are' if grave > 1 else ' is'} open", "path": "/failure-modes"}
    for one in overrides(platform, name, round(time() * 1000)):
        yield {"why": f"#{one['number']} was merged without its approvals", "path": f"/changes/{one['number']}"}
