"""The runs of a project, small and in memory: a record never changes, so each is read once."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from roadworthy.app.server.view.flat import flat
from roadworthy.platform.change.verdict import KIND as VERDICT
from roadworthy.platform.store.schema import fact

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy import ColumnElement, Connection

    from roadworthy.app.server.home import Home
    from roadworthy.app.server.platform import Platform

Json = dict[str, Any]
_KINDS = ("run", "proof", VERDICT, "version")
_AT_ONCE = 500  # records that one question asks for
_PROJECTS = 64  # whose runs are held


@dataclass(frozen=True, slots=True)
class Line:
    """A run, as a list shows it.

    Attributes:
        run: The address of its record.
        at: When it was stated, in UTC.
        actor: Who stated it.
        commit: Of what.
        branch: Of which branch its check was; empty when nothing says it.
        dirty: Whether its commit does not name everything that went in.
        seconds: How long it took.
        ran: How many of its stages ran, and of how many.
        verdict: What its newest proof says: `passed`, `failed`, or `not_run` when it was not tested.
        proof: That proof.
        version: What was released of it; empty when nothing was.
        params: By dotted name.
        metrics: Of the model that was tested, by name.
        primary: The metric that matters most; empty when none is named.
    """

    run: str
    at: str
    actor: str
    commit: str
    branch: str
    dirty: bool
    seconds: float
    ran: tuple[int, int]
    verdict: str
    proof: str | None
    version: str
    params: Mapping[str, Any]
    metrics: Mapping[str, float]
    primary: str


@dataclass(slots=True)
class _Shelf:
    """What was read of the records of a project, by kind and address."""

    read: dict[str, dict[str, Json]] = field(default_factory=lambda: {kind: {} for kind in _KINDS})
    mark: tuple[tuple[str, int, str], ...] | None = None
    lines: tuple[Line, ...] = ()
    lock: threading.Lock = field(default_factory=threading.Lock)


def lines(platform: Platform, name: str) -> tuple[Line, ...]:
    """Return every run of a project, the newest first."""
    shelf = _shelf(platform.home, name)
    with shelf.lock, platform.database.read() as connection:
        mark = _mark(connection, name)
        if mark != shelf.mark:
            _read(connection, name, shelf.read)
            shelf.lines = tuple(_joined(shelf.read))
            shelf.mark = mark
        return shelf.lines


def _mark(connection: Connection, name: str) -> tuple[tuple[str, int, str], ...]:
    """Return what changes with every record that comes or goes: told by the table's own index, in a moment."""
    asked = select(fact.c.kind, func.count(), func.max(fact.c.at)).where(_of(name)).group_by(fact.c.kind)
    return tuple((kind, count, at) for kind, count, at in connection.execute(asked.order_by(fact.c.kind)))


def _of(name: str) -> ColumnElement[bool]:
    return (fact.c.project == name) & fact.c.kind.in_(_KINDS)


def _read(connection: Connection, name: str, read: dict[str, dict[str, Json]]) -> None:
    """Read what is not in *read* yet, and forget what is not there any more."""
    there: dict[str, set[str]] = {kind: set() for kind in _KINDS}
    for kind, address in connection.execute(select(fact.c.kind, fact.c.address).where(_of(name))):
        there[kind].add(address)
    for kind, known in read.items():
        for address in known.keys() - there[kind]:
            del known[address]
        missing = sorted(there[kind] - known.keys())
        for at in range(0, len(missing), _AT_ONCE):
            some = select(fact).where(fact.c.address.in_(missing[at : at + _AT_ONCE]))
            known |= {row.address: _SMALL[kind](row) for row in connection.execute(some)}


@lru_cache(maxsize=_PROJECTS)
def _shelf(home: Home, name: str) -> _Shelf:
    del home, name  # of the key alone
    return _Shelf()


def _joined(read: Mapping[str, Mapping[str, Json]]) -> Iterable[Line]:
    proofs = {one["run"]: {**one, "proof": address} for address, one in _by(read["proof"], "made")}
    branches = {one["run"]: one["branch"] for _, one in _by(read[VERDICT], "made")}
    versions = {one["run"]: one["version"] for _, one in _by(read["version"], "at")}
    for address, run in sorted(read["run"].items(), key=lambda pair: (pair[1]["at"], pair[0]), reverse=True):
        proof = proofs.get(address, {})
        yield Line(
            run=address, **run, branch=branches.get(address, ""), version=versions.get(address, ""),
            verdict=proof.get("verdict", "not_run"), proof=proof.get("proof"),
            metrics=proof.get("metrics", {}), primary=proof.get("primary", ""),
        )  # fmt: skip


def _by(read: Mapping[str, Json], key: str) -> list[tuple[str, Json]]:
    return sorted(read.items(), key=lambda pair: (pair[1][key], pair[0]))


def _run(row: Any) -> Json:
    body = row.body
    stages = body["stages"].values()
    return {
        "at": row.at, "actor": row.actor, "commit": body["commit"], "dirty": bool(body["dirty"]),
        "seconds": float(body["seconds"]), "ran": (sum(one["state"] == "ran" for one in stages), len(stages)),
        "params": dict(flat(body["params"])),
    }  # fmt: skip


def _proof(row: Any) -> Json:
    body, measures = row.body, row.body["measures"]
    measured = (measures.get("metrics") or {}).get("candidate") or {}
    failed = any(one["verdict"] == "failed" for one in body["checks"])
    return {
        "run": body["run"], "made": str(body.get("made", row.at)), "verdict": "failed" if failed else "passed",
        "metrics": {name: one["value"] for name, one in measured.items() if one["value"] is not None},
        "primary": measures.get("primary") or "",
    }  # fmt: skip


def _verdict(row: Any) -> Json:
    return {"run": row.body["run"], "branch": row.body["branch"], "made": row.body["made"]}


def _version(row: Any) -> Json:
    return {"run": row.body.get("run"), "version": str(row.body.get("version", "")), "at": row.at}


_SMALL = {"run": _run, "proof": _proof, VERDICT: _verdict, "version": _version}
