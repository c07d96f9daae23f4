"""`roadworthy contract`: what datasets must satisfy, drafted from them and held against them."""

from __future__ import annotations

import json
import re
import sys
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from roadworthy.app.contract import HERE, diff_files, diff_revisions, infer, test_contracts, write_draft
from roadworthy.app.local import open_local
from roadworthy.cli.checks import counted, document, show
from roadworthy.cli.crash import tell
from roadworthy.cli.progress import Progress
from roadworthy.declare.form import size
from roadworthy.errors import TestsFailed, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from roadworthy.prove.contract.draft.differ import Change, ColumnChange
    from roadworthy.prove.proof import Check

_SIZE = re.compile(r"[0-9]+(?:\.[0-9]+)?(?:B|[KMGT]i?B)")
_LEAST: Final = 64 * 2**20  # bytes, below which DuckDB cannot even open a wide table
_HEAD = ("column", "schema", "missing", "mean", "distance", "")


def _bytes(context: click.Context, parameter: click.Parameter, text: str) -> int:  # noqa: ARG001 - click's signature
    if not _SIZE.fullmatch(text) or size(text) < _LEAST:
        raise UsageError(f"`--memory {text}` is no amount that tables can be read with.", remedy="Give 64MiB or more.")
    return size(text)


_AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead.")
_MEMORY = click.option(
    "--memory",
    metavar="SIZE",
    default="256MiB",
    show_default=True,
    callback=_bytes,
    help="How much of the data is held at once; what needs more lies on the disk meanwhile.",
)


@click.group(name="contract")
def command() -> None:
    """Draft, test and compare what datasets must satisfy."""


@command.command(name="infer")
@click.argument("dataset")
@click.option("--name", help="The contract's name; otherwise the dataset's.")
@click.option("--print", "printed", is_flag=True, help="Print the draft, and write no file.")
@click.option("--force", is_flag=True, help="Replace a contract that is there already.")
@_MEMORY
def infer_contract(dataset: str, name: str | None, memory: int, *, printed: bool, force: bool) -> None:
    """Draft contracts/NAME.yaml from the rows of DATASET: a name in pipeline.yaml, or a path.

    The draft passes on the rows that it was made from, and says beside each line what was seen. Review it: what was is
    not yet what must be.
    """
    local = open_local()
    with Progress(f"looking at {dataset}"):
        text = infer(local, dataset, memory)
    if printed:
        click.echo(text, nl=False)
        return
    chosen = name or re.sub(r"[^A-Za-z0-9_-]+", "_", Path(dataset).stem).strip("_") or "data"
    path = write_draft(local, chosen, text, force=force)
    click.echo(
        f"{path.relative_to(local.folder)} is drafted. Review every line, then `roadworthy contract test {chosen}`."
    )


@command.command(name="test")
@click.argument("names", nargs=-1)
@click.option(
    "--junit",
    "junit_path",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where to write JUnit XML; otherwise .roadworthy/reports/contracts.xml.",
)
@click.option("-v", "--verbose", is_flag=True, help="List every check, and all examples of those that failed.")
@_AS_JSON
@_MEMORY
def test_contract(
    names: tuple[str, ...], junit_path: Path | None, memory: int, *, verbose: bool, as_json: bool
) -> None:
    """Hold the data in the working tree against its contracts (all, when none is named); nothing is run before.

    Exits with status 3 when a check fails. Rows at fault are shown with their numbers, from 1, the header not counted.
    """
    with Progress("Testing data") as progress:

        def say(what: str) -> None:
            progress.label = f"Testing data: {what}"

        checks, junit = test_contracts(open_local(), names, junit_path, memory, say)
    fault = _fault(checks)
    if as_json:
        passed = fault is None
        print_json({"passed": passed, "junit": str(junit), "checks": [document(check) for check in checks]})
        if fault is not None:  # the one document is printed: the answer stands in it
            tell(fault)
            sys.exit(fault.status)
        return
    for name, listed in groupby(checks, key=lambda check: check.name.partition(":")[0]):
        show(name, tuple(listed), verbose=verbose)
    click.echo()
    click.secho(f"{len(checks)} checks: {counted(checks)}.", fg="red" if fault else "green")
    if fault is not None:
        raise fault


@command.command(name="diff")
@click.argument("before")
@click.argument("after", default=HERE)
@click.option("--dataset", "datasets", multiple=True, help="Of revisions: the dataset to compare; may be repeated.")
@_AS_JSON
@_MEMORY
def diff_contract(before: str, after: str, datasets: tuple[str, ...], memory: int, *, as_json: bool) -> None:
    """Compare the data of two revisions, or two files: columns, missing values, and how values are spread.

    BEFORE and AFTER are commits, branches or tags; AFTER left out, or `.`, is the working tree. Where both are files or
    folders with a table, these are compared. Of revisions, each dataset with a contract is. A distance lies between 0,
    the same, and 1, nothing in common; a column is said to have moved when it moved by 0.1 or more, and further than
    chance explains.
    """
    files = Path(before), Path(after)
    with Progress("comparing"):
        if all(path.exists() for path in files) and HERE not in {before, after}:
            found: Mapping[str, Change | None] = {f"{before} → {after}": diff_files(*files, memory)}
        else:
            found = diff_revisions(open_local(), (before, after), datasets, memory)
    if as_json:
        print_json({name: None if change is None else _as_json(change) for name, change in found.items()})
        return
    for name, change in found.items():
        _show_change(name, change)


def print_json(value: object) -> None:
    """Print *value* as a JSON document."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))


def _fault(checks: Sequence[Check]) -> TestsFailed | None:
    failed = [check for check in checks if check.verdict == "failed"]
    if not failed:
        return None
    return TestsFailed(
        f"{len(failed)} of {len(checks)} checks of the data failed.",
        remedy="Mend the data, or the contract where it asks too much.",
    )


def _as_json(change: Change) -> dict[str, object]:
    return {
        "rows": change.rows,
        "columns": [
            {
                "name": one.name,
                "schema": one.schema,
                "missing": one.missing,
                "mean": [None if side is None else side.mean for side in (one.before, one.after)],
                "distance": one.distance,
                "missing_distance": one.missing_distance,
                "chance": one.chance,
                "moved": one.moved,
            }
            for one in change.columns
        ],
    }


def _show_change(name: str, change: Change | None) -> None:
    if change is None:
        click.echo(f"{name}: the same, byte for byte.")
        return
    before, after = change.rows
    click.secho(f"{name}: {before:,} → {after:,} rows", bold=True)
    rows = [_row(one) for one in change.columns]
    widths = [max(len(row[column]) for row in (_HEAD, *rows)) for column in range(len(_HEAD))]
    for row, one in zip((_HEAD, *rows), (None, *change.columns), strict=True):
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        loud = one is not None and (one.moved or one.schema is not None)
        click.secho(f"  {line}", bold=one is None, fg="yellow" if loud else None)


def _row(one: ColumnChange) -> tuple[str, ...]:
    sides = (one.before, one.after)
    means = ["" if side is None or side.mean is None else f"{side.mean:.4g}" for side in sides]
    missing = ["" if share is None else f"{100 * share:.3g} %" for share in one.missing]
    distance = "" if one.distance is None else f"{one.distance:.3f}"
    if one.before is not None and one.after is not None and one.distance is None:
        distance = "too few"
    return one.name, one.schema or "", _pair(missing), _pair(means), distance, "moved" if one.moved else ""


def _pair(values: list[str]) -> str:
    return values[0] if values[0] == values[1] else " → ".join(values)
