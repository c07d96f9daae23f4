"""The records of a bucket that are believed, and those that are not: forged, damaged, or another project's."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from roadworthy.errors import IntegrityError, NotFound, StorageError
from roadworthy.ledger.objects.folder import addresses_in
from roadworthy.platform.rebuild.form import HELD, fault
from roadworthy.platform.rebuild.report import Rejected
from roadworthy.platform.workspace import keep, project

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from roadworthy.ledger.ledger import Ledger
    from roadworthy.ledger.objects.address import Address
    from roadworthy.ledger.records.record import Record

_NAMING = ("run", "proof", "version_record", "follows")  # keys under which a record names another of its project


@dataclass(frozen=True, slots=True)
class Believed:
    """What a bucket says.

    Attributes:
        addresses: Every record that is believed.
        held: Those that rows are made from, in the order in which they were stated.
        rejected: The others.
        oldest: When the first of them was stated, in milliseconds since 1970; None when there is none.
    """

    addresses: tuple[Address, ...]
    held: Mapping[Address, Record]
    rejected: tuple[Rejected, ...]
    oldest: int | None

    def of(self, kind: str) -> list[tuple[Address, Record]]:
        """Return the records of *kind* that rows are made from."""
        return [(address, record) for address, record in self.held.items() if record.kind == kind]


@dataclass(slots=True)
class _Reading:
    held: dict[Address, Record] = field(default_factory=dict)
    names: dict[Address, frozenset[str]] = field(default_factory=dict)
    at: dict[Address, int] = field(default_factory=dict)
    wrong: dict[Address, str] = field(default_factory=dict)
    foreign: dict[Address, str] = field(default_factory=dict)


def believed(ledger: Ledger, name: str) -> Believed:
    """Return what the bucket of the project *name* says, read record by record.

    A record that names another project is not believed here, however well it is signed: it was copied. Nor is one
    that names such a record.
    """
    found = _Reading()
    for address in addresses_in(ledger.records.folder, ".json"):
        try:
            record = ledger.records.read(address)
        except (IntegrityError, NotFound, StorageError) as error:
            found.wrong[address] = error.problem
        else:
            _take(found, address, record, name)
    _follow(found.foreign, found.names)
    wrong = {**found.wrong, **found.foreign}
    addresses = tuple(one for one in found.names if one not in wrong)
    held = {
        one: found.held[one] for one in sorted(addresses, key=lambda one: (found.at[one], one)) if one in found.held
    }
    rejected = tuple(Rejected(name, address, reason) for address, reason in sorted(wrong.items()))
    return Believed(addresses, held, rejected, min((found.at[one] for one in addresses), default=None))


def _take(found: _Reading, address: Address, record: Record, name: str) -> None:
    wrong = fault(record)
    if wrong is not None:
        found.wrong[address] = wrong
        return
    other = _project_of(record)
    if other is not None and other != name:
        found.foreign[address] = f"It is of the project {other!r}, not of {name!r}."
    found.names[address] = frozenset(_named(record))
    found.at[address] = record.milliseconds
    if record.kind in HELD:
        found.held[address] = record


def _project_of(record: Record) -> object:
    """Return the project that *record* names, or None when it names none."""
    body = record.body
    if record.kind == project.KIND:
        return body["name"]
    if record.kind == keep.KIND:
        resources = cast("list[tuple[str, str, object]]", body["resources"])
        return next((name for kind, name, _ in resources if kind == "project"), None)
    return None if record.kind == "version" else body.get("project")  # a version's is a folder of the repository


def _named(record: Record) -> Iterator[str]:
    values = (record.body.get(key) for key in _NAMING)
    return (value for value in values if isinstance(value, str))


def _follow(foreign: dict[Address, str], names: Mapping[Address, frozenset[str]]) -> None:
    """Add to what is *foreign* whatever names it."""
    while more := [one for one, named in names.items() if one not in foreign and named & foreign.keys()]:
        for one in more:
            foreign[one] = f"It is about {min(names[one] & foreign.keys())}, which is another project's."
