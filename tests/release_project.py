"""A small project that was run and tested, as a real repository with a real ledger, for the tests of releases."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from roadworthy.app.local import open_local
from roadworthy.build.pipeline import record
from roadworthy.build.pipeline.record import Run, StageRun
from roadworthy.ledger.objects.tree import add
from roadworthy.prove import keep
from roadworthy.prove.proof import Check, Proof

if TYPE_CHECKING:
    from pathlib import Path

    from roadworthy.app.local import Local
    from roadworthy.ledger.objects.item import Item

FILES = {
    "profile.yaml": """apiVersion: roadworthy/v1alpha1
project: toy
environments: {staging: {from: develop}, production: {from: main}}
""",
    "pipeline.yaml": """apiVersion: roadworthy/v1alpha1
stages:
  train: {cmd: python train.py, outs: [build/model, build/baseline]}
models:
  toy: {path: build/model, load: "toy:load"}
  plain: {path: build/baseline, load: "toy:load"}
""",
    "requirements.yaml": """apiVersion: roadworthy/v1alpha1
model: toy
task: binary_classification
baseline: plain
inputs: {columns: [x]}
outputs: {probability: {type: number}}
""",
    "requirements.txt": "numpy==2.4.6\n",
    ".gitignore": "build/\n",
}
PASSED = Check("evaluation", "roc_auc", "passed", "0.71, at least 0.66 was asked.")
FAILED = Check("behaviour", "more is never less", "failed", "0.80 of rows, 0.95 was asked.")
NOT_RUN = Check("against_production", "flips", "not_run", "No version is in production.")


def git(folder: Path, *arguments: str) -> str:
    """Run git in *folder* and return what it printed."""
    done = subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def make(folder: Path) -> Local:
    """Make the project in *folder*, with one commit on `main`, not run yet."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    if not any((place / ".git").exists() for place in (folder, folder.parent)):
        git(folder, "init", "-q", "-b", "main")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "Begin")
    return open_local(folder)


def change(local: Local, text: str) -> str:
    """Commit a change of the parameters, and return the commit."""
    (local.folder / "params.yaml").write_text(f"note: {text}\n", encoding="utf-8")
    git(local.folder, "add", ".")
    git(local.folder, "commit", "-q", "-m", text)
    return git(local.folder, "rev-parse", "HEAD")


def prove(local: Local, model: str, *checks: Check, dirty: tuple[str, ...] = ()) -> Proof:
    """Record a run of HEAD that wrote *model*, and its proof with *checks*; the model "plain" is the baseline's."""
    outputs = {"build/model": _written(local, "model", model), "build/baseline": _written(local, "baseline", "plain")}
    run = Run(
        project="toy",
        commit=git(local.folder, "rev-parse", "HEAD"),
        dirty=dirty,
        stages={"train": StageRun("0" * 64, "ran", "it has no record", 1.0, outputs)},
        inputs={},
        params={},
        python_environment={"python": "3.11"},
        machine={},
        started="2026-05-14T00:00:00Z",
        seconds=1.0,
    )
    proof = Proof(
        run=local.ledger.keep(record.KIND, record.body(run)),
        commit=run.commit,
        dirty=bool(dirty),
        model="toy",
        candidate=outputs["build/model"].address,
        is_baseline=outputs["build/model"].address == outputs["build/baseline"].address,
        production=None,
        checks=checks or (PASSED, NOT_RUN),
    )
    keep.write(local.ledger, proof)
    return proof


def _written(local: Local, name: str, content: str) -> Item:
    folder = local.folder / "build" / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "weights").write_text(content, encoding="utf-8")
    return add(folder, local.ledger.objects, local.ledger.files)
