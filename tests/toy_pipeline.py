"""A small project with a pipeline, in a git repository of its own, for tests of runs."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import textwrap
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from roadworthy.app.local import Local, open_local
from roadworthy.app.run import Wishes, run

if TYPE_CHECKING:
    from collections.abc import Mapping

    from roadworthy.build.pipeline.record import Run

COMMAND = str(Path(sys.executable).with_name("roadworthy"))
PROFILE = "apiVersion: roadworthy/v1alpha1\nproject: toy\nenvironment: {managed: false}\n"


@dataclass(frozen=True)
class Toy:
    """The project and what can be done with it."""

    folder: Path

    def write(self, path: str, text: str) -> None:
        """Write a file of the project."""
        place = self.folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(textwrap.dedent(text))

    def read(self, path: str) -> str:
        """Return the text of a file of the project."""
        return (self.folder / path).read_text()

    def stages(self, stages: Mapping[str, Any], **more: Any) -> None:
        """Write pipeline.yaml."""
        whole = {"apiVersion": "roadworthy/v1alpha1", "stages": stages, **more}
        self.write("pipeline.yaml", yaml.safe_dump(whole, sort_keys=False))

    def commit(self, message: str = "Change") -> None:
        """Commit everything that git does not ignore."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)

    def git(self, *arguments: str) -> str:
        """Run git in the project."""
        done = subprocess.run(["git", *arguments], cwd=self.folder, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def local(self) -> Local:
        """Return the project, opened anew."""
        return open_local(self.folder)

    def run(self, *targets: str, slots: int = 2, strict: bool = False) -> Run:
        """Run the pipeline."""
        return run(self.local(), Wishes(targets=targets, slots=slots, strict=strict))

    def states(self, *targets: str) -> dict[str, str]:
        """Run the pipeline and return the state of each stage."""
        return {name: stage.state for name, stage in self.run(*targets).stages.items()}

    def cli(self, *arguments: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Run the installed command line in the project, and wait."""
        return subprocess.run(
            [COMMAND, *arguments],
            cwd=self.folder,
            env={**os.environ, **(env or {})},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start the installed command line in the project."""
        return subprocess.Popen(
            [COMMAND, *arguments], cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def outputs_aside(self) -> list[Path]:
        """Return what is left of outputs set aside, scratch folders and locks."""
        work = self.folder / ".roadworthy" / "work"
        return [path for path in work.rglob("*") if path.is_file()] if work.exists() else []


def make_toy(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Toy:
    """Return a new project in *folder*: two stages, prepare → train; the active interpreter is the tests' own."""
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.delenv("CI", raising=False)
    folder.mkdir(parents=True, exist_ok=True)
    toy = Toy(folder)
    toy.git("init", "--quiet", "--initial-branch", "main")
    toy.write("profile.yaml", PROFILE)
    toy.write(".gitignore", "build/\n__pycache__/\n")
    toy.write("rows.csv", "a,b\n")
    toy.write("params.yaml", "prepare: {copies: 2}\ntrain: {seed: 1, deep: {rate: 0.5}}\n")
    toy.write("src/toy/__init__.py", "")
    toy.write("src/toy/shared.py", "def shout(text):\n    return text.upper()\n")
    toy.write(
        "src/toy/prepare.py",
        """
        from pathlib import Path
        Path("build/rows.txt").write_text(Path("rows.csv").read_text() * 2)
        """,
    )
    toy.write(
        "src/toy/train.py",
        """
        import json, re
        from pathlib import Path
        from toy.shared import shout
        rows = Path("build/rows.txt").read_text()
        seed = re.search(r"seed: (\\d+)", Path("params.yaml").read_text())[1]
        Path("build/model").mkdir()
        Path("build/model/weights").write_text(shout(rows) + seed)
        Path("build/metrics.json").write_text(json.dumps({"auc": 0.7, "rows": len(rows)}))
        """,
    )
    toy.stages(
        {
            "prepare": {"cmd": "python -m toy.prepare", "deps": ["rows.csv"], "outs": ["build/rows.txt"]},
            "train": {
                "cmd": "python -m toy.train",
                "deps": ["build/rows.txt"],
                "params": ["train"],
                "outs": ["build/model"],
                "metrics": ["build/metrics.json"],
            },
        }
    )
    toy.commit("Begin")
    return toy


def until(path: Path) -> str:
    """Return the content of *path* once it is there and ends with a line's end."""
    for _ in range(800):
        with contextlib.suppress(FileNotFoundError):
            if (text := path.read_text()).endswith("\n"):
                return text.strip()
        time.sleep(0.025)
    pytest.fail(f"{path} did not appear")


def is_alive(process: int) -> bool:
    """Return whether a process runs; one that is dead and only not yet collected does not."""
    status = subprocess.run(["ps", "-o", "stat=", "-p", str(process)], capture_output=True, text=True, check=False)
    return status.stdout.strip()[:1] not in {"", "Z"}
