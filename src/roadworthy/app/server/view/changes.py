"""Changes: those of a project, and how one of them stands."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from roadworthy.app.server import changes as changing
from roadworthy.app.server.alerting.channels import warned
from roadworthy.app.server.context import PROFILE
from roadworthy.app.server.operate import planned
from roadworthy.app.server.platform import SPEAKER
from roadworthy.errors import InvalidDeclaration, NotFound, UsageError
from roadworthy.ledger.objects.address import Address
from roadworthy.platform.change.change import changes as listed_changes
from roadworthy.platform.change.merge import obstacles
from roadworthy.platform.store import schema
from roadworthy.platform.workspace.plan import line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from roadworthy.app.server.platform import Platform
    from roadworthy.platform.automate.job import Job
    from roadworthy.platform.change.change import State
    from roadworthy.platform.change.merge import Standing, Wish

Json = dict[str, Any]
OVERRIDES = 30  # days for which a merge without the approvals asked for stands on the page of its project


def changes(platform: Platform, name: str, state: State | None) -> list[Json]:
    """Return the changes of a project, the newest first."""
    platform.known(name)
    with platform.database.read() as connection:
        return [one.as_json() for one in listed_changes(connection, name, state)]


def standing(platform: Platform, name: str, number: int, wish: Wish) -> Json:
    """Return how a change stands, and what keeps it from being merged for *wish*."""
    platform.known(name)
    found = changing.standing(platform, name, number)
    is_open = found.change.state == "open"
    job, result = _check(platform, found)
    return {
        "change": found.change.as_json(),
        "tip": found.tip,
        "verdict": found.verdict,
        "why": found.why,
        "obstacles": list(obstacles(found, wish)) if is_open else [],
        "loosened": list(found.loosened),
        "plan": _planned(platform, found) if is_open else [],
        "gates": list(result.get("gates", [])),
        "job": None if job is None else job.id,
        "has_report": "page" in _reports(result),
        "has_rows": "rows" in _reports(result),
        "holds": list(found.holds),
        # Whether nothing else speaks against it than what a maintainer may say a reason for.
        "may_override": is_open and found.needs_reason and not obstacles(found, replace(wish, reason="-")),
    }


def _planned(platform: Platform, found: Standing) -> list[str]:
    """Return what merging the change does to the workspace, a line a step; nothing where the profile stays as it is."""
    one, refs = found.change, platform.forge.refs(found.change.project)
    onto = refs.get(f"refs/heads/{one.target}")
    if found.tip is None or onto is None:
        return []
    try:
        before, after = (platform.forge.read(one.project, commit, PROFILE) for commit in (onto, found.tip))
        steps = () if before == after else warned(platform, one.project, planned(platform, one.project, found.tip))
        return [line(step) for step in steps]
    except (NotFound, UsageError, InvalidDeclaration):
        return []  # what keeps it from being read is told by its check


def report(platform: Platform, name: str, number: int) -> bytes:
    """Return the page on which a change was held against its base: HTML that a runner wrote, trusted by nobody.

    Raises:
        NotFound: There is no change of that number, or its last commit has no report.
        IntegrityError: It is damaged.
    """
    return _written(platform, name, number, "page")


def rows(platform: Platform, name: str, number: int) -> bytes:
    """Return all rows that a change flips, as compressed JSON that a runner wrote, for that page alone.

    Raises:
        NotFound: There is no change of that number, or its last commit has no such rows.
        IntegrityError: They are damaged.
    """
    return _written(platform, name, number, "rows")


def _written(platform: Platform, name: str, number: int, role: str) -> bytes:
    platform.known(name)
    _, result = _check(platform, changing.standing(platform, name, number))
    named = _reports(result)
    if role not in named:
        what = {"page": "report", "rows": "rows of changed predictions"}[role]
        raise NotFound(f"Change {number} has no {what}.", remedy="It is there once a check has tested its last commit.")
    return platform.home.ledger(name, SPEAKER).objects.get(Address(named[role]))


def _check(platform: Platform, found: Standing) -> tuple[Job | None, Mapping[str, Any]]:
    """Return the check of a change's last commit, and what it came to: by its record, where its job is not known."""
    one = found.change
    tip = found.tip if one.state == "open" else one.head
    if tip is None:
        return None, {}
    job = changing.check_of(platform, one.project, tip, one.target)
    if job is not None:
        return job, job.result or {}
    stated = changing.stated_of(platform, one.project, tip, one.target)
    return None, {} if stated is None else {"gates": stated.gates, "reports": stated.reports}


def _reports(result: Mapping[str, Any]) -> Mapping[str, str]:
    return result.get("reports") or {}


def overrides(platform: Platform, project: str, now: int, days: int = OVERRIDES) -> list[Json]:
    """Return the merges of the last *days* before *now* that a maintainer made without the approvals asked for."""
    table = schema.fact
    asked = select(table.c.actor, table.c.body).where(table.c.project == project, table.c.kind == "merge")
    with platform.database.read() as connection:
        merged = {(one.number, one.head) for one in listed_changes(connection, project, "merged")}
        found = {
            (row.body["number"], row.body["head"]): {
                "number": row.body["number"], "who": row.actor, "reason": row.body["reason"],
                "missing": row.body.get("missing", []), "at": row.body["merged_at"],
            }
            for row in connection.execute(asked.order_by(table.c.at))
            if row.body.get("overridden") and row.body["merged_at"] > now - days * 86_400_000
        }  # fmt: skip
    return sorted((one for key, one in found.items() if key in merged), key=lambda one: -int(one["at"]))
