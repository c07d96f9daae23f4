"""Plays a story: types each command in a shell, shows what it prints, and takes the time of each step."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, assert_never
from urllib.error import URLError
from urllib.request import urlopen

import click

from roadworthy.cli.demo.step import Edit, Serve, Type
from roadworthy.errors import RoadworthyError, StageFailed, WorkerHung

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from roadworthy.cli.demo.step import Action, Step

_START_LIMIT = 30.0


@dataclass
class Player:
    """Plays steps in one folder after another, as a terminal would: `cd` holds for what follows."""

    folder: Path
    servers: ExitStack = field(default_factory=ExitStack)

    def play(self, steps: Sequence[Step]) -> list[tuple[str, float]]:
        """Play *steps* and return the seconds that each took.

        Raises:
            StageFailed: A command ended with another status than the story expects.
        """
        taken = []
        with self.servers:
            for number, step in enumerate(steps, start=1):
                click.echo()
                click.secho(f"{number}. {step.title}", bold=True)
                click.secho(f"   {step.why}", dim=True)
                started = time.monotonic()
                for action in step.actions:
                    self._act(action)
                taken.append((step.title, time.monotonic() - started))
        return taken

    def _act(self, action: Action) -> None:
        match action:
            case Type(line, status):
                self._type(line, status)
            case Edit(file, old, new):
                self._edit(self.folder / file, old, new)
            case Serve(line, ready):
                self._serve(line, ready)
            case _:
                assert_never(action)

    def _type(self, line: str, status: int) -> None:
        _prompt(line)
        if line.startswith("cd "):
            self.folder = self.folder / line.removeprefix("cd ")
            return
        # The lines are this module's own, with the pipes and quotes that a reader would type: nothing foreign in them.
        found = subprocess.run(["/bin/sh", "-c", line], cwd=self.folder, env=_environment(), check=False).returncode
        if found != status:
            raise StageFailed(
                f"`{line}` ended with exit status {found}; the story expects {status}.",
                remedy="Run `roadworthy doctor`; the folder is kept with `roadworthy demo --keep`.",
            )
        if status:
            click.secho(f"   (exit status {status}, as it should be)", dim=True)

    def _edit(self, file: Path, old: str, new: str) -> None:
        text = file.read_text(encoding="utf-8")
        if text.count(old) != 1:
            raise StageFailed(
                f"{file} does not hold the line that the story changes.", remedy="Report this: it is a bug of the demo."
            )
        file.write_text(text.replace(old, new), encoding="utf-8")
        click.secho(f"   {file.relative_to(self.folder)}:", dim=True)
        for line in old.splitlines():
            click.secho(f"   - {line.strip()}", fg="red")
        for line in new.splitlines():
            click.secho(f"   + {line.strip()}", fg="green")

    def _serve(self, line: str, ready: str) -> None:
        _prompt(f"{line} &")
        self.servers.enter_context(_running(line, self.folder))
        _wait_for(ready)


def _prompt(line: str) -> None:
    click.echo(click.style("   $ ", fg="cyan") + click.style(line, bold=True))


@cache
def _environment() -> dict[str, str]:
    # `roadworthy` in a story is the one that plays it, whatever else is on the PATH.
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    identified = subprocess.run(["git", "config", "user.email"], capture_output=True, check=False).returncode == 0
    if not identified:  # a fresh machine: the story's commits need an author all the same
        for role in ("AUTHOR", "COMMITTER"):
            environment.setdefault(f"GIT_{role}_NAME", "Demo")
            environment.setdefault(f"GIT_{role}_EMAIL", "demo@localhost")
    return environment


@contextmanager
def _running(line: str, folder: Path) -> Iterator[None]:
    log = (folder / ".roadworthy" if (folder / ".roadworthy").is_dir() else folder) / "serve.log"
    with log.open("wb") as out:
        server = subprocess.Popen(
            ["/bin/sh", "-c", f"exec {line}"], cwd=folder, env=_environment(), stdout=out, stderr=out
        )
        try:
            yield
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(timeout=_START_LIMIT)


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + _START_LIMIT
    while time.monotonic() < deadline:
        try:
            with urlopen(url, timeout=1):  # noqa: S310 - the story's own address on loopback
                return
        except (URLError, OSError):
            time.sleep(0.05)
    raise WorkerHung(f"{url} did not answer within {_START_LIMIT:g} seconds.", remedy="Read serve.log beside it.")


def missing_tools(tools: Sequence[str]) -> None:
    """Say which of the *tools* that a story types are not installed.

    Raises:
        RoadworthyError: One is missing.
    """
    paths = _environment()["PATH"].split(os.pathsep)
    absent = [tool for tool in tools if not any((Path(folder) / tool).is_file() for folder in paths)]
    if absent:
        raise RoadworthyError(
            f"The demo types commands that are not installed: {', '.join(absent)}.",
            remedy=f"Install them, e.g. with `apt-get install {' '.join(absent)}`.",
        )
