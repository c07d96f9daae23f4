"""`roadworthy secret`: what stages need and nobody reads, kept by a platform."""

from __future__ import annotations

import sys

import click

from roadworthy.cli.platform import asked, moment, on_platform, show


@click.group("secret")
def command() -> None:
    """Set, list and remove secrets of a project on a platform."""


@command.command("set")
@click.argument("name")
@on_platform
def keep(name: str, url: str | None, project: str | None, *, as_json: bool) -> None:
    """Set the secret NAME; its value is asked for, or read from standard input.

    The stages that list it under `secrets` get it as an environment variable, when `ci: {secrets: [NAME]}` stands in
    the profile.yaml of the default branch.
    """
    remote, where = asked(url, project)
    value = click.prompt(f"Value of {name}", hide_input=True) if sys.stdin.isatty() else sys.stdin.read().rstrip("\n")
    made = remote.post("projects", where, "secrets", body={"name": name, "value": value})
    if as_json:
        show(made)
        return
    click.echo(f"{name} is set (version {made['version']}).")


@command.command("list")
@on_platform
def listed(url: str | None, project: str | None, *, as_json: bool) -> None:
    """List secrets, without their values."""
    remote, where = asked(url, project)
    found = remote.get("projects", where, "secrets")
    if as_json:
        show(found)
        return
    for one in found:
        click.echo(f"{one['name']:<30} version {one['version']}, set by {one['set_by']}, {moment(one['set_at'])}")
    if not found:
        click.echo("There is none.", err=True)


@command.command("remove")
@click.argument("name")
@on_platform
def remove(name: str, url: str | None, project: str | None, *, as_json: bool) -> None:
    """Forget the secret NAME."""
    remote, where = asked(url, project)
    remote.post("projects", where, "secrets", name, "remove")
    if as_json:
        show({"name": name, "removed": True})
        return
    click.echo(f"{name} is forgotten.")
