"""Serving what is deployed: for each environment a clone, and a service in it that follows the tags."""

from __future__ import annotations

import socket
import sys
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from roadworthy.app.local import PREDICTIONS, PSEUDONYMS
from roadworthy.app.runner.check import environment as job_environment
from roadworthy.app.runner.checkout import Origin, bring, check_out, refresh
from roadworthy.app.server.children.processes import Program

if TYPE_CHECKING:
    from pathlib import Path

    from roadworthy.app.server.children.processes import Processes
    from roadworthy.app.server.home import Home

_MAIN = "from roadworthy.cli.main import main; main()"


@dataclass(frozen=True, slots=True)
class Place:
    """An environment of a project."""

    project: str
    environment: str

    @property
    def name(self) -> str:
        """What its service is called among the server's processes."""
        return f"serve-{self.project}-{self.environment}"


class Services:
    """Has a service run for each environment that something is deployed to."""

    def __init__(self, home: Home, processes: Processes) -> None:
        self._home = home
        self._processes = processes
        self._ports: dict[Place, int] = {}
        self._lock = threading.Lock()

    def follow(self, place: Place, commit: str) -> str:
        """Let the service of *place* see what is deployed there now; start it when it does not run. Return its URL.

        Args:
            place: The environment.
            commit: What is deployed: its requirements say which model is served.

        Raises:
            NotFound, IntegrityError: What is deployed is not whole in the bucket.
            StorageError: The disk is full.
        """
        clone = self._home.work / place.project / "serve" / place.environment
        origin = self._origin(place.project)
        with self._lock:
            if (clone / ".git").is_dir():
                refresh(clone, origin)
            else:
                clone.parent.mkdir(parents=True, exist_ok=True)
                check_out(clone, origin, commit, {"main": commit})
            bring(clone, origin, (place.environment,))
            port = self._ports.setdefault(place, _free_port())
            self._processes.want(self._program(place, clone, port))
        return f"http://127.0.0.1:{port}"

    def drop(self, project: str, environment: str | None = None) -> None:
        """End the service of an environment of *project*, or those of all."""
        with self._lock:
            ended = [one for one in self._ports if one.project == project and environment in {None, one.environment}]
            for place in ended:
                self._processes.drop(place.name)
                del self._ports[place]

    def urls(self, project: str) -> dict[str, str]:
        """Return where each environment of *project* answers, by its name."""
        with self._lock:
            return {
                place.environment: f"http://127.0.0.1:{port}"
                for place, port in self._ports.items()
                if place.project == project
            }

    def _origin(self, project: str) -> Origin:
        repository = self._home.repositories / f"{project}.git"
        return Origin(str(repository), self._home.bucket(project), self._home.public_key())

    def _program(self, place: Place, clone: Path, port: int) -> Program:
        scratch = clone.with_name(f"{clone.name}.home")
        scratch.mkdir(exist_ok=True)
        given = job_environment(scratch, self._home.work / "cache" / "protected", self._home.bucket(place.project))
        del given["CI"]
        given[PREDICTIONS] = str(self._home.predictions(place.project, place.environment))
        given[PSEUDONYMS] = str(self._home.pseudonyms(place.project, place.environment))
        return Program(
            name=place.name,
            command=[sys.executable, "-P", "-c", _MAIN, "serve", place.environment, "--port", str(port)],
            folder=clone,
            environment={**given, "PYTHONUNBUFFERED": "1"},
            log=self._home.logs / f"{place.name}.log",
        )


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port
