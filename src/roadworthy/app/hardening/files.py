"""Failure modes as files: numbered, written with their pinned tables, read back before they are believed."""

from __future__ import annotations

import datetime as dt
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from roadworthy.app.data import add_data
from roadworthy.app.local import declared
from roadworthy.build.data import query
from roadworthy.errors import InvalidDeclaration, NotFound, UsageError
from roadworthy.ledger.objects.write import write_bytes

if TYPE_CHECKING:
    from pathlib import Path

    from roadworthy.app.local import Local
    from roadworthy.build.data.table import Table

FOLDER = "failure_modes"
Severity = Literal["low", "medium", "high", "critical"]
_NUMBERED = re.compile(r"FM-(\d+)")
_TOP = re.compile(r"^(status|accepted):")


@dataclass(frozen=True, slots=True)
class Draft:
    """A failure mode to be written.

    Attributes:
        title: What goes wrong.
        owner: Who mends it.
        severity: How bad it is.
        by: Who found it.
        examples: The rows that show it.
        expect: What is to hold of them.
        share: Of which share of them.
        twins: Rows like them, kept from training; None: there are none.
        note: Lines for whoever reads the file.
    """

    title: str
    owner: str
    severity: Severity
    by: Literal["monitor", "red_team", "person"]
    examples: Table
    expect: str = "label"
    share: float = 1.0
    twins: Table | None = None
    note: tuple[str, ...] = ()


def write(local: Local, draft: Draft) -> str:
    """Write *draft* and its pinned tables under the next number, and return that: `FM-004`.

    Raises:
        InvalidDeclaration: What was written has faults; it is taken away again.
        StorageError: The disk is full or the folder is read-only.
    """
    name = _next(local.folder)
    folder = local.folder / FOLDER
    tables = {"": draft.examples} | ({} if draft.twins is None or not len(draft.twins) else {"-twins": draft.twins})
    made = [folder / f"{name}{ending}.parquet" for ending in tables]
    for path, table in zip(made, tables.values(), strict=True):
        query.write(table, path)
    add_data(local, made)
    file = folder / f"{name}.yaml"
    write_bytes(file, _text(name, draft, twins=len(made) > 1).encode(), aside=folder)
    try:
        declared(local)
    except InvalidDeclaration:
        for path in (file, *made, *(path.with_name(f"{path.name}.pin") for path in made)):
            path.unlink(missing_ok=True)
        raise
    return name


def _next(folder: Path) -> str:
    names = [path.stem for path in (folder / FOLDER).glob("FM-*")] if (folder / FOLDER).is_dir() else []
    numbers = [int(found[1]) for name in names if (found := _NUMBERED.match(name))]
    return f"FM-{max(numbers, default=0) + 1:03d}"


def _text(name: str, draft: Draft, *, twins: bool) -> str:
    today = dt.datetime.now(dt.UTC).date()
    lines = [
        *(f"# {line}" for line in draft.note),
        "apiVersion: roadworthy/v1alpha1",
        f"title: {_quoted(draft.title)}",
        f'found: {{on: "{today}", by: {draft.by}}}',
        f"owner: {_quoted(draft.owner)}",
        f"severity: {draft.severity}",
        f"examples: {FOLDER}/{name}.parquet",
        *([f"held_out: {FOLDER}/{name}-twins.parquet"] if twins else []),
        f"expect: {_quoted(draft.expect)}",
        f"share: {draft.share:g}",
        "status: open",
    ]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def accept(local: Local, name: str, until: dt.date, why: str) -> None:
    """Have the failure mode *name* lived with until a day, and say why.

    Raises:
        NotFound: There is no such failure mode.
        UsageError: The day is over, or there is no reason.
        InvalidDeclaration: The file has faults.
    """
    if name not in declared(local).failure_modes:
        raise missing(local, name)
    if until < dt.datetime.now(dt.UTC).date():
        raise UsageError(f"{until} is over.", remedy="Give a day to come: `--until 2027-03-31`.")
    if not why.strip():
        raise UsageError("The reason is empty.", remedy="Say why this can be lived with until then: `--why …`.")
    path = local.folder / FOLDER / f"{name}.yaml"
    before = path.read_bytes()
    kept, inside = [], False
    for line in before.decode("utf-8").splitlines():
        inside = bool(_TOP.match(line)) or (inside and line[:1] in {" ", "\t"})
        if not inside:
            kept.append(line)
    kept += ["status: accepted", f'accepted: {{until: "{until}", why: {_quoted(why)}}}']
    write_bytes(path, ("\n".join(kept) + "\n").encode(), aside=path.parent)
    try:
        declared(local)
    except InvalidDeclaration:
        write_bytes(path, before, aside=path.parent)
        raise


def missing(local: Local, name: str) -> NotFound:
    """Return the error that there is no failure mode *name*, with those that there are."""
    known = ", ".join(declared(local).failure_modes) or "none yet"
    return NotFound(f"There is no failure mode {name}.", remedy=f"There are: {known}.")
