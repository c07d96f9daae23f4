"""What was predicted, kept: declared columns, outputs, version, verdict and latency, in a thread of its own."""

from __future__ import annotations

import os
import queue
import secrets
import threading
import time
import traceback
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from blake3 import blake3

from roadworthy.build.data.table import Column, Table
from roadworthy.errors import RoadworthyError, StorageError
from roadworthy.operate.serve.guard import Answer
from roadworthy.operate.serve.records import plain, rows
from roadworthy.operate.serve.refusal import cause

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from roadworthy.declare.profile import PredictionLog as Rules
    from roadworthy.operate.serve.batch import Outcome
    from roadworthy.operate.serve.records import Asked

_PAUSE = 0.1  # seconds between two writes: what a kill -9 may lose
_BACKLOG = 20_000  # requests that may wait for a disk that does not answer


class Segments(Protocol):
    """Where rows are kept: a segment of the ledger."""

    def append(self, rows: Sequence[Mapping[str, object]]) -> None:
        """Append *rows*. Raises StorageError."""

    def close(self) -> None:
        """Make everything durable."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One request and what came of it."""

    served: Mapping[str, Any]  # model, version, deployment
    rules: Rules
    asked: Asked
    outcome: Outcome
    at: float  # seconds since 1970
    seconds: float


class Log:
    """Writes entries in a thread of its own."""

    def __init__(self, segments: Segments, secret: bytes, say: Callable[[str], None] = lambda _: None) -> None:
        """Write to *segments*; *say* is told, from the log's thread, when that begins and ceases to fail."""
        self._segments = segments
        self._secret = secret
        self._say = say
        self._lost = 0  # requests since writing began to fail
        self._waiting: queue.SimpleQueue[Entry | None] = queue.SimpleQueue()
        self.dropped = 0  # requests that could not be written
        self.trouble: str | None = None
        self._thread = threading.Thread(target=self._work, name="prediction log", daemon=True)
        self._thread.start()

    def note(self, entry: Entry) -> None:
        """Have *entry* written within a tenth of a second."""
        if entry.rules.keep == "none":
            return
        if self._waiting.qsize() >= _BACKLOG:
            busy = f"The disk does not answer: {_BACKLOG:,} requests wait to be written."
            self._lose(1, StorageError(busy, remedy="See what else uses it."))
            return
        self._waiting.put(entry)

    def close(self) -> None:
        """Write what is waiting, durably."""
        self._waiting.put(None)
        self._thread.join()
        with suppress(StorageError):
            self._segments.close()

    def _work(self) -> None:
        goes_on = True
        while goes_on:
            entries = [self._waiting.get()]
            if entries[0] is not None:
                time.sleep(_PAUSE)
            while not self._waiting.empty():
                entries.append(self._waiting.get())
            goes_on = None not in entries
            self._write([entry for entry in entries if entry is not None])

    def _write(self, entries: Sequence[Entry]) -> None:
        try:
            self._segments.append([row for entry in entries for row in lines(entry, self._secret)])
        except StorageError as fault:
            self._lose(len(entries), fault)
        except Exception as fault:  # noqa: BLE001 - the outermost handler of this thread, which must live on
            traceback.print_exc()
            ours = RoadworthyError(f"A bug in Roadworthy: {fault!r}", remedy="Report what the service printed.")
            self._lose(len(entries), ours)
        else:
            if self.trouble is not None:
                self.trouble = None
                lost = f"{self._lost:,} request{'' if self._lost == 1 else 's'}"
                self._say(f"Predictions are kept again; those of {lost} were not.")
                self._lost = 0

    def _lose(self, count: int, fault: RoadworthyError) -> None:
        self.dropped += count
        self._lost += count
        if self.trouble is None:
            self._say(f"Predictions are not kept: {fault}")
        self.trouble = cause(fault)


def lines(entry: Entry, secret: bytes) -> list[dict[str, Any]]:
    """Return the rows that are kept of *entry*, one for each row of the request."""
    at = datetime.fromtimestamp(entry.at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    same = {"at": at, **entry.served, "ms": round(entry.seconds * 1000, 3)}
    rules, table = entry.rules, entry.asked.table
    kept = _kept(table, rules, secret)
    inputs: list[dict[str, Any]] = rows(kept) if kept.names else [{} for _ in entry.asked.keys]
    keys = [_kept_key(key, rules, secret) for key in entry.asked.keys] if rules.hash or rules.drop else entry.asked.keys
    if not isinstance(entry.outcome, Answer):
        # Its words may hold values that must not be kept.
        failed = {"outputs": {}, "verdict": "failed", "reasons": [entry.outcome.kind or str(entry.outcome.status)]}
        return [{**same, "key": key, "inputs": values, **failed} for key, values in zip(keys, inputs, strict=True)]
    answer = entry.outcome
    answered = zip(keys, inputs, rows(answer.outputs), answer.verdicts, answer.reasons, strict=True)
    return [
        {
            **same,
            "key": key,
            "inputs": values,
            "outputs": outputs,
            "verdict": verdict,
            "reasons": _told(why, rules) if why else [],
        }
        for key, values, outputs, verdict, why in answered
    ]


def _kept(table: Table, rules: Rules, secret: bytes) -> Table:
    """Return the columns that are kept, those that are hashed as pseudonyms."""
    if not rules.hash and not rules.drop:
        return table
    columns = {name: column for name, column in table.columns.items() if name not in rules.drop}
    for name in columns.keys() & set(rules.hash):
        hidden = [None if value is None else pseudonym(value, secret) for value in plain(columns[name])]
        columns[name] = Column(np.array(hidden, dtype=object), columns[name].missing)
    return Table(columns)


def _kept_key(key: Mapping[str, Any], rules: Rules, secret: bytes) -> dict[str, Any]:
    return {
        name: pseudonym(value, secret) if name in rules.hash else value
        for name, value in key.items()
        if name not in rules.drop
    }


def _told(reasons: Sequence[str], rules: Rules) -> list[str]:
    """Return the reasons without the values of columns that are not kept as they are."""
    hidden = {f"{name} is ": f"{name} is out of scope" for name in (*rules.hash, *rules.drop)}
    return [next((short for start, short in hidden.items() if why.startswith(start)), why) for why in reasons]


def pseudonym(value: object, secret: bytes) -> str:
    """Return what stands for *value* in the log: always the same, and not to be guessed without *secret*."""
    return f"hash:{blake3(str(value).encode(), key=secret).hexdigest(length=16)}"


def secret_in(path: Path) -> bytes:
    """Return the project's secret for pseudonyms, made when it is not there.

    Raises:
        StorageError: It cannot be read or written.
    """
    try:
        with suppress(FileExistsError):
            path.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(secrets.token_bytes(32))
        found = path.read_bytes()
    except OSError as fault:
        raise StorageError(
            f"{path} cannot be used: {fault}.", remedy="Make the folder .roadworthy writable."
        ) from fault
    if len(found) != blake3.key_size:
        raise StorageError(f"{path} is not whole.", remedy="Delete it: a new one is made, with other pseudonyms.")
    return found
