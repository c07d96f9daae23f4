"""What a key gave before: the write-once records of stages."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from roadworthy.build.pipeline.record import items_from_json, items_to_json
from roadworthy.errors import IntegrityError, NotFound
from roadworthy.ledger.objects.address import Address

if TYPE_CHECKING:
    from collections.abc import Mapping

    from roadworthy.build.pipeline.key import Parts
    from roadworthy.ledger.ledger import Ledger
    from roadworthy.ledger.objects.item import Item

KIND = "stage"
_FORMAT = 1  # of what is cached
_FORGOTTEN = b"null"
_ALL_KNOWN = "stage/last"


@dataclass(frozen=True, slots=True)
class Made:
    """What a stage wrote under a key.

    Attributes:
        record: The record that says so.
        outputs: Path → content.
        notes: What was found out while it ran, such as files read but not declared.
        watched: Whether anybody watched what it opened.
    """

    record: Address
    outputs: Mapping[str, Item]
    notes: tuple[str, ...]
    watched: bool = True


def find(ledger: Ledger, key: str) -> Made | None:
    """Return what *key* gave before, or None; a record that is damaged, or cannot be believed, is forgotten.

    What a record says is taken from the index once its signature was verified; its bytes are looked at every time.
    """
    known = ledger.cache.get(f"stage/{_FORMAT}/{key}")
    if known is not None and known != _FORGOTTEN:
        found = _from_json(json.loads(known))
        if ledger.records.holds(found.record):
            return found
    address = ledger.names.resolve(_name(key))
    if address is None:
        return None
    try:
        record = ledger.records.read(address)
    except (NotFound, IntegrityError):
        ledger.names.forget(_name(key), address)
        return None
    made = _from_json({**record.body, "record": address})
    _remember(ledger, key, made)
    return made


def keep(
    ledger: Ledger, stage: str, key: str, parts: Parts, outputs: Mapping[str, Item], facts: Mapping[str, object]
) -> Made:
    """Record what *stage* wrote under *key*; return that, or what somebody else recorded first.

    Args:
        ledger: Holds the outputs' bytes already.
        stage: The stage's name.
        key: Digest of *parts*.
        parts: What the outputs depend on.
        outputs: Path → content.
        facts: `seconds`, `notes`, `watched`, and `trusted`: whether the Python environment was what the lock says.

    Raises:
        StorageError: The disk is full or the folder is read-only.
    """
    body = {"stage": stage, "key": key, "parts": parts, "outputs": items_to_json(outputs), **facts}
    address = ledger.keep(KIND, body, {path: item.address for path, item in outputs.items()})
    winner = ledger.names.claim(_name(key), address)
    if winner != address:
        first = find(ledger, key)
        if first is not None:
            return first
        ledger.names.claim(_name(key), address)
    made = _from_json({**body, "record": address})
    _remember(ledger, key, made)
    return made


def forget(ledger: Ledger, key: str, made: Made) -> None:
    """Let *key* be recorded anew: what it gave is lost or damaged, or nobody watched it.

    Raises:
        StorageError: The folder is read-only.
    """
    ledger.names.forget(_name(key), made.record)
    ledger.cache.put(f"stage/{_FORMAT}/{key}", _FORGOTTEN)


def remember_last(ledger: Ledger, stage: str, key: str, parts: Parts) -> None:
    """Remember that *key* is what *stage*'s outputs in the working tree were made with."""
    ledger.cache.put(f"stage/last/{stage}", json.dumps([key, parts]).encode())


def last(ledger: Ledger, stage: str) -> tuple[str, Parts] | None:
    """Return the key and its parts that *stage* had when its outputs were last put in place, or None."""
    if ledger.cache.get(_ALL_KNOWN) is None:  # a new index: what the records say is learned once
        for _, record in ledger.records.all(KIND):
            remember_last(
                ledger, str(record.body["stage"]), str(record.body["key"]), cast("Parts", record.body["parts"])
            )
        ledger.cache.put(_ALL_KNOWN, b"")
    known = ledger.cache.get(f"stage/last/{stage}")
    if known is None:
        return None
    key, parts = json.loads(known)
    return key, parts


def _name(key: str) -> str:
    return f"stage/{key}"


def _remember(ledger: Ledger, key: str, made: Made) -> None:
    kept = {
        "record": made.record,
        "outputs": items_to_json(made.outputs),
        "notes": list(made.notes),
        "watched": made.watched,
    }
    ledger.cache.put(f"stage/{_FORMAT}/{key}", json.dumps(kept).encode())


def _from_json(value: Mapping[str, object]) -> Made:
    notes = tuple(cast("list[str]", value["notes"]))
    return Made(
        Address(str(value["record"])),
        items_from_json(value["outputs"]),
        notes,
        watched=bool(value.get("watched", True)),
    )
