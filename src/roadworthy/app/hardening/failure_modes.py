"""What `roadworthy failure-mode` does: writes one from rows, lists them with their last verdicts, shows and accepts."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from roadworthy.app.hardening import files
from roadworthy.app.hardening.examples import choose
from roadworthy.app.local import declared, open_local
from roadworthy.build.data import query
from roadworthy.errors import NotFound, UsageError
from roadworthy.ledger.repo.actor import actor_of
from roadworthy.prove import keep
from roadworthy.prove.rows import MOST_EXAMPLES, row

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from roadworthy.app.hardening.examples import Wanted
    from roadworthy.app.hardening.files import Severity
    from roadworthy.app.local import Local
    from roadworthy.declare.failure_mode import FailureMode
    from roadworthy.prove.proof import Check


@dataclass(frozen=True, slots=True)
class Saying:
    """What is said of a new failure mode; `owner`: None, whoever writes it."""

    title: str
    expect: str | None = None
    owner: str | None = None
    severity: Severity = "medium"
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class Known:
    """A failure mode and what came of it when it was last tested here; `over`: its acceptance has ended."""

    name: str
    mode: FailureMode
    last: Check | None
    over: bool


@dataclass(frozen=True, slots=True)
class Written:
    """A new failure mode: its name, its examples and its twins."""

    name: str
    examples: int
    twins: int


def new_here(saying: Saying, wanted: Wanted, start: Path | None = None) -> Written:
    """Write a failure mode of the rows that are *wanted*.

    Raises:
        NotFound, UsageError: There are no such rows, or nothing says what is right of them.
        InvalidDeclaration: What is said of it cannot be declared.
    """
    local = open_local(start)
    chosen = choose(local, wanted)
    if saying.expect is None and not chosen.labelled:
        raise UsageError(
            "These rows have no label, so nothing says what is right.",
            remedy="Say it: `--expect 'probability < 0.5'`, or `--expect flagged` if the guard is to flag them.",
        )
    name = files.write(
        local,
        files.Draft(
            title=saying.title,
            owner=saying.owner or actor_of(local.folder).partition(" <")[0],
            severity=saying.severity,
            by="person",
            examples=chosen.examples,
            expect=saying.expect or "label",
            share=saying.share,
            twins=chosen.twins,
        ),
    )
    return Written(name, len(chosen.examples), 0 if chosen.twins is None else len(chosen.twins))


def known_here(start: Path | None = None) -> tuple[Known, ...]:
    """Return every failure mode with its last verdict."""
    local = open_local(start)
    last = _last(local)
    today = dt.datetime.now(dt.UTC).date().isoformat()
    return tuple(
        Known(
            name,
            mode,
            last.get(f"{name} {mode.title}"),
            over=mode.accepted is not None and mode.accepted.until[:10] < today,
        )
        for name, mode in declared(local).failure_modes.items()
    )


def show_here(name: str, start: Path | None = None) -> tuple[Known, tuple[Mapping[str, object], ...]]:
    """Return the failure mode *name* and its first examples; none of them where rows are not to be shown.

    Raises:
        NotFound: There is no such failure mode, or its examples are not here.
    """
    local = open_local(start)
    found = next((one for one in known_here(start) if one.name == name), None)
    if found is None:
        raise files.missing(local, name)
    if declared(local).profile.review.rows == "never":
        return found, ()
    table = query.read(local.folder / found.mode.examples)
    return found, tuple(row(table, number) for number in range(min(len(table), MOST_EXAMPLES)))


def accept_here(name: str, until: str, why: str, start: Path | None = None) -> None:
    """Have the failure mode *name* lived with until a day.

    Raises:
        NotFound, UsageError, InvalidDeclaration: As `files.accept`.
    """
    try:
        day = dt.date.fromisoformat(until)
    except ValueError as fault:
        raise UsageError(f"{until!r} is no day.", remedy="Write it as 2027-03-31.") from fault
    files.accept(open_local(start), name, day, why)


def _last(local: Local) -> dict[str, Check]:
    """Return the checks of failure modes in the newest proof of the commit that is checked out."""
    head = local.repo.status(local.folder).head
    try:
        found = keep.find(local.ledger, head or "", dirty=True)
    except NotFound:
        return {}
    return {} if found is None else {check.name: check for check in found[1].checks if check.section == "failure_modes"}
