"""What people are told of, in words: each is asked for in the transaction that notes what happened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from roadworthy.platform.alert.notice import Notice
from roadworthy.platform.alert.tell import tell
from roadworthy.platform.automate.rules.action import SHORT
from roadworthy.platform.store.database import now

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from roadworthy.operate.release.deploy import Deployed
    from roadworthy.platform.automate.job import Job
    from roadworthy.platform.change.change import Change
    from roadworthy.platform.change.merge import Wish

_DOES = {"check": "The check", "apply": "Applying profile.yaml", "release": "Making a version", "deploy": "Deploying"}


def ended(connection: Connection, job: Job) -> None:
    """Tell of a job that ended, if it is of a kind that matters: that it did not pass, or could not be done."""
    if job.kind not in _DOES or job.passed or job.state not in {"done", "failed"}:
        return
    commit, branch = str(job.payload.get("commit", "")), job.payload.get("branch")
    why = str((job.result or {}).get("summary") or "") if job.state == "done" else str(job.reason or "")
    verdict = "did not pass" if job.state == "done" else "could not be done"
    at = f"{branch} at {commit[:SHORT]}" if branch else commit[:SHORT]
    names = {"commit": commit, "branch": branch, "job": job.id, "kind": job.kind}
    says = f"{_DOES[job.kind]} of {at} {verdict}: {why}"
    notice = Notice("failed_ci", says, f"/projects/{job.project}/jobs/{job.id}", now(connection), names)
    tell(connection, job.project, notice, f"job/{job.id}/{job.fence}", ("failed_ci",))


def deployed(connection: Connection, project: str, done: Deployed, environment: str, actor: str) -> None:
    """Tell of a deployment, or of a rollback."""
    made = done.deployment
    did = f"{actor} rolled {environment} back to" if made.rollback else f"{actor} deployed to {environment}:"
    names = {"environment": environment, "version": made.version, "tag": made.tag, "actor": actor}
    notice = Notice(
        "rollback" if made.rollback else "deploy",
        f"{did} {made.version}.",
        f"/projects/{project}",
        now(connection),
        names,
    )
    tell(
        connection, project, notice, f"deployment/{made.tag}", ("deploy", "rollback") if made.rollback else ("deploy",)
    )


def merged(connection: Connection, done: Change, wish: Wish) -> None:
    """Tell of a merge; whoever is told of unreviewed ones alone is told of those."""
    how = f"merged, unreviewed ({wish.reason})," if done.unreviewed and wish.reason else "merged"
    how = "merged, unreviewed," if done.unreviewed and not wish.reason else how
    names = {
        "change": done.number, "branch": done.branch, "target": done.target, "commit": done.merge_commit,
        "actor": wish.actor, "unreviewed": done.unreviewed,
    }  # fmt: skip
    notice = Notice(
        "unreviewed" if done.unreviewed else "merge",
        f"{wish.actor} {how} #{done.number} from {done.branch} to {done.target}: {done.title}",
        f"/projects/{done.project}/changes/{done.number}", now(connection), names,
    )  # fmt: skip
    wanting = ("merge", "unreviewed") if done.unreviewed else ("merge",)
    tell(connection, done.project, notice, f"merge/{done.merge_commit}", wanting)
