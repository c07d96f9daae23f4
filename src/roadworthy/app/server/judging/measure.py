"""Metrics of one proof, computed from what its models said: a process of ours, without a line of the project's code.

It reads tables that others wrote, so it is not the server that reads them: what is too large ends this process alone.
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from roadworthy.build.data import query
from roadworthy.declare import project
from roadworthy.errors import RoadworthyError
from roadworthy.ledger.objects.address import Address
from roadworthy.ledger.objects.folder import DirectoryStore
from roadworthy.prove import keep
from roadworthy.prove.evaluate.evaluate import evaluate, without_label
from roadworthy.prove.evaluate.quality import Rivals
from roadworthy.prove.proof import Check

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from roadworthy.build.data.table import Column, Table
    from roadworthy.declare.requirements import Requirements
    from roadworthy.prove.evaluate.evaluate import Evaluation
    from roadworthy.prove.measures import Measures

MEMORY = 16 << 30  # bytes of address space: DuckDB reserves far more than it uses
_FILE = 8 << 30  # bytes of a file


class _Forgets:
    def get(self, key: str) -> bytes | None:
        return None if key else b""

    def put(self, key: str, value: bytes) -> None:
        """Keep nothing: this process ends soon."""


@dataclass(frozen=True, slots=True)
class _Said:
    """The rows, their label, and what each role said of them."""

    rows: Table
    label: Column
    roles: Mapping[str, Table]


def computed(asked: Mapping[str, Any], scratch: Path) -> dict[str, Any]:
    """Return the checks and the measures of what was *asked*: as JSON, with those by the target's rules where given.

    Raises:
        RoadworthyError: The tables do not fit each other, or what is declared.
    """
    ours = project.read(Path(asked["folder"]), _Forgets())
    wanted, dataset = ours.requirements, ours.pipeline.datasets["reference"]
    if wanted is None:
        return _answer()
    said = _said(asked, scratch, (dataset.path, dataset.label or ""), dataset.key)
    if said is None:
        return _answer(without_label(wanted, "The reference rows have no label."))
    found = _evaluated(wanted, said, is_baseline=asked["is_baseline"])
    theirs = None if asked["target"] is None else project.read(Path(asked["target"]), _Forgets()).requirements
    if theirs is None or (theirs.task, tuple(theirs.outputs)) != (wanted.task, tuple(wanted.outputs)):
        return _answer(found.checks, found.measures)
    by_target = _evaluated(theirs, said, is_baseline=asked["is_baseline"])
    return _answer(found.checks, found.measures, by_target.checks)


def _answer(
    checks: Sequence[Check] = (), measures: Measures | None = None, by_target: Sequence[Check] = ()
) -> dict[str, Any]:
    bodies = [[keep.check_body(one) for one in some] for some in (checks, by_target)]
    return {"checks": bodies[0], "measures": measures, "by_target": bodies[1]}


def _evaluated(wanted: Requirements, said: _Said, *, is_baseline: bool) -> Evaluation:
    named = {*(rule.better_than for rule in wanted.quality), *(rule.better_than for rule in wanted.slices)} - {None}
    roles = {str(name): "baseline" if name == wanted.baseline else str(name) for name in named}
    there = {name: role for name, role in roles.items() if role in said.roles}
    reasons = {
        name: "This is the baseline itself: a neutral first launch." if role == "baseline" and is_baseline
        else f"What {name} says was not handed in."
        for name, role in roles.items() if name not in there
    }  # fmt: skip
    return evaluate(wanted, said.rows, said.label, said.roles, Rivals(there, reasons))


def _said(asked: Mapping[str, Any], scratch: Path, at: tuple[str, str], key: tuple[str, ...]) -> _Said | None:
    objects = DirectoryStore(Path(asked["objects"]))
    path, label = at
    rows = _read(objects, asked["reference"], scratch / f"reference{Path(path).suffix}")
    if label not in rows:
        return None
    names = tuple(name for name in key if name in rows)
    roles = {}
    for number, (role, address) in enumerate(sorted(asked["predictions"].items())):
        table = _read(objects, address, scratch / f"{number}.parquet")
        if len(table) != len(rows) or not all(_equal(table, rows, name) for name in names):
            raise _unfit(f"what the {role} said is not of the reference rows, in their order")
        roles[role] = table
    return _Said(rows, rows[label], roles)


def _read(objects: DirectoryStore, address: str, path: Path) -> Table:
    objects.copy_to(Address(address), path)
    return query.read(path)


def _equal(ours: Table, theirs: Table, name: str) -> bool:
    if name not in ours:
        return False
    one, other = ours[name], theirs[name]
    gone = one.is_missing()
    same = np.array_equal(gone, other.is_missing())
    return same and bool((one.values[~gone] == other.values[~gone]).all())


def _unfit(why: str) -> RoadworthyError:
    return RoadworthyError(f"The metrics cannot be computed: {why}.", remedy="Run and test the commit again.")


def main() -> None:
    """Read what is asked from standard input, and write what was computed to standard output."""
    asked = json.load(sys.stdin)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_FILE, _FILE))
    with tempfile.TemporaryDirectory(prefix="measure-", dir=asked["scratch"]) as scratch:
        try:
            found = computed(asked, Path(scratch))
        except RoadworthyError as fault:
            found = _answer((Check("evaluation", "evaluation", "failed", fault.problem),))
    json.dump(found, sys.stdout, allow_nan=False)
