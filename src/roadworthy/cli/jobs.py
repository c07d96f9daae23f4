"""`roadworthy jobs`: what a platform does for a project, and what came of it."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

import click

from roadworthy.cli.platform import asked, moment, on_platform, show, state
from roadworthy.errors import Unreachable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from roadworthy.app.remote.client import Remote

_PAUSE = 0.5
_QUIET = 4  # looks in a row that find nothing to do: what was merged is found within a second
_NO = 3  # the exit status when a test or gate says no


@click.group("jobs")
def command() -> None:
    """List, follow, cancel and repeat the jobs of a project on a platform."""


@command.command("list")
@click.option("--before", type=click.IntRange(1), metavar="JOB", help="Those older than this one.")
@on_platform
def listed(before: int | None, url: str | None, project: str | None, *, as_json: bool) -> None:
    """List jobs, the newest first."""
    remote, name = asked(url, project)
    found = remote.get("projects", name, "jobs", before=before)
    if as_json:
        show(found)
        return
    for one in found:
        click.echo(_line(one))
    if not found:
        click.echo("There is none.", err=True)


@command.command("show")
@click.argument("job", type=click.IntRange(1))
@on_platform
def one(job: int, url: str | None, project: str | None, *, as_json: bool) -> None:
    """Show a job."""
    remote, name = asked(url, project)
    _told(remote.get("projects", name, "jobs", job), as_json=as_json)


@command.command("log")
@click.argument("job", type=click.IntRange(1))
@click.option("--follow", is_flag=True, help="Go on until it has ended; the exit status is 3 when it says no.")
@on_platform
def log(job: int, url: str | None, project: str | None, *, follow: bool, as_json: bool) -> None:
    """Print what a job printed."""
    remote, name = asked(url, project)
    offset = _copy(remote, name, job, 0)
    found = remote.get("projects", name, "jobs", job)
    while follow and found["state"] in {"queued", "running"}:
        time.sleep(_PAUSE)
        found = remote.get("projects", name, "jobs", job)
        offset = _copy(remote, name, job, offset)
    if as_json:
        show(found)
    elif follow:
        click.echo(_line(found), err=True)
    if follow and not found["passed"]:
        sys.exit(_NO if found["state"] == "done" else 1)


@command.command("cancel")
@click.argument("job", type=click.IntRange(1))
@on_platform
def cancel(job: int, url: str | None, project: str | None, *, as_json: bool) -> None:
    """Cancel a job that waits, or ask one that runs to stop."""
    remote, name = asked(url, project)
    _told(remote.post("projects", name, "jobs", job, "cancel"), as_json=as_json)


@command.command("retry")
@click.argument("job", type=click.IntRange(1))
@on_platform
def retry(job: int, url: str | None, project: str | None, *, as_json: bool) -> None:
    """Do a job that failed, was cancelled or did not pass once more."""
    remote, name = asked(url, project)
    _told(remote.post("projects", name, "jobs", job, "retry"), as_json=as_json)


@command.command("wait")
@click.option("--seconds", default=600, show_default=True, type=click.IntRange(1), help="How long at most.")
@on_platform
def wait(seconds: int, url: str | None, project: str | None, *, as_json: bool) -> None:
    """Wait until nothing is to be done any more; status 3 when the last check says no, 6 when it takes too long."""
    remote, name = asked(url, project)
    until = time.monotonic() + seconds
    told: set[int] = set()
    quiet = 0
    while quiet < _QUIET:
        found = remote.get("projects", name, "jobs")
        busy = [one for one in found if one["state"] in {"queued", "running"}]
        for one in reversed(found):
            if one["state"] == "running" and one["id"] not in told:
                told.add(one["id"])
                click.echo(_line(one), err=True)
        quiet = 0 if busy else quiet + 1
        if time.monotonic() > until:
            raise Unreachable(
                f"{len(busy)} jobs are not done after {seconds} seconds.",
                remedy="Wait again, or see `roadworthy jobs list`.",
            )
        time.sleep(_PAUSE)
    checks = [one for one in found if one["kind"] == "check"][:1]
    if as_json:
        show(checks)
    for one in () if as_json else checks:
        click.echo(_line(one))
    sys.exit(_NO if checks and not checks[0]["passed"] else 0)


def _copy(remote: Remote, name: str, job: int, offset: int) -> int:
    text = str(remote.get("projects", name, "jobs", job, "log", offset=offset))
    click.echo(text, nl=False)
    return offset + len(text.encode())


def _told(found: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        show(found)
    else:
        click.echo(_line(found))


def _line(one: Mapping[str, Any]) -> str:
    about = one["payload"].get("environment") or one["payload"].get("branch") or ""
    result = one["result"] or {}
    said = one["reason"] or result.get("summary") or result.get("note") or result.get("tag") or ""
    word = ("passed" if one["passed"] else "failed") if one["state"] == "done" else one["state"]
    return f"{one['id']:>5}  {state(word):<9} {one['kind']:<8} {about:<24} {moment(one['created_at'])}  {said}"
