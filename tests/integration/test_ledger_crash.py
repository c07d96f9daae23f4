"""What is left when a process is killed, and what a command does not load."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from roadworthy.ledger import ledger
from roadworthy.ledger.predictions.segment import read, torn

KILLED = Path(__file__).with_name("killed_ledger.py")
APPEND = """
import sys
from pathlib import Path
from roadworthy.ledger.predictions.segment import SegmentWriter
writer = SegmentWriter(Path(sys.argv[1]))
for number in range(10_000_000):
    writer.append([{"number": number}, {"again": number}])
    print(number, flush=True)
"""
READ = """
import json, sys
from pathlib import Path
from roadworthy.ledger import ledger
from roadworthy.ledger.objects import tree
state = Path(sys.argv[1])
kept = ledger.open(state, recall=True)
record = kept.records.read(kept.names.resolve("stage/abc"))
found = tree.address_of(state.parent / "data", kept.files)
heavy = ("cryptography", "numpy", "duckdb", "pydantic", "rfc8785", "yaml", "orjson", "importlib.metadata")
print(json.dumps({"kind": record.kind, "size": found.size, "loaded": [name for name in heavy if name in sys.modules]}))
"""


def test_a_kill_at_any_moment_leaves_nothing_wrong(tmp_path: Path) -> None:
    """Bytes, record, name, tag, index: killed before any of them, what is there is whole, and can be finished."""
    done = subprocess.run([sys.executable, KILLED, tmp_path], capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout.splitlines()[-1])

    assert said["faults"] == []
    assert said["changes"] > 25


@pytest.mark.parametrize("after", [1, 50])
def test_a_killed_service_loses_no_prediction_that_it_logged(tmp_path: Path, after: int) -> None:
    """Every group that was appended before `kill -9` is read back, whole and in order."""
    with subprocess.Popen([sys.executable, "-c", APPEND, tmp_path], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = [int(process.stdout.readline()) for _ in range(after)]
        process.send_signal(signal.SIGKILL)
    rows = list(read(tmp_path))

    assert process.returncode == -signal.SIGKILL
    assert said == list(range(after))
    assert [row["number"] for row in rows[::2]] == [row["again"] for row in rows[1::2]] == list(range(len(rows) // 2))
    assert len(rows) // 2 >= after
    assert all(lost >= 0 for lost in torn(tmp_path).values())


def test_reading_what_is_known_loads_nothing_heavy(tmp_path: Path) -> None:
    """A record that was verified before, and a file that was read before, cost no cryptography and no tables."""
    kept = ledger.open(tmp_path / ".roadworthy")
    (tmp_path / "data").write_bytes(b"rows")
    kept.names.claim("stage/abc", kept.keep("stage", {"x": 1}))
    kept.close()
    done = subprocess.run(
        [sys.executable, "-c", READ, tmp_path / ".roadworthy"], capture_output=True, text=True, check=True, timeout=60
    )

    assert json.loads(done.stdout) == {"kind": "stage", "size": 4, "loaded": []}
