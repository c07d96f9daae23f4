"""Whether stages can run one after another: each output is written by one of them, and none waits for itself."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from typing import TYPE_CHECKING

from roadworthy.declare.fault import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from roadworthy.declare.agreement.report import Path, Report
    from roadworthy.declare.pipeline import Pipeline, Stage

_Needs = dict[str, dict[str, "Path"]]  # stage → the stages it waits for, each with the place that says so


@dataclass(frozen=True, slots=True)
class _Output:
    stage: str
    at: Path
    path: str  # from the project's folder


def judge(report: Report, pipeline: Pipeline, sources: Mapping[str, str]) -> None:
    """Tell outputs that are written twice and stages that wait for themselves; *sources* are places with an owner.

    Paths that hold `${…}` are not judged: what they stand for is known when the stages are made.
    """
    outputs = [output for name, stage in pipeline.stages.items() for output in _outputs(name, stage)]
    owners: dict[str, str] = {}
    for output in outputs:
        _once(report, output, owners, sources)
    for output in outputs:
        for folder in _folders(output.path):
            if folder in owners:
                problem = f"{quoted(output.path)} lies in {quoted(folder)}, which the stage {quoted(owners[folder])} "
                report.at(output.at, f"{problem}writes.", "Give every output a path of its own.")
    holders = _holders(owners)
    needs = {name: _needs(report, (name, stage), owners, holders) for name, stage in pipeline.stages.items()}
    for circle in _circles(needs):
        drawn = " → ".join([circle[0], *reversed(circle)])
        fix = "Take one of their `deps` or `outs` away, so that one of them can run first."
        at = needs[circle[0]][circle[1]]
        report.at(at, f"Stages wait for each other in a circle: {drawn}.", fix)


def _outputs(name: str, stage: Stage) -> Iterator[_Output]:
    for kind in ("outs", "metrics", "plots"):
        for number, output in enumerate(getattr(stage, kind)):
            path = _path(stage, output.path)
            if path is not None:
                yield _Output(name, ("stages", name, kind, number), path)


def _path(stage: Stage, path: str) -> str | None:
    return None if not path or "${" in stage.wdir + path else posixpath.normpath(posixpath.join(stage.wdir, path))


def _once(report: Report, output: _Output, owners: dict[str, str], sources: Mapping[str, str]) -> None:
    other = owners.get(output.path)
    if other == output.stage:
        problem = f"{quoted(output.path)} stands twice among the outputs of the stage {quoted(other)}."
        report.at(output.at, problem, "Keep one of the two.")
        return
    owner = sources.get(output.path) if other is None else f"the stage {quoted(other)}"
    if owner is not None:
        report.at(output.at, f"{quoted(output.path)} is written by {owner} too.", "Give each its own place.")
    owners.setdefault(output.path, output.stage)


def _folders(path: str) -> Iterator[str]:
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path


def _needs(
    report: Report, named: tuple[str, Stage], owners: Mapping[str, str], holders: Mapping[str, Mapping[str, None]]
) -> dict[str, Path]:
    found: dict[str, Path] = {}
    name, stage = named
    if stage.frozen or stage.foreach is not None or stage.matrix is not None:
        return found
    for at, written in _read(name, stage):
        path = _path(stage, written)
        if path is None:
            continue
        for maker in {**holders.get(path, {}), **{owners[place]: None for place in _folders(path) if place in owners}}:
            if maker == name:
                fix = "Take it from `deps`, or mark the output `persist: true` to go on from what is there."
                report.at(at, f"The stage {quoted(name)} reads {quoted(written)}, which it writes itself.", fix)
            else:
                found.setdefault(maker, at)
    return found


def _read(name: str, stage: Stage) -> Iterator[tuple[Path, str]]:
    for number, dep in enumerate(stage.deps):
        yield ("stages", name, "deps", number), dep
    for params in stage.params:
        yield ("stages", name, "params"), params.file


def _holders(owners: Mapping[str, str]) -> dict[str, dict[str, None]]:
    """Return the stages that write each output, or something in each folder."""
    found: dict[str, dict[str, None]] = {}
    for path, owner in owners.items():
        for place in (path, *_folders(path), "."):
            found.setdefault(place, {})[owner] = None
    return found


def _circles(needs: _Needs) -> Iterator[list[str]]:
    """Yield circles that share no stage: each stage in one waits for the next, the last one for the first."""
    left = dict(needs)
    while left:
        ready = [name for name, wanted in left.items() if left.keys().isdisjoint(wanted)]
        if not ready:
            name = next(iter(left))
            path: list[str] = []
            while name not in path:
                path.append(name)
                name = next(need for need in left[name] if need in left)
            ready = path[path.index(name) :]
            yield ready
        for name in ready:
            del left[name]
