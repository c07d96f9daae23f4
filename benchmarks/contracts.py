"""Data tests: 40 checks over 20 columns of 1 and of 10 million rows, the whole process, beside three peers."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import duckdb
import peers
from figure import Figure, summarise

CLIENTS = Path(__file__).parent / "clients"
TIMES = 3
SIZES = {1_000_000: (1.6, 400), 10_000_000: (9, 700)}  # rows: the marks in CPU seconds and MB
MB = 1024  # KiB, in which Linux counts
COLUMNS = [
    "range AS id",
    *(f"random() * {number + 1} AS f{number}" for number in range(8)),
    *(f"CAST(random() * {10 ** (number + 1)} AS INTEGER) AS i{number}" for number in range(5)),
    *(f"'c' || CAST(floor(random() * {5 * (number + 1)}) AS INTEGER) AS t{number}" for number in range(4)),
    "random() < 0.3 AS b",
    "TIMESTAMP '2024-01-01' + to_seconds(CAST(random() * 1e7 AS BIGINT)) AS at",
]
RULES = {  # 20 columns without a missing value, 1 unique, 8 + 5 ranges, 4 sets, 1 first moment; and the rows: 40 checks
    "id": "missing: 0%, unique: true",
    **{f"f{number}": f"missing: 0%, min: 0, max: {number + 1}" for number in range(8)},
    **{f"i{number}": f"missing: 0%, min: 0, max: {10 ** (number + 1)}" for number in range(5)},
    **{
        f"t{number}": f"missing: 0%, allowed: [{', '.join(f'c{one}' for one in range(5 * (number + 1)))}]"
        for number in range(4)
    },
    "b": "missing: 0%",
    "at": "missing: 0%, min: '2024-01-01'",
}
API = "apiVersion: roadworthy/v1alpha1\n"
PEERS = (
    ("great_expectations", peers.GREAT_EXPECTATIONS),
    ("pandera", peers.PANDERA),
    ("pointblank", peers.POINTBLANK),
)


@dataclass(frozen=True)
class Spent:
    """What a process took: CPU seconds, and the most memory that it held, in MB."""

    cpu: float
    memory: float


def measure() -> list[Figure]:
    """Hold the same rules against the same file with each of the four, in turn."""
    found = []
    for rows, marks in SIZES.items():
        with tempfile.TemporaryDirectory() as folder:
            commands = {"ours": _ours(Path(folder), rows)}
            file = Path(folder) / "rows.parquet"
            for name, requirements in PEERS:
                python = peers.installed(*requirements) / "python"
                commands[f"{requirements[0]}"] = [str(python), str(CLIENTS / f"{name}_client.py"), str(file)]
            spent = {name: [_spend(command, Path(folder)) for _ in range(TIMES)] for name, command in commands.items()}
        for unit, mark in zip(("CPU s", "MB"), marks, strict=True):
            found += _figures(rows, unit, mark, spent)
    return found


def _figures(rows: int, unit: str, mark: float, spent: dict[str, list[Spent]]) -> list[Figure]:
    what = f"40 checks, {rows // 1_000_000} M rows"
    taken = {name: [one.cpu if unit == "CPU s" else one.memory for one in each] for name, each in spent.items()}
    return [
        summarise(what, taken["ours"], unit, mark=mark, peer=(name, summarise(what, each, unit).ours))
        for name, each in taken.items()
        if name != "ours"
    ]


def _ours(folder: Path, rows: int) -> list[str]:
    with duckdb.connect() as connection:
        connection.sql(f"SELECT {', '.join(COLUMNS)} FROM range({rows})").write_parquet(f"{folder}/rows.parquet")  # noqa: S608 - constants
    (folder / "contracts").mkdir()
    listed = "".join(f"  {name}: {{{rule}}}\n" for name, rule in RULES.items())
    rules = f"{API}dataset: rows\ncolumns:\n{listed}table: {{rows: {{at_least: 1000}}}}\n"
    (folder / "contracts" / "rows.yaml").write_text(rules, encoding="utf-8")
    (folder / "profile.yaml").write_text(f"{API}project: bench\n", encoding="utf-8")
    (folder / "pipeline.yaml").write_text(f"{API}datasets: {{rows: {{path: rows.parquet}}}}\n", encoding="utf-8")
    subprocess.run(["git", "init", "--quiet", folder], check=True)
    return [str(Path(sys.executable).parent / "roadworthy"), "contract", "test", "rows"]


def _spend(command: list[str], folder: Path) -> Spent:
    """Return what *command* took.

    Raises:
        RuntimeError: It failed: the rules hold, and a failed command has no figure.
    """
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, cwd=folder, stdout=said, stderr=subprocess.STDOUT)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            raise RuntimeError(f"{command} ended with {process.returncode}:\n{said.read().decode()[-2000:]}")
    return Spent(used.ru_utime + used.ru_stime, used.ru_maxrss / MB)
