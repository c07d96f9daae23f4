"""People of a project: who has which role, from whom approvals may come, and who was here lately."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from roadworthy.app.server.view.evidence.declared import head, said
from roadworthy.platform.store.schema import audit

if TYPE_CHECKING:
    from roadworthy.app.server.platform import Platform

Json = dict[str, Any]
_ROLES = ("maintainer", "contributor", "reader")
MAY = {
    "maintainer": "deploy, roll back, merge against the rule with a reason, see the audit, remove the project",
    "contributor": "push, propose, merge what may be merged, approve where they are named, run jobs again",
    "reader": "see everything, comment",
}


def people(platform: Platform, name: str) -> list[Json]:
    """Return the members of a project, those with most to decide first."""
    roles = platform.members.roles(platform.known(name))
    profile = said(platform, name, head(platform, name)).profile
    named = {} if profile is None else {"software": profile.reviewers.software, "analysis": profile.reviewers.analysis}
    accounts = {one.name: one for one in platform.identity.accounts.all()}
    last = _last(platform, name)
    found = [
        {
            "who": who, "role": role, "is_group": who.startswith("group:"),
            "display": accounts[who].display if who in accounts else "",
            "has_account": who in accounts or who.startswith("group:"),
            "is_disabled": who in accounts and accounts[who].is_disabled,
            "reviews": [one for one, whom in named.items() if who in whom or f"user:{who}" in whom],
            "last": last.get(who),
        }
        for who, role in roles.items()
    ]  # fmt: skip
    return sorted(found, key=lambda one: (_ROLES.index(str(one["role"])), str(one["who"])))


def _last(platform: Platform, name: str) -> dict[str, str]:
    """Return when each person last did something in the project that is written down."""
    asked = (
        select(audit.c.actor, func.max(audit.c.at).label("last")).where(audit.c.project == name).group_by(audit.c.actor)
    )
    with platform.database.read() as connection:
        return {row.actor: row.last for row in connection.execute(asked)}
