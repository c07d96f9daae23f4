"""`roadworthy deploy`: puts a version into an environment."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

import click

from roadworthy.app.release import deploy_here
from roadworthy.cli import complete
from roadworthy.cli.platform import here

if TYPE_CHECKING:
    from collections.abc import Mapping

    from roadworthy.app.remote.client import Remote
    from roadworthy.operate.release.deploy import Deployed

_PATIENCE, _PAUSE = 60.0, 0.2  # seconds


@click.command(name="deploy")
@click.argument("version", shell_complete=complete.versions)
@click.option(
    "--to",
    "environment",
    required=True,
    metavar="ENVIRONMENT",
    shell_complete=complete.environments,
    help="Where to, e.g. production.",
)
@click.option(
    "--expect",
    metavar="VERSION",
    shell_complete=complete.versions,
    help="Do it only if this version is there now; otherwise status 5.",
)
@click.option("--local", is_flag=True, help="Here, even if the repository belongs to a platform.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead.")
def command(version: str, environment: str, expect: str | None, *, local: bool, as_json: bool) -> None:
    """Put VERSION into an environment, as its next deployment.

    Where git's remote is a project on a platform, the platform does it. Otherwise it is done here and marked local,
    which a platform does not take as its own. A service that runs switches to it without dropping a request.
    """
    place = None if local else here()
    if place is None:
        show(deploy_here(version, environment, expect=expect, warn=warn), as_json=as_json)
        return
    remote, project = place
    wanted = {"version": version, "environment": environment, "expect": expect}
    told(remote.post("projects", project, "deployments", body=wanted), as_json=as_json)
    until_served(remote, project, environment)


def until_served(remote: Remote, project: str, environment: str) -> None:
    """Wait, a while, until the service of *environment* answers with what is deployed there; say so."""
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        places = {one["environment"]: one for one in remote.get("projects", project)["environments"]}
        place = places.get(environment)
        if place is None or not place["url"]:
            return
        if _answers(place["url"]) == place["version"]:
            click.echo(f"{place['version']} answers at {place['url']}", err=True)
            return
        time.sleep(_PAUSE)
    click.echo(f"The service of {environment} does not answer with it yet: `roadworthy logs`.", err=True)


def _answers(url: str) -> str | None:
    try:
        with urlopen(f"{url}/v2/health/ready", timeout=_PAUSE * 10) as answer:  # noqa: S310 - the platform named it
            found = json.load(answer)
    except (OSError, ValueError):
        return None
    return str(found.get("version")) if isinstance(found, dict) else None


def told(done: Mapping[str, Any], *, as_json: bool) -> None:
    """Say what a platform has deployed now, and what was before."""
    if as_json:
        click.echo(json.dumps(done, indent=2))
    elif not done["created"]:
        click.echo(f"{done['environment']} is {done['version']} already ({done['tag']}): nothing was changed.")
    else:
        verb = "is back at" if done["rollback"] else "is now"
        was = f" It was {done['before']}." if done["before"] else ""
        click.secho(f"{done['environment']} {verb} {done['version']}", bold=True, nl=False)
        click.echo(f" ({done['tag']}).{was}")


def warn(said: str) -> None:
    """Say what the user should know before believing the answer."""
    click.secho(said, fg="yellow", err=True)


def show(deployed: Deployed, *, as_json: bool) -> None:
    """Say what is deployed now, and what was before."""
    now, before = deployed.deployment, deployed.before
    if as_json:
        document = {
            "model": now.model,
            "environment": now.environment,
            "number": now.number,
            "version": now.version,
            "before": before.version if before and deployed.created else None,
            "tag": now.tag,
            "record": now.record,
            "at": now.at.isoformat(),
            "local": now.local,
            "rollback": now.rollback,
            "created": deployed.created,
        }
        click.echo(json.dumps(document, indent=2))
    elif not deployed.created:
        click.echo(f"{now.model} in {now.environment} is {now.version} already ({now.tag}): nothing was changed.")
    else:
        was = f" It was {before.version}." if before else ""
        verb = "is back at" if now.rollback else "is now"
        click.secho(f"{now.model} in {now.environment} {verb} {now.version}", bold=True, nl=False)
        click.echo(f" ({now.tag}, local).{was}")
