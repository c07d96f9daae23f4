"""No declared file, however hostile, costs more than a second or 256 MB: it gets a clear error."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

HEAD = b"apiVersion: roadworthy/v1alpha1\nproject: p\n"
MEGABYTE = 1024 * 1024
CPU_SECONDS, MEGABYTES = 1.0, 256


def laughs() -> bytes:
    """Return a text of a few hundred bytes that stands for a billion values."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)]
    return "\n".join(lines).encode()


def deep_by_aliases() -> bytes:
    """Return a text whose lines are flat enough, and that is thousands of levels deep when its aliases are followed."""
    lines = ["a0: &a0 x", *(f"a{n}: &a{n} {'[' * 40}*a{n - 1}{']' * 40}" for n in range(1, 99))]
    return "\n".join(lines).encode()


HOSTILE: dict[str, tuple[bytes, str]] = {
    "billion laughs": (laughs(), "more than 50,000 values, aliases written out"),
    "a long text, a hundred times": (
        b"a: &a " + b"x" * 900_000 + b"\nb: [" + b", ".join([b"*a"] * 99) + b"]",
        "longer than 1 MiB, aliases written out",
    ),
    "many aliases": (b"a: &a x\nb: [" + b", ".join([b"*a"] * 5000) + b"]", "more than 100 aliases"),
    "deep by aliases": (deep_by_aliases(), "nested more than 50 deep"),
    "an alias of itself": (b"a: &a [*a]", "stands inside of what it refers to"),
    "deep lists": (b"a: " + b"[" * 500_000, "nested more than 50 deep"),
    "deep mappings": (b"{a: " * 250_000, "nested more than 50 deep"),
    "deep blocks": (b"".join(b" " * n + b"a:\n" for n in range(1000)), "nested more than 50 deep"),
    "deep dashes": (b"- " * 500_000, "nested more than 50 deep"),
    "two megabytes": (HEAD + b"#" * 2 * MEGABYTE, "larger than 1 MiB: it has 2.00 MiB"),
    "a megabyte of list": (b"- a\n" * 260_000, "more than 50,000 values"),
    "unknown keys": (HEAD + b"".join(b"k%d: 1\n" % n for n in range(20_000)), "19900 more faults"),
    "duplicate keys": (HEAD + b"project: q\n" * 20_000, "19900 more faults"),
    "wrong types": (HEAD + b"alerts: [" + b"3," * 20_000 + b"]", "19900 more faults"),
    "a long line": (b"a" * MEGABYTE, "must be a mapping"),
    "tabs": (HEAD + b"log:\n\tkeep: none\n", "A tab stands where YAML wants spaces"),
    "not UTF-8": (HEAD + b"description: \xff" * 60_000, "which is not UTF-8"),
    "UTF-16": (HEAD.decode().encode("utf-16"), "which is not UTF-8"),
    "noise": (bytes(range(256)) * 4096, "which is not UTF-8"),
    "a long number": (HEAD + b"description: " + b"9" * 1_000_000, "too large for a whole number"),
    "a long name": (HEAD.replace(b"p\n", b"a." * 200_000 + b"!\n"), "is not a name"),
    "a long schedule": (HEAD + b"train: {on: {schedule: '" + b"a " * 200_000 + b"!'}}", "is not a schedule"),
}


@dataclass(frozen=True)
class Cost:
    """What a command answered, and what it cost."""

    status: int
    output: str
    cpu_seconds: float
    megabytes: float


# A process starts out with the memory of whoever forks it counted as its own: a small one must, not a test's worker.
MEASURED = """
import os, subprocess, sys
with open(sys.argv[1], "wb") as told:
    process = subprocess.Popen(sys.argv[2:], stdout=told, stderr=told)
_, status, usage = os.wait4(process.pid, 0)
print(os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)
"""


def check(folder: Path) -> Cost:
    """Run `roadworthy check` in *folder*, as a process of its own."""
    told = folder / "told"
    command = [str(Path(sys.executable).with_name("roadworthy")), "check"]
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, told, *command], cwd=folder, capture_output=True, text=True, check=True
    )
    status, cpu_seconds, megabytes = done.stdout.split()
    return Cost(int(status), told.read_text(encoding="utf-8"), float(cpu_seconds), float(megabytes))


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_cheaply(name: str, tmp_path: Path) -> None:
    """A file made to exhaust its reader gets an error in words, within a CPU second and 256 MB."""
    data, words = HOSTILE[name]
    (tmp_path / "profile.yaml").write_bytes(data)

    cost = check(tmp_path)

    assert (cost.status, words in cost.output) == (2, True), cost.output[:2000]
    assert "Traceback" not in cost.output
    assert cost.cpu_seconds < CPU_SECONDS
    assert cost.megabytes < MEGABYTES


def test_a_pipe_in_place_of_a_file_does_not_hang(tmp_path: Path) -> None:
    """What is not a regular file is not opened: a pipe would never end."""
    (tmp_path / "profile.yaml").write_bytes(HEAD)
    os.mkfifo(tmp_path / "params.yaml")

    cost = check(tmp_path)

    assert cost.status == 2
    assert "params.yaml: This is not a file." in cost.output
