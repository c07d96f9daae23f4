"""The hot path: `--help`, `--version`, `status`, `run` and the diffs where nothing has changed, and where much has."""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import peers
from figure import Clock, Figure, in_turn, summarise, take

OURS = str(Path(sys.executable).parent / "roadworthy")
TIMES = 7
_CHAIN, _WIDE = 100, 500
_Taker = Callable[[], float]


def measure() -> list[Figure]:
    """Measure ours beside DVC's in turn, so that a busy machine is busy for both."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        # Installed programs have their bytecode; a development environment may keep none.
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ["PYTHONPYCACHEPREFIX"] = str(root / "bytecode")
        # The active interpreter is an ordinary virtual environment, as it is for most people.
        os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        dvc = str(peers.installed(peers.DVC) / "dvc")
        return [
            *_start(root, dvc),
            *_unchanged(root, dvc),
            *_changed(root),
        ]


def _start(root: Path, dvc: str) -> list[Figure]:
    return [
        _beside(f"`{option}`", "cpu", mark, _call(root, "cpu", OURS, option), _call(root, "cpu", dvc, option))
        for option, mark in (("--help", 0.15), ("--version", 0.10))
    ]


def _unchanged(root: Path, dvc: str) -> list[Figure]:
    ours = {count: _project(root / f"ours-{count}", _chain(count)) for count in (1, _CHAIN)}
    theirs = {count: _project(root / f"dvc-{count}", _chain(count), dvc) for count in (1, _CHAIN)}
    wide = _project(root / "wide", _independent(_WIDE))
    pairs = [
        ("`status`, 1 stage", 1, ("status",), ("status",)),
        ("`run`, 1 stage, unchanged", 1, ("run",), ("repro",)),
        (f"`status`, chain of {_CHAIN}", _CHAIN, ("status",), ("status",)),
        (f"`run`, chain of {_CHAIN}, unchanged", _CHAIN, ("run",), ("repro",)),
        ("`params diff`", 1, ("params", "diff"), ("params", "diff")),
        ("`metrics diff`", 1, ("metrics", "diff"), ("metrics", "diff")),
    ]
    figures = [
        _beside(what, "wall", 0.35, _call(ours[count], "wall", OURS, *own), _call(theirs[count], "wall", dvc, *rival))
        for what, count, own, rival in pairs
    ]
    return [
        *figures,
        _beside(f"`run`, {_WIDE} independent, unchanged", "wall", 0.5, _call(wide, "wall", OURS, "run"), None),
    ]


def _changed(root: Path) -> list[Figure]:
    chain, wide = _project(root / "first", _chain(_CHAIN)), _project(root / "first-wide", _independent(_WIDE))
    first = [_first(chain) for _ in range(3)]
    root_changed = [_other_root(chain, number) for number in range(3)]
    return [
        summarise(f"`run`, chain of {_CHAIN}, first", first, "s", mark=1.2),
        summarise(f"`run`, chain of {_CHAIN}, one change at the root", root_changed, "s", mark=1.2),
        summarise(f"`run`, {_WIDE} independent, first", [_first(wide) for _ in range(3)], "s", mark=3.0),
    ]


def _beside(what: str, clock: Clock, mark: float, ours: _Taker, theirs: _Taker | None) -> Figure:
    unit = "s" if clock == "wall" else "CPU s"
    taken = in_turn([ours] if theirs is None else [ours, theirs], TIMES)
    peer = (peers.DVC, summarise(what, taken[1], unit).ours) if theirs else None
    return summarise(what, taken[0], unit, mark=mark, peer=peer)


def _call(folder: Path, clock: Clock, *command: str) -> _Taker:
    return functools.partial(take, command, folder, clock=clock)


def _first(project: Path) -> float:
    for folder in (".roadworthy", "build"):
        shutil.rmtree(project / folder, ignore_errors=True)
    (project / "build").mkdir()
    return take([OURS, "run"], project, clock="wall")


def _other_root(project: Path, number: int) -> float:
    (project / "in.json").write_text(json.dumps({"number": -number}), encoding="utf-8")
    return take([OURS, "run"], project, clock="wall")


def _chain(count: int) -> dict[str, object]:
    return {
        f"s{i:03}": {
            "cmd": f"cp {'in.json' if i == 0 else f'build/{i - 1}.json'} build/{i}.json",
            "deps": ["in.json" if i == 0 else f"build/{i - 1}.json"],
            **({"metrics": [f"build/{i}.json"]} if i == count - 1 else {"outs": [f"build/{i}.json"]}),
        }
        for i in range(count)
    }


def _independent(count: int) -> dict[str, object]:
    return {f"s{i:03}": {"cmd": f"echo {i} > build/{i}.json", "outs": [f"build/{i}.json"]} for i in range(count)}


def _project(folder: Path, stages: dict[str, object], dvc: str | None = None) -> Path:
    """Return a committed project whose pipeline was run, by DVC if it is given."""
    (folder / "build").mkdir(parents=True)
    (folder / "in.json").write_text('{"number": 1}', encoding="utf-8")
    (folder / "params.yaml").write_text("train: {seed: 1}\n", encoding="utf-8")
    (folder / ".gitignore").write_text("build/*.json\n", encoding="utf-8")
    (folder / "build" / ".gitignore").write_text("*.json\n", encoding="utf-8")
    (folder / "dvc.yaml").write_text(json.dumps({"stages": stages}), encoding="utf-8")
    _do(folder, "git", "init", "--quiet", "--initial-branch", "main")
    if dvc:
        _do(folder, dvc, "init", "--quiet")
        _do(folder, dvc, "config", "core.analytics", "false")
    else:
        profile = "apiVersion: roadworthy/v1alpha1\nproject: hot\nenvironment: {managed: false}\n"
        (folder / "profile.yaml").write_text(profile, encoding="utf-8")
    _do(folder, *((dvc, "repro", "--quiet") if dvc else (OURS, "run")))
    _do(folder, "git", "add", "--all")
    _do(folder, "git", "-c", "user.name=Ada", "-c", "user.email=ada@example.com", "commit", "--quiet", "-m", "Begin")
    return folder


def _do(folder: Path, *command: str) -> None:
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
