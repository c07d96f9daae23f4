"""A project with released versions, made for the tests of serving: its models come from `toy`, and need nothing."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from roadworthy.build.environment.prepare import prepare
from roadworthy.declare.pipeline import Model
from roadworthy.declare.profile import PythonEnvironment
from roadworthy.ledger import ledger
from roadworthy.ledger.objects import tree
from roadworthy.ledger.objects.address import Address
from roadworthy.ledger.repo.repository import Repository
from roadworthy.ledger.versions.read import history
from roadworthy.operate.release.deploy import Place, deploy
from roadworthy.operate.release.write import Candidate, Part, release

if TYPE_CHECKING:
    from collections.abc import Mapping

    from roadworthy.ledger.versions.read import Version

TOY = Path(__file__).parent / "integration" / "toy"
MODEL = "delay"
MAIN = "from roadworthy.cli.main import main; main()"

FILES = {
    "profile.yaml": """\
apiVersion: roadworthy/v1alpha1
project: toy
environment: {managed: false}
environments:
  production: {from: main}
log: {keep: declared, hash: [tail], drop: [wind]}
""",
    "pipeline.yaml": """\
apiVersion: roadworthy/v1alpha1
models:
  delay: {path: build/model, load: "toy.wrong:load", frame: dict}
  baseline: {path: build/baseline, load: "toy.wrong:load", frame: dict}
datasets:
  reference: {path: build/reference.csv, key: [flight]}
""",
    "requirements.yaml": """\
apiVersion: roadworthy/v1alpha1
model: delay
task: binary_classification
baseline: baseline
inputs:
  columns: [carrier, wind, hour, tail]
  override:
    carrier: {type: text, allowed: [UA, DL]}
    wind: {type: number, min: 0, max: 90, unit: mph, missing: allowed}
    hour: {type: integer, missing: refused}
    tail: {type: text, missing: allowed}
outputs: {probability: {type: number, min: 0, max: 1}}
out_of_scope: OUT_OF_SCOPE
""",
}


def git(folder: Path, *arguments: str) -> None:
    """Run git there."""
    subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)


@dataclass(frozen=True)
class Project:
    """A project in a repository of its own."""

    folder: Path

    @classmethod
    def make(cls, folder: Path, out_of_scope: str = "flag", files: Mapping[str, str] = FILES) -> Self:
        """Write and commit it."""
        folder.mkdir()
        git(folder, "init", "--quiet", "--initial-branch=main")
        git(folder, "config", "user.name", "Ada")
        git(folder, "config", "user.email", "ada@example.com")
        shutil.copytree(TOY / "src", folder / "src")
        for name, text in files.items():
            (folder / name).write_text(text.replace("OUT_OF_SCOPE", out_of_scope), encoding="utf-8")
        git(folder, "add", ".")
        git(folder, "commit", "--quiet", "--message", "Begin")
        return cls(folder)

    def environment(self) -> Path:
        """Make its Python environment, and return the interpreter."""
        return prepare(PythonEnvironment(), self.folder, self.folder / ".roadworthy", print).python

    def release(self, behaves: str) -> Version:
        """Commit, and make a version whose model behaves so; its baseline is good."""
        for name, text in {"model": behaves, "baseline": "good"}.items():
            path = self.folder / "build" / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return self.release_built(Model("build/model", load="toy.wrong:load", frame="dict"))

    def release_built(self, definition: Model) -> Version:
        """Commit, and make a version of what stands in `build`."""
        git(self.folder, "commit", "--quiet", "--allow-empty", "--message", "Release")
        repo, kept = Repository.open(self.folder), ledger.open(self.folder / ".roadworthy")
        parts = {
            path.name: Part(f"build/{path.name}", tree.add(path, kept.objects, kept.files))
            for path in (self.folder / "build").iterdir()
        }
        fact = kept.keep("run", {"commit": repo.head()})
        candidate = Candidate(
            model=MODEL, folder="", commit=str(repo.head()), run=fact, proof=Address(fact), is_baseline=False,
            definition=definition, artifact=parts["model"], baseline=parts.get("baseline"), reference=None, lock=None,
            python="3.11",
        )  # fmt: skip
        shutil.rmtree(self.folder / "build")  # what is served comes from the ledger
        return release(repo, kept, candidate, None).version

    def deploy(self, version: Version) -> None:
        """Put *version* into production."""
        repo, kept = Repository.open(self.folder), ledger.open(self.folder / ".roadworthy")
        deploy(repo, kept, version, Place("", "production"), history(repo, kept, MODEL))


class Service:
    """`roadworthy serve production`, as a user starts it, on any free port."""

    def __init__(self, folder: Path, *options: str) -> None:
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        self.process = subprocess.Popen(
            [sys.executable, "-c", MAIN, "serve", "production", "--port", "0", *options],
            cwd=folder, env={**os.environ, "PATH": path}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        assert self.process.stdout is not None
        self.output = self.process.stdout
        self.said: list[str] = []
        self.port = int(self.wait_for(" at http://").rpartition(":")[2])

    def wait_for(self, text: str) -> str:
        """Read what it says until a line holds *text*, and return that line."""
        while line := self.output.readline():
            self.said.append(line.rstrip())
            if text in line:
                return line.rstrip()
        raise AssertionError("\n".join(self.said))

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Return the status and the JSON of the answer; *body* is JSON, or bytes as they are."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
            connection.request(method, path, data, {"content-type": "application/json"})
            response = connection.getresponse()
            text = response.read()
            is_json = response.headers.get_content_type() == "application/json"
            return response.status, json.loads(text) if is_json else text.decode()
        finally:
            connection.close()

    def predict(self, *records: dict[str, Any]) -> tuple[int, Any]:
        """Return what is predicted for *records*."""
        return self.ask("POST", "/predict", {"records": list(records)})

    def until(self, version: str, seconds: float = 20) -> None:
        """Wait until *version* answers."""
        end = time.monotonic() + seconds
        while self.ask("GET", "/")[1].get("version") != version:
            assert time.monotonic() < end, self.said
            time.sleep(0.05)

    def end(self, number: int = signal.SIGTERM) -> int:
        """End it, and return its status."""
        self.process.send_signal(number)
        try:
            return self.process.wait(timeout=30)
        finally:
            self.process.kill()
            self.output.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end(signal.SIGKILL)


def row(**changes: Any) -> dict[str, Any]:
    """Return a record that is in scope, with *changes*."""
    return {"carrier": "UA", "wind": 12.5, "hour": 8, "tail": "N123", **changes}
