"""The platform: ready, its memory, and the time from a push to its verdict, as a user's clock sees them."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from figure import Figure, summarise

if TYPE_CHECKING:
    from collections.abc import Iterator

BIN = Path(sys.executable).parent
STARTS, PUSHES = 3, 5
MIB = 1024


def measure() -> list[Figure]:
    """Start a platform several times, push a new project once, and then one changed parameter after another."""
    ready, memory = zip(*(_start() for _ in range(STARTS)), strict=True)
    return [
        summarise("`up`, a new home: ready", ready, "s", mark=3),
        summarise("`up`, a new home: memory of all its processes (PSS)", memory, "MB", mark=250),
        *_project(),
    ]


def _start() -> tuple[float, float]:
    """Return the seconds until `/health` answers, and the memory of the process tree then, in MB."""
    with tempfile.TemporaryDirectory() as scratch:
        began = time.perf_counter()
        with _platform(Path(scratch), _free_port()) as process:
            seconds = time.perf_counter() - began
            time.sleep(2)
            return seconds, sum(_resident(pid) for pid in _tree(process.pid)) / MIB


def _project() -> list[Figure]:
    """Take the tabular template through its first push, and then through a row of warm ones."""
    with tempfile.TemporaryDirectory() as scratch:
        here, port = Path(scratch), _free_port()
        with _platform(here, port):
            address = f"http://127.0.0.1:{port}"
            home = here / "home"
            token = _sh(f"roadworthy account add ada --admin --token bench --home {home}", here).strip()
            began = time.perf_counter()
            _sh("roadworthy new flight-delay --template tabular --yes", here)
            project = here / "flight-delay"
            _sh("roadworthy run", project)
            _sh("git add data && git commit -qm Pins && git branch -f main", project)
            _sh(f"git remote add origin {address.replace('//', f'//ada:{token}@')}/git/flight-delay.git", project)
            _sh("roadworthy project create flight-delay", project)
            _sh(f"roadworthy data push --bucket {address}/buckets/flight-delay", project, ROADWORTHY_TOKEN=token)
            pushed = time.perf_counter()
            _sh("git push -q origin main develop && roadworthy jobs wait", project)
            first = time.perf_counter()
            _sh("roadworthy deploy v0.1.0 --to production && git switch -qc feature/boosting", project)
            warm_up = _push(project, r"s/learner: late_share/learner: boosting/")
            warm = [_push(project, rf"s/learning_rate: .*/learning_rate: 0.1{number}/") for number in range(PUSHES)]
    return [
        summarise("`new`, first run and first push to green", [first - began], "s", mark=60),
        summarise("of which from the first push on, of main and develop", [first - pushed], "s"),
        summarise("push of a better learner to its verdict, with a first noise floor", [warm_up], "s"),
        summarise("push of a changed parameter to its verdict, warm", warm, "s", mark=15),
    ]


def _push(project: Path, edit: str) -> float:
    """Commit *edit* of the parameters, and return the seconds from the push until nothing is waited for."""
    _sh(f"sed -i '{edit}' params.yaml && git commit -qam 'Change a parameter'", project)
    began = time.perf_counter()
    _sh("git push -q origin HEAD && roadworthy jobs wait", project, verdict=True)
    return time.perf_counter() - began


@contextmanager
def _platform(folder: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """Run a platform, ready, until the end of the block."""
    command = [str(BIN / "roadworthy"), "up", "--home", str(folder / "home"), "--port", str(port)]
    with (
        (folder / "up.log").open("wb") as log,
        subprocess.Popen(command, cwd=folder, stdout=log, stderr=log) as process,
    ):
        try:
            _until_healthy(f"http://127.0.0.1:{port}/health")
            yield process
        finally:
            process.terminate()
            process.wait(60)


def _until_healthy(url: str) -> None:
    until = time.perf_counter() + 60
    while time.perf_counter() < until:
        try:
            with urllib.request.urlopen(url, timeout=5):  # noqa: S310 - of loopback, made above
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.02)
    raise RuntimeError(f"{url} did not answer within a minute.")


def _tree(pid: int) -> list[int]:
    """Return *pid* and all processes below it."""
    parents: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        parents.setdefault(parent, []).append(int(stat.parent.name))
    found = [pid]
    for one in found:
        found.extend(parents.get(one, ()))
    return found


def _resident(pid: int) -> float:
    """Return the proportional memory of a process, in KiB; 0 when it has ended."""
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0.0
    found = re.search(r"^Pss:\s+(\d+)", rollup, re.MULTILINE)
    return float(found.group(1)) if found else 0.0


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _sh(command: str, folder: Path, *, verdict: bool = False, **env: str) -> str:
    """Type *command* as a user does, and return what it printed; a *verdict* may also be a refusal (exit 3)."""
    path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["sh", "-c", command],
        cwd=folder, env={**os.environ, "PATH": path, **env}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode and not (verdict and done.returncode == 3):
        raise RuntimeError(f"{command} ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout
