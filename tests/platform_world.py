"""A whole platform, as `roadworthy up` runs it in a process tree of its own: pushed to, killed, and started again."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import forge_world
import web_world
from toy_pipeline import COMMAND

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PROJECT = "quick"
PATIENCE = 120.0  # seconds: two busy cores may take a while
_OPEN = ("queued", "running")
FAILPOINTS = Path(__file__).parent / "failpoints"


@dataclass
class World:
    """A platform in *home*; a server that runs it, or none for now; Ada, who administers it; her working tree."""

    home: Path
    runners: int = 1
    token: str = ""
    process: subprocess.Popen[bytes] | None = None

    @classmethod
    @contextlib.contextmanager
    def open(cls, folder: Path, runners: int = 1, environment: Mapping[str, str] | None = None) -> Iterator[Self]:
        """Start a platform in *folder*, with an account for Ada; end it with the block."""
        world = cls(folder / "home", runners)
        try:
            world.start(**(environment or {}))
            world.token = world.command("account", "add", "ada", "--admin", "--token", "t").strip()
            yield world
        finally:
            world.stop()

    # The server.

    def start(self, **environment: str) -> None:
        """Start the server, and wait until it answers; what is added to its *environment* holds for this once."""
        (self.home / "up.json").unlink(missing_ok=True)
        self.home.mkdir(parents=True, exist_ok=True)
        command = [COMMAND, "up", "--home", str(self.home), "--port", "0", "--runners", str(self.runners)]
        said = (self.home.parent / "up.log").open("ab")
        with said:
            self.process = subprocess.Popen(
                command, stdout=said, stderr=said, stdin=subprocess.DEVNULL, start_new_session=True,
                env={**os.environ, **environment},
            )  # fmt: skip
        until(lambda: (self.home / "up.json").exists() or self.process_ended(), "the server to be up")
        assert not self.process_ended(), self.said()

    def process_ended(self) -> bool:
        """Whether the server is gone."""
        return self.process is None or self.process.poll() is not None

    def kill(self) -> None:
        """End the server at once, as the kernel does when memory is short; what it had started ends by itself."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """End the server in order."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise

    def said(self) -> str:
        """Return what the server printed so far."""
        return (self.home.parent / "up.log").read_text(encoding="utf-8")

    @property
    def url(self) -> str:
        """Where it answers."""
        found: str = json.loads((self.home / "up.json").read_text(encoding="utf-8"))["url"]
        return found

    def command(self, *arguments: str) -> str:
        """Run a command of ours on this home, and return what it printed; it must do."""
        done = subprocess.run(
            [COMMAND, *arguments, "--home", str(self.home)], capture_output=True, text=True, check=False, timeout=120
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def processes(self) -> list[int]:
        """Return the numbers of the server's process and of all below it."""
        parents: dict[int, int] = {}
        for place in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                parents[int(place.parent.name)] = int(place.read_text().rpartition(")")[2].split()[1])
        found = [] if self.process is None else [self.process.pid]
        for one in found:
            found += [child for child, parent in parents.items() if parent == one]
        return found

    # What is asked of it.

    @property
    def ada(self) -> web_world.Client:
        """Ada's programs."""
        return web_world.Client(int(self.url.rpartition(":")[2]), token=self.token)

    def get(self, path: str) -> Any:
        """Return what the API answers to Ada below the project; it must."""
        answer = self.ada.get(f"/api/projects/{PROJECT}{path}")
        assert answer.status == 200, (path, answer.text)
        return answer.data

    def post(self, path: str, data: Any = None) -> web_world.Answer:
        """Send something to the project, as Ada."""
        return self.ada.send("POST", f"/api/projects/{PROJECT}{path}", data)

    def make_project(self, name: str = PROJECT) -> None:
        """Make a project."""
        answer = self.ada.send("POST", "/api/projects", {"name": name})
        assert answer.status == 201, answer.text

    def remote(self, name: str = PROJECT) -> str:
        """Return where git finds a project, with Ada's token."""
        return f"{self.url.replace('//', f'//ada:{self.token}@')}/git/{name}.git"

    def tree(self, folder: Path) -> forge_world.Client:
        """Return a working tree whose origin is the project; one that is there is pointed to the server of now."""
        if not (folder / ".git").is_dir():
            client = forge_world.started(folder, self.remote())
            client.git("config", "user.name", "Ada")
            client.git("config", "user.email", "ada@example.com")
            return client
        client = forge_world.Client(folder)
        client.git("remote", "set-url", "origin", self.remote())
        return client

    def wait(self, seconds: float = PATIENCE) -> list[dict[str, Any]]:
        """Wait until every branch is reconciled and no job is open, and return the jobs, the oldest first."""
        found: list[dict[str, Any]] = []

        def idle() -> bool:
            nonlocal found
            refs, known = self.get("")["branches"], self.known()
            found = list(reversed(self.get("/jobs")))
            return refs == known and not any(one["state"] in _OPEN for one in found)

        until(idle, f"the platform to be idle: {self.said()}", seconds)
        return found

    def known(self) -> dict[str, str]:
        """Return the branches of the project as they were last reconciled."""
        index = sqlite3.connect(f"file:{self.home / 'platform.db'}?mode=ro", uri=True)
        with contextlib.closing(index):
            asked = "SELECT substr(name, 12), object FROM ref WHERE project = ? AND name LIKE 'refs/heads/%'"
            return dict(index.execute(asked, (PROJECT,)).fetchall())


def until(true: Any, what: str, seconds: float = PATIENCE) -> None:
    """Wait until something is *true*."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"Waited {seconds:g} s for {what}."
        time.sleep(0.05)
