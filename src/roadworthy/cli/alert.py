"""`roadworthy alert`: where people are told what happened; the addresses are kept by a platform, and not shown."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

import click

from roadworthy.cli.platform import asked, moment, on_platform, show, state
from roadworthy.errors import Unreachable

if TYPE_CHECKING:
    from roadworthy.app.remote.client import Remote

_PATIENCE, _TICK = 30.0, 0.3  # seconds


@click.group("alert")
def command() -> None:
    """Set, list, try and remove where people are told what happened."""


@command.command("set")
@click.argument("channel")
@on_platform
def keep(channel: str, url: str | None, project: str | None, *, as_json: bool) -> None:
    """Set where CHANNEL is: the address of its incoming webhook is asked for, or read from standard input.

    CHANNEL is written as in profile.yaml, such as `slack:#flight-ops`. Of a `webhook:`, the secret that signs what it
    is sent is made anew, and shown once.
    """
    remote, where = asked(url, project)
    there = sys.stdin.isatty()
    address = click.prompt(f"Address of {channel}", hide_input=True) if there else sys.stdin.read().strip()
    made = remote.post("projects", where, "alerts", body={"to": channel, "url": address})
    if as_json:
        show(made)
        return
    click.echo(f"{channel} is set. Try it: roadworthy alert test '{channel}'")
    if made["secret"]:
        click.echo(f"What it is sent is signed with this secret, which is not shown again: {made['secret']}")


@command.command("list")
@on_platform
def listed(url: str | None, project: str | None, *, as_json: bool) -> None:
    """List channels, what each is told of, what it lacks, and what came of telling it last."""
    remote, where = asked(url, project)
    found = remote.get("projects", where, "alerts")
    if as_json:
        show(found)
        return
    for one in found:
        click.echo(f"{one['to']:<30} {', '.join(one['on']) if one['declared'] else 'not in profile.yaml'}")
        if one["lacks"]:
            click.secho(f"  {one['lacks']}", fg="yellow")
        for job in one["jobs"][:1]:
            reason = f": {job['reason']}" if job["reason"] else ""
            at = moment(job["finished_at"] or job["created_at"])
            click.echo(f"  last: job {job['id']}, {state(job['state'])}, {at}{reason}")
    if not found:
        click.echo("There is none.", err=True)


@command.command("test")
@click.argument("channel")
@on_platform
def attempt(channel: str, url: str | None, project: str | None, *, as_json: bool) -> None:
    """Tell CHANNEL of a test, and say what came of it."""
    remote, where = asked(url, project)
    number = remote.post("projects", where, "alerts", "test", body={"to": channel})["job"]
    job = _awaited(remote, where, number)
    if as_json:
        show(job)
    if not job["passed"]:
        said = job["reason"] or f"job {number} is {job['state']}"
        raise Unreachable(f"{channel} was not told: {said}", remedy="See `roadworthy alert list`.")
    if not as_json:
        click.echo(f"{channel} was told.")


@command.command("remove")
@click.argument("channel")
@on_platform
def remove(channel: str, url: str | None, project: str | None, *, as_json: bool) -> None:
    """Forget where CHANNEL is."""
    remote, where = asked(url, project)
    remote.post("projects", where, "alerts", "remove", body={"to": channel})
    if as_json:
        show({"to": channel, "removed": True})
        return
    click.echo(f"{channel} is forgotten; as long as profile.yaml names it, what it is to be told waits.")


def _awaited(remote: Remote, project: str, number: int) -> Any:
    """Return a job once it was tried; as it stands when that takes too long."""
    end = time.monotonic() + _PATIENCE
    while True:
        job = remote.get("projects", project, "jobs", number)
        tried = job["state"] not in {"queued", "running"} or (job["state"] == "queued" and job["attempts"])
        if tried or time.monotonic() > end:
            return job
        time.sleep(_TICK)
