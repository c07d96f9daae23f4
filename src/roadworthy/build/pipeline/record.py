"""What a run leaves behind: the run, its stages, and what each of them wrote."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, Self, cast

from roadworthy.errors import IntegrityError, NotFound
from roadworthy.ledger.objects.address import Address
from roadworthy.ledger.objects.item import Item

if TYPE_CHECKING:
    from collections.abc import Mapping

    from roadworthy.ledger.ledger import Ledger

KIND = "run"
_LATEST = "run/latest"
_MAKE = "Make one: `roadworthy run`."
State = Literal["ran", "cached", "frozen"]


@dataclass(frozen=True, slots=True)
class StageRun:
    """What came of one stage in a run.

    Attributes:
        key: Digest of all inputs: 64 hexadecimal digits; empty for a frozen stage.
        state: `ran` now; `cached`: its key had a record; `frozen`: declared so, never run.
        why: The part of the key that made it run, or why it did not have to.
        seconds: How long it took now; 0 when it did not run.
        outputs: Path, relative to the project's folder → content.
        record: The stage's own record, or None when it has none (frozen, always changed).
        notes: What the user should know: files read but not declared, and the like.
        watched: False when it ran now and nothing reported what it opened; not part of the record.
    """

    key: str
    state: State
    why: str
    seconds: float
    outputs: Mapping[str, Item]
    record: Address | None = None
    notes: tuple[str, ...] = ()
    watched: bool = field(default=True, compare=False)


@dataclass(frozen=True, slots=True)
class Run:
    """One execution of a project's pipeline, as recorded.

    Attributes:
        address: Where the record is kept; None before it is written.
        project: The project's name.
        commit: The commit that was checked out; empty before the first one.
        dirty: Paths that the commit does not name: changed, untracked, or data that differs from its pin.
        stages: By name, in the order in which they can run.
        inputs: Files and folders that stages read and no stage wrote, with their content.
        params: The content of `params.yaml`, as it was used.
        python_environment: `python`, `digest`, `matches_lock`, `managed`.
        machine: `system`, `architecture`, `cpus`.
        started: UTC, ISO 8601.
        seconds: Wall time of the whole run.
    """

    project: str
    commit: str
    dirty: tuple[str, ...]
    stages: Mapping[str, StageRun]
    inputs: Mapping[str, Item]
    params: Mapping[str, object]
    python_environment: Mapping[str, object]
    machine: Mapping[str, object]
    started: str
    seconds: float
    address: Address | None = field(default=None, compare=False)

    @property
    def outputs(self) -> Mapping[str, Item]:
        """Every output of every stage: path → content."""
        return {path: item for stage in self.stages.values() for path, item in stage.outputs.items()}

    @property
    def clean(self) -> bool:
        """Whether the commit alone names everything that went in."""
        return bool(self.commit) and not self.dirty

    def at(self, address: Address) -> Self:
        """Return this run with the address of its record."""
        return replace(self, address=address)


def item_to_json(item: Item) -> dict[str, object]:
    """Return an item as JSON."""
    return {"address": str(item.address), "size": item.size, "files": item.files}


def item_from_json(value: object) -> Item:
    """Return the item that `item_to_json` wrote."""
    fields = cast("Mapping[str, object]", value)
    return Item(Address(str(fields["address"])), cast("int", fields["size"]), cast("int | None", fields.get("files")))


def items_to_json(items: Mapping[str, Item]) -> dict[str, object]:
    """Return path → item as JSON."""
    return {path: item_to_json(item) for path, item in items.items()}


def items_from_json(value: object) -> dict[str, Item]:
    """Return what `items_to_json` wrote."""
    return {path: item_from_json(item) for path, item in cast("Mapping[str, object]", value).items()}


def body(run: Run) -> dict[str, object]:
    """Return a run as the body of its record: JSON values only."""
    return {
        "project": run.project,
        "commit": run.commit,
        "dirty": list(run.dirty),
        "order": list(run.stages),  # canonical JSON sorts keys
        "stages": {name: _stage_body(stage) for name, stage in run.stages.items()},
        "inputs": items_to_json(run.inputs),
        "outputs": items_to_json(run.outputs),
        "params": dict(run.params),
        "python_environment": dict(run.python_environment),
        "machine": dict(run.machine),
        "started": run.started,
        "seconds": run.seconds,
    }


def from_body(value: Mapping[str, object]) -> Run:
    """Return the run that `body` wrote."""
    stages = cast("Mapping[str, Mapping[str, object]]", value["stages"])
    return Run(
        project=str(value["project"]),
        commit=str(value["commit"]),
        dirty=tuple(cast("list[str]", value["dirty"])),
        stages={name: _stage_from_body(stages[name]) for name in cast("list[str]", value["order"])},
        inputs=items_from_json(value["inputs"]),
        params=cast("Mapping[str, object]", value["params"]),
        python_environment=cast("Mapping[str, object]", value["python_environment"]),
        machine=cast("Mapping[str, object]", value["machine"]),
        started=str(value["started"]),
        seconds=float(cast("float", value["seconds"])),
    )


def _stage_body(stage: StageRun) -> dict[str, object]:
    return {
        "key": stage.key,
        "state": stage.state,
        "why": stage.why,
        "seconds": stage.seconds,
        "outputs": items_to_json(stage.outputs),
        "record": stage.record,
        "notes": list(stage.notes),
    }


def _stage_from_body(value: Mapping[str, object]) -> StageRun:
    record = value["record"]
    return StageRun(
        key=str(value["key"]),
        state=cast("State", value["state"]),
        why=str(value["why"]),
        seconds=float(cast("float", value["seconds"])),
        outputs=items_from_json(value["outputs"]),
        record=None if record is None else Address(str(record)),
        notes=tuple(cast("list[str]", value["notes"])),
    )


def keep(ledger: Ledger, run: Run) -> Run:
    """Keep *run*, make it the latest, and return it with its address; a run that was kept before is not kept again.

    Raises:
        StorageError: The disk is full or the folder is read-only.
    """
    same = f"run/same/{_identity(run)}"
    known = _known(ledger, same)
    if known is not None and ledger.records.holds(known):
        _point(ledger, _LATEST, known)
        return run.at(known)
    outputs = {path: item.address for path, item in run.outputs.items()}
    address = ledger.keep(KIND, body(run), outputs)
    _point(ledger, same, address)
    _point(ledger, _LATEST, address)
    return run.at(address)


def load(ledger: Ledger, address: Address) -> Run:
    """Return the run at *address*.

    Raises:
        NotFound: It is not kept here.
        IntegrityError: It is damaged, not signed by a trusted key, or no run.
    """
    record = ledger.records.read(address)
    if record.kind != KIND:
        raise IntegrityError(
            f"The record {address} is a {record.kind}, not a run.", remedy="Give the address of a run."
        )
    return from_body(record.body).at(address)


def latest(ledger: Ledger) -> Run:
    """Return the run that was made last, here; or, when the index was deleted, the one that was recorded last.

    Raises:
        NotFound: There is none.
        IntegrityError: Its record is damaged.
    """
    known = _known(ledger, _LATEST)
    if known is not None:
        try:
            return load(ledger, known)
        except IntegrityError as fault:
            raise IntegrityError(
                f"The record of the last run cannot be used. {fault.problem}",
                remedy="Run `roadworthy run`: it records anew what is damaged.",
            ) from fault
    for address, record in reversed(list(ledger.records.all(KIND))):
        _point(ledger, _LATEST, address)
        return from_body(record.body).at(address)
    raise NotFound("The pipeline was not run here yet.", remedy=_MAKE)


def of_commit(ledger: Ledger, commit: str, *, dirty: bool = False) -> Run:
    """Return the newest run of *commit*, with *dirty* also one that differed from it.

    Raises:
        NotFound: There is none.
    """
    for address, record in reversed(list(ledger.records.all(KIND))):
        if record.body["commit"] == commit and (dirty or not record.body["dirty"]):
            return from_body(record.body).at(address)
    raise NotFound(
        f"There is no {'' if dirty else 'clean '}run of the commit {commit[:12]}.",
        remedy=f"Make one: `git checkout {commit[:12]}`, then `roadworthy run`.",
    )


def _identity(run: Run) -> str:
    """Return what makes two runs the same fact: all but when, where and how fast."""
    whole = body(run)
    stages = [[name, stage.key, sorted(stage.outputs)] for name, stage in run.stages.items()]
    parts = [
        whole[name] for name in ("project", "commit", "dirty", "inputs", "outputs", "params", "python_environment")
    ]
    return Address.of(json.dumps([parts, stages], sort_keys=True).encode()).digest


def _known(ledger: Ledger, name: str) -> Address | None:
    """Return the address that the index has under *name*, if its record is there; the index may be wrong or gone."""
    value = ledger.cache.get(name)
    if value is None:
        return None
    address = Address(value.decode())
    return address if ledger.records.path(address).is_file() else None


def _point(ledger: Ledger, name: str, address: Address) -> None:
    ledger.cache.put(name, address.encode())
