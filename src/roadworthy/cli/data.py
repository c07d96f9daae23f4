"""`roadworthy data`: versioned data, from its source to the working tree, the ledger and the bucket."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from roadworthy.app.data import (
    NO_SOURCES,
    NOTHING_PINNED,
    add_data,
    diff_data,
    fetch_data,
    pinned_here,
    push_data,
    status_of,
    update_data,
)
from roadworthy.app.local import open_local
from roadworthy.cli import complete
from roadworthy.cli.progress import Progress, readable

if TYPE_CHECKING:
    from roadworthy.build.data.status import DataStatus
    from roadworthy.ledger.objects.item import Item

_AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead.")
_BUCKET = click.option(
    "--bucket",
    metavar="PLACE",
    help="The bucket: a folder, or URL/buckets/PROJECT of a platform; otherwise what ROADWORTHY_BUCKET names.",
)
_COLOURS = {"unchanged": "green", "changed": "yellow", "absent": "red", "unpinned": "yellow"}


@click.group(name="data")
def command() -> None:
    """Add, update, compare, fetch and push versioned data."""


@command.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@_AS_JSON
def add(paths: tuple[Path, ...], *, as_json: bool) -> None:
    """Keep files or folders, and write the pins that name their exact bytes."""
    with Progress("keeping " + ", ".join(str(path) for path in paths)):
        pinned = add_data(open_local(), paths)
    if as_json:
        _print({name: {"address": pin.address, "size": pin.size, "files": pin.files} for name, pin in pinned.items()})
        return
    for name, pin in pinned.items():
        click.echo(f"{name}: {_amount(pin.size, pin.files)}, pinned by {name}.pin.")
    click.echo("Commit the pins with git; `roadworthy data push` shares the bytes.", err=True)


@command.command()
@click.argument("sources", nargs=-1, shell_complete=complete.sources)
@_AS_JSON
def update(sources: tuple[str, ...], *, as_json: bool) -> None:
    """Read declared sources again (all, when none is named), and pin what they give."""
    found = []
    with Progress("reading " + (", ".join(sources) or "every source")):
        for one in update_data(open_local(), sources):
            found.append(one)
            if not as_json:
                click.echo(f"{one.name}: {_change(one.before, one.after)}.")
    if as_json:
        _print([{"name": one.name, "before": _item(one.before), "after": _item(one.after)} for one in found])
    elif not found:
        click.echo(NO_SOURCES)


@command.command()
@_AS_JSON
def status(*, as_json: bool) -> None:
    """Show how the data in the working tree stands to its pins."""
    found = status_of(open_local())
    if as_json:
        _print(
            [
                {
                    "name": one.name,
                    "standing": one.standing,
                    "pinned": _item(one.pinned),
                    "found": _item(one.found),
                    "kept": one.kept,
                }
                for one in found
            ]
        )
        return
    for one in found:
        click.echo(f"{click.style(f'{one.standing:>9}', fg=_COLOURS[one.standing])}  {one.name}{_advice(one)}")
    if not found:
        click.echo(NOTHING_PINNED)


@command.command()
@click.argument("names", nargs=-1, shell_complete=complete.data)
@_BUCKET
@_AS_JSON
def fetch(names: tuple[str, ...], bucket: str | None, *, as_json: bool) -> None:
    """Put pinned data (all, when none is named) in its place: from here, or from the bucket."""
    with Progress("fetching " + (", ".join(names) or "all data")) as progress:
        done = fetch_data(open_local(), names, bucket, progress.add)
    if as_json:
        _print([{"name": name, "fetched": fetched} for name, fetched in done.items()])
        return
    for name, fetched in done.items():
        click.echo(f"{name}: {'put in its place' if fetched else 'there already'}.")
    if not done:
        click.echo(NOTHING_PINNED)


@command.command()
@click.argument("names", nargs=-1, shell_complete=complete.data)
@_BUCKET
@click.option("--create", is_flag=True, help="Make the bucket's folder, if it is not there yet.")
@_AS_JSON
def push(names: tuple[str, ...], bucket: str | None, *, create: bool, as_json: bool) -> None:
    """Copy the bytes of pinned data (all, when none is named) to the bucket."""
    with Progress("pushing " + (", ".join(names) or "all data")) as progress:
        local = open_local()
        moved = push_data(local, names, bucket, progress.add, create=create)
    if as_json:
        _print({"objects": moved.objects, "bytes": moved.size, "present": moved.present})
        return
    if not pinned_here(local):
        click.echo(NOTHING_PINNED)
        return
    click.echo(f"{moved.objects} objects copied ({readable(moved.size)}), {moved.present} there already.")


@command.command()
@click.argument("revision", default="HEAD", shell_complete=complete.revisions)
@_AS_JSON
def diff(revision: str, *, as_json: bool) -> None:
    """Compare the pins in the working tree with those of another REVISION (the last commit)."""
    local = open_local()
    found = diff_data(local, revision)
    if as_json:
        _print(
            [
                {
                    "name": one.name,
                    "before": _item(one.before),
                    "after": _item(one.after),
                    "added": one.added,
                    "removed": one.removed,
                    "changed": one.changed,
                }
                for one in found
            ]
        )
        return
    for one in found:
        click.echo(f"{one.name}: {_change(one.before, one.after)}.")
        for mark, names in (("+", one.added), ("-", one.removed), ("~", one.changed)):
            for name in names:
                click.echo(f"  {mark} {name}")
    if not found:
        click.echo(f"The pins are those of {revision}." if pinned_here(local) else NOTHING_PINNED)


def _advice(one: DataStatus) -> str:
    match one.standing:
        case "absent" if one.kept:
            return ": `roadworthy data fetch` puts it in its place"
        case "absent":
            return ": not kept here; `roadworthy data fetch --bucket …`, or `roadworthy data update`"
        case "changed":
            return f": `roadworthy data add {one.name}` keeps the change"
        case "unpinned":
            return ": `roadworthy data update` reads it from its source"
        case _:
            return ""


def _change(before: Item | None, after: Item | None) -> str:
    if after is None:
        return "no longer pinned"
    amount = _amount(after.size, after.files)
    if before is None:
        return f"{amount}, pinned for the first time"
    if before == after:
        return f"{amount}, nothing new"
    return f"{amount}, was {_amount(before.size, before.files)}"


def _amount(size: int, files: int | None) -> str:
    return readable(size) if files is None else f"{files} files, {readable(size)}"


def _item(item: Item | None) -> dict[str, object] | None:
    return None if item is None else {"address": item.address, "size": item.size, "files": item.files}


def _print(document: object) -> None:
    click.echo(json.dumps(document, indent=2))
