"""`roadworthy schema`: the JSON Schemas of the declared files, for editors."""

from __future__ import annotations

from pathlib import Path

import click

from roadworthy.declare.fault import did_you_mean
from roadworthy.declare.schema import KINDS, text, write
from roadworthy.errors import UsageError


@click.command(name="schema")
@click.argument("name", required=False, metavar="[NAME]")
@click.option(
    "--to",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write the schemas into this folder instead, as NAME.json.",
)
def command(name: str | None, folder: Path | None) -> None:
    """Print the JSON Schema of a declared file: profile, pipeline, requirements, contract, failure_mode or pin.

    Without a NAME, list the names. With --to, write the schema of NAME, or all of them.

    An editor finds the schema by the first line of a file:
    `# yaml-language-server: $schema=.roadworthy/schemas/profile.json`. The files of a new project begin so, and
    `roadworthy new` puts the schemas there; after a clone, `roadworthy schema --to .roadworthy/schemas` does.
    """
    if folder is not None:
        _write(folder, [_known(name)] if name else list(KINDS))
    elif name is None:
        click.echo("\n".join(KINDS))
    else:
        click.echo(text(_known(name)), nl=False)


def _known(name: str) -> str:
    kind = name.replace("-", "_").removesuffix(".yaml")
    if kind in KINDS:
        return kind
    near = did_you_mean(name, KINDS)
    raise UsageError(
        f"There is no schema called {name}.",
        remedy=f"Did you mean {near}?" if near else f"There are: {', '.join(KINDS)}.",
    )


def _write(folder: Path, kinds: list[str]) -> None:
    write(folder, kinds)
    click.echo(f"{folder}: {', '.join(f'{kind}.json' for kind in kinds)}")
