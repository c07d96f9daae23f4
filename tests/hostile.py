"""A contributor's code that means harm: what it tries, each deed by itself. It is copied into projects, and run there.

It stands alone, and tells which deeds went well by its own account; a test looks at the rest from outside.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

# What is left of paths that a test gives, in `targets.json` beside this file.
READ = ("identity.db", "platform.db", "key", "other's bucket", "other's checkout", "own key", "own ledger")
WRITE = (
    "record", "index", "trusted", "environment", "kit", "package cache", "hook", "git config", "alternates",
    "approval in the bucket", "proof in the bucket", "cache entry in the bucket", "name in the bucket",
    "object in the bucket", "other's bucket of objects", "served platform.db", "served identity.db", "signing key",
)  # fmt: skip


def attack() -> list[str]:
    """Do everything, and return what went well."""
    targets = json.loads(Path(__file__).with_name("targets.json").read_text(encoding="utf-8"))
    deeds: dict[str, tuple[Callable[[Any], bool], Any]] = {
        **{f"read {name}": (_read, targets[name]) for name in READ},
        **{f"write {name}": (_write, targets[name]) for name in WRITE},
        "read an environment": (_environments, targets["canary"]),
        "look at processes": (_processes, targets["runner"]),
        "connect": (_connect, targets["port"]),
        "leave a process": (_leave, targets["left"]),
        "kill the runner": (_kill, targets["runner"]),
        "kill the server": (_kill, targets["server"]),
    }
    done = []
    for name, (deed, target) in deeds.items():
        with contextlib.suppress(Exception):
            if deed(target):
                done.append(name)
    return done


def _read(path: str) -> bool:
    return b"canary" in Path(path).read_bytes()


def _write(path: str) -> bool:
    place = Path(path)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.unlink(missing_ok=True)
    place.write_text("forged", encoding="utf-8")
    place.chmod(0o755)
    return True


def _environments(canary: str) -> bool:
    found = False
    for place in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            found = found or canary.encode() in place.read_bytes()
    return found


def _processes(runner: int) -> bool:
    return b"canary" in Path(f"/proc/{runner}/cmdline").read_bytes()


def _connect(port: int) -> bool:
    with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
        return bool(connection.recv(6))


def _leave(name: str) -> bool:
    sleep = "import time; time.sleep(60)"
    subprocess.Popen(
        [sys.executable, "-I", "-c", sleep, name], start_new_session=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    return True


def _kill(process: int) -> bool:
    os.kill(process, signal.SIGKILL)
    return True


class _Model:
    def __init__(self, when: str) -> None:
        self._said = attack() if when == "load" else None

    def predict(self, frame: dict[str, Any]) -> dict[str, Any]:
        said = json.dumps(attack() if self._said is None else self._said)
        return {"said": [said for _ in frame["wind"]]}


def load(path: str) -> _Model:
    """Return a model that attacks when its file says."""
    return _Model(Path(path).read_text(encoding="utf-8"))


if __name__ == "__main__":
    Path("build").mkdir(exist_ok=True)
    Path("build/said.json").write_text("{}", encoding="utf-8")
    print(json.dumps(attack()))  # noqa: T201 - its log tells, whatever becomes of its outputs
