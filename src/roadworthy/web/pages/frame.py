"""What every page of a project shows around its own: its name, one's role, and where else one can go in it."""

from __future__ import annotations

from typing import Any

from roadworthy.platform.identity.permission import Permission
from roadworthy.web.visit import Visit

_TABS = (
    ("", "Overview"),
    ("/changes", "Changes"),
    ("/runs", "Runs"),
    ("/data", "Data"),
    ("/versions", "Versions"),
    ("/environments", "Environments"),
    ("/failure-modes", "Failure modes"),
    ("/readiness", "Readiness"),
    ("/people", "People"),
    ("/settings", "Settings"),
    ("/jobs", "Jobs"),
    ("/events", "Events"),
)


def frame(visit: Visit, project: str) -> dict[str, Any]:
    """Return what the templates of a project's pages ask for."""
    place = f"/projects/{project}"
    maintains = visit.may(Permission.MAINTAIN, project)
    tabs = [(f"{place}{path}", title) for path, title in _TABS]
    return {
        "project": project,
        "place": place,
        "role": visit.role or ("administrator" if visit.person.is_admin else "none"),
        "contributes": visit.may(Permission.CONTRIBUTE, project),
        "maintains": maintains,
        "tabs": [*tabs, (f"{place}/audit", "Audit")] if maintains else tabs,
    }
