"""Branches: what each has last, and what the last check of it says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from roadworthy.ledger.repo.git import git
from roadworthy.platform.automate import jobs as queue
from roadworthy.platform.automate.rules.branch import DEVELOP
from roadworthy.platform.change.verdict import verdict_on

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from roadworthy.app.server.platform import Platform
    from roadworthy.platform.automate.job import Job

Json = dict[str, Any]
_HEADS = "refs/heads/"
_FORM = "%(refname)%00%(objectname)%00%(committerdate:unix)%00%(subject)%00"
_LOOKED_AT = 400  # jobs of a project among which the last check of a branch is looked for
_MOST = 50  # branches that are shown


def branches(platform: Platform, name: str) -> list[Json]:
    """Return the branches of a project with their last commit and their last check: main, develop, then the newest."""
    with platform.database.read() as connection:
        jobs = queue.listed(connection, name, limit=_LOOKED_AT)
        checks = [one for one in jobs if one.kind == "check"]
        found = sorted(_heads(platform, name), key=_order)[:_MOST]
        for one in found:
            newest = next((job for job in checks if job.payload.get("branch") == one["name"]), None)
            one["check"] = _stated(connection, name, one) if newest is None else _check(newest, one["commit"])
    return found


def state_of(job: Job) -> str:
    """Return in a word how a job stands: what it says when it is done, and otherwise its state."""
    if job.state == "done":
        return "passed" if job.passed else "failed"
    return "error" if job.state == "failed" else job.state


def _stated(connection: Connection, name: str, branch: Json) -> Json | None:
    """Return what a record says of a check whose job is not known any more; None when there is none."""
    stated = verdict_on(connection, name, branch["commit"], None)
    return None if stated is None else {"id": None, "word": stated.outcome, "why": stated.why, "is_old": False}


def _check(job: Job, commit: str) -> Json:
    said = (job.result or {}).get("summary") or job.reason or ""
    return {
        "id": job.id,
        "word": state_of(job),
        "why": str(said),
        "at": job.finished_at or job.run_at,
        "is_old": job.payload.get("commit") != commit,
    }


def _heads(platform: Platform, name: str) -> Iterator[Json]:
    said = git(platform.forge.path(name), "for-each-ref", f"--format={_FORM}", _HEADS)
    for line in said.decode("utf-8", "backslashreplace").split("\0\n")[:-1]:
        ref, commit, at, subject = line.split("\0")
        yield {"name": ref.removeprefix(_HEADS), "commit": commit, "at": int(at or 0) * 1000, "subject": subject}


def _order(one: Json) -> tuple[int, int]:
    return {"main": 0, DEVELOP: 1}.get(one["name"], 2), -one["at"]
