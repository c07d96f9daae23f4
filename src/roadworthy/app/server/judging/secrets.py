"""Secrets of projects: who set which, in the audit without the value; and which of them a job is given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from roadworthy.app.server.context import Reading, profile_now
from roadworthy.errors import InvalidDeclaration, UsageError
from roadworthy.platform.identity.audit import Entry

if TYPE_CHECKING:
    from roadworthy.app.server.platform import Platform
    from roadworthy.platform.automate.job import Job
    from roadworthy.platform.identity.projects.secrets import Named


def set_secret(platform: Platform, project: str, name: str, value: str, actor: str) -> Named:
    """Keep a secret of *project*.

    Raises:
        UsageError: The name or the value cannot be one.
    """
    made = platform.identity.project_secrets.set(platform.known(project), name, value, actor)
    _audited(platform, Entry(actor, "secret.set", name, project, {"version": made.version}))
    return made


def remove_secret(platform: Platform, project: str, name: str, actor: str) -> None:
    """Forget a secret of *project*.

    Raises:
        NotFound: There is none of that name.
    """
    platform.identity.project_secrets.remove(platform.known(project), name)
    _audited(platform, Entry(actor, "secret.remove", name, project, {}))


def given_to(platform: Platform, job: Job) -> dict[str, str]:
    """Return what a job is given: what the profile of the default branch names; a change from a fork gets nothing.

    Not the commit's own profile: whoever may push could else name whatever there is.
    """
    if job.payload.get("fork"):
        return {}
    try:
        profile = profile_now(Reading(platform, job.project))
    except (InvalidDeclaration, UsageError):
        return {}
    names = () if profile is None else profile.ci.secrets
    return platform.identity.project_secrets.values(job.project, names) if names else {}


def _audited(platform: Platform, entry: Entry) -> None:
    with platform.database.write() as connection:
        platform.audit.state(connection, entry)
