"""`roadworthy audit`: who did what on a platform, and whether nothing of it was taken out."""

from __future__ import annotations

import sys

import click

from roadworthy.cli.platform import asked, on_platform, show


@click.group("audit")
def command() -> None:
    """Read and verify the audit of a platform."""


@command.command("list")
@click.option("--before", type=click.IntRange(1), metavar="ENTRY", help="Those older than this one.")
@on_platform
def listed(before: int | None, url: str | None, project: str | None, *, as_json: bool) -> None:
    """List who did what in a project, the newest first; for its maintainers."""
    remote, name = asked(url, project)
    found = remote.get("projects", name, "audit", before=before) if name else remote.get("audit", before=before)
    if as_json:
        show(found)
        return
    for one in found:
        click.echo(f"{one['seq']:>6}  {one['at']}  {one['actor']:<16} {one['action']:<22} {one['target']}")


@command.command("verify")
@on_platform
def verify(url: str | None, project: str | None, *, as_json: bool) -> None:
    """Read every entry, its signature and its place in the chain; status 1 when one is not whole."""
    remote, _ = asked(url, project)
    found = remote.get("audit", "verified")
    if as_json:
        show(found)
    else:
        for fault in found["faults"]:
            click.secho(fault, fg="red")
        click.echo(f"{found['entries']} entries are in their order{'.' if not found['faults'] else ', but for these.'}")
    sys.exit(1 if found["faults"] else 0)
