"""The log keeps what is declared of a prediction, pseudonyms for what is to be hashed, and nothing that is dropped."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from roadworthy.build.data.table import Column, Table
from roadworthy.declare.profile import PredictionLog
from roadworthy.errors import StorageError
from roadworthy.operate.serve.guard import Answer
from roadworthy.operate.serve.log import Entry, Log, lines, pseudonym, secret_in
from roadworthy.operate.serve.records import Asked
from roadworthy.operate.serve.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from roadworthy.operate.serve.batch import Outcome

SECRET = bytes(32)
ASKED = Asked(
    Table({"wind": Column(np.array([130.0])), "tail": Column(np.array(["N1"], dtype=object))}), ({"flight": "UA 1"},)
)
ANSWER = Answer(
    Table({"probability": Column(np.array([0.25]))}),
    ("flagged",),
    (("wind is 130 mph, above 120", "tail is 'N1', which is not among the values allowed"),),
)


def entry(outcome: Outcome = ANSWER, **rules: Any) -> Entry:
    """Return a request of one row and what came of it."""
    served = {"model": "delay", "version": "v1.0.0", "deployment": 3}
    return Entry(served, PredictionLog(**rules), ASKED, outcome, 1385898330.5, 0.0015)


def test_a_prediction_is_kept_whole() -> None:
    """Who, what, when, by which version, how long it took, and what the guard said."""
    assert lines(entry(), SECRET) == [
        {
            "at": "2013-12-01T11:45:30.500Z",
            "model": "delay",
            "version": "v1.0.0",
            "deployment": 3,
            "ms": 1.5,
            "key": {"flight": "UA 1"},
            "inputs": {"wind": 130.0, "tail": "N1"},
            "outputs": {"probability": 0.25},
            "verdict": "flagged",
            "reasons": ["wind is 130 mph, above 120", "tail is 'N1', which is not among the values allowed"],
        }
    ]


def test_hashed_and_dropped_columns_leave_no_trace() -> None:
    """Their values stand neither among the inputs, nor in the key, nor in a reason."""
    [row] = lines(entry(hash=("tail", "flight"), drop=("wind",)), SECRET)

    assert row["inputs"] == {"tail": pseudonym("N1", SECRET)}
    assert row["key"] == {"flight": pseudonym("UA 1", SECRET)}
    assert row["reasons"] == ["wind is out of scope", "tail is out of scope"]
    assert "N1" not in str(row)
    assert "130" not in str(row)


def test_every_column_may_be_dropped() -> None:
    """What is left is who answered, and how."""
    [row] = lines(entry(drop=("tail", "wind", "flight")), SECRET)

    assert (row["inputs"], row["key"]) == ({}, {})
    assert row["outputs"] == {"probability": 0.25}


def test_a_failure_is_kept_without_its_words() -> None:
    """What a model raised may hold values of the row; its kind is enough."""
    [row] = lines(entry(Refusal(500, "no idea what N1 is", "Mend it.", kind="PredictFailed")), SECRET)

    assert (row["verdict"], row["reasons"], row["outputs"]) == ("failed", ["PredictFailed"], {})


def test_a_pseudonym_depends_on_the_secret() -> None:
    """Nobody who guesses a tail number can look it up in the log of another project."""
    assert pseudonym("N1", SECRET) == pseudonym("N1", SECRET)
    assert pseudonym("N1", SECRET) != pseudonym("N1", b"1" * 32)


def test_the_secret_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    """It outlives the service, and is not readable by others; a torn one is an error."""
    path = tmp_path / "predictions" / "secret"
    first = secret_in(path)

    assert secret_in(path) == first
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_bytes(first[:7])
    with pytest.raises(StorageError, match="not whole"):
        secret_in(path)


class Memory:
    """Segments in memory; at first full, or with a fault of ours, when asked to be."""

    def __init__(self, *, full: bool = False, bug: bool = False) -> None:
        self.rows: list[Mapping[str, object]] = []
        self.full = full
        self.bug = bug
        self.closed = False

    def append(self, rows: Sequence[Mapping[str, object]]) -> None:
        """Keep."""
        if self.bug:
            raise KeyError("nobody foresaw this")
        if self.full:
            raise StorageError("No space is left.", remedy="Free some.")
        self.rows.extend(rows)

    def close(self) -> None:
        """End."""
        self.closed = True


def test_closing_writes_what_waits() -> None:
    """Nothing that was answered is lost by an orderly end; `keep: none` keeps nothing."""
    memory = Memory()
    log = Log(memory, SECRET)
    for _ in range(100):
        log.note(entry())
        log.note(entry(keep="none"))
    log.close()

    assert len(memory.rows) == 100
    assert memory.closed


def test_what_cannot_be_written_is_counted_and_the_next_is_tried_again() -> None:
    """A full disk stops no prediction, and ends no log; that it begins and ends to matter is told once each."""
    memory = Memory(full=True)
    said: list[str] = []
    log = Log(memory, SECRET, said.append)
    log.note(entry())
    end = time.monotonic() + 5
    while log.trouble is None and time.monotonic() < end:
        time.sleep(0.01)
    trouble, memory.full = log.trouble, False
    log.note(entry())
    log.close()

    assert (trouble, log.dropped, len(memory.rows)) == ("No space is left.", 1, 1)
    assert log.trouble is None
    assert said == [
        "Predictions are not kept: No space is left. Free some.",
        "Predictions are kept again; those of 1 request were not.",
    ]


def test_a_disk_that_stays_full_is_told_once() -> None:
    """A line for every request would fill the next disk."""
    said: list[str] = []
    log = Log(Memory(full=True), SECRET, said.append)
    for _ in range(3):
        log.note(entry())
        time.sleep(0.15)
    log.close()

    assert log.dropped == 3
    assert len(said) == 1


def test_a_bug_of_ours_does_not_end_the_log_silently(capsys: pytest.CaptureFixture[str]) -> None:
    """What nobody foresaw is told as trouble with its traceback, what it cost is counted, and the next is written."""
    memory = Memory(bug=True)
    log = Log(memory, SECRET)
    log.note(entry())
    end = time.monotonic() + 5
    while log.trouble is None and time.monotonic() < end:
        time.sleep(0.01)
    trouble, memory.bug = log.trouble, False
    log.note(entry())
    log.close()

    assert trouble is not None
    assert "A bug in Roadworthy: KeyError" in trouble
    assert (log.dropped, len(memory.rows)) == (1, 1)
    assert "Traceback" in capsys.readouterr().err
