"""Stages made without being run: every `${…}` filled in, and everything that they read found."""

from __future__ import annotations

import contextlib
import posixpath
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from roadworthy.build.pipeline.grammar.expand import PARAMS, expand
from roadworthy.build.pipeline.grammar.values import select
from roadworthy.build.pipeline.graph import build, folders_of
from roadworthy.declare.agreement.folder import lacks_places
from roadworthy.declare.agreement.output import leads_out
from roadworthy.declare.agreement.report import Report
from roadworthy.declare.fault import did_you_mean, quoted
from roadworthy.declare.written import is_file, is_folder, is_there
from roadworthy.errors import InvalidDeclaration, NotFound, PipelineError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from roadworthy.build.pipeline.grammar.values import ValueFiles
    from roadworthy.build.pipeline.stage import Stage
    from roadworthy.declare.fault import Fault
    from roadworthy.declare.pipeline import Pipeline
    from roadworthy.declare.pipeline import Stage as Declared
    from roadworthy.declare.read.whole import Reading

_FIELDS = ("cmd", "deps", "params", "outs", "metrics", "plots", "code")
_REFERENCE = re.compile(r"\$\{[^{}]*\}")
_NOTHING: dict[str, Any] = {**dict.fromkeys(_FIELDS, ()), "code": "auto", "desc": None}
_WRONG = (NotFound, PipelineError, InvalidDeclaration)


@dataclass(frozen=True, slots=True)
class Made:
    """Stages that could be made.

    Attributes:
        stages: Those, concrete.
        written: What they write and sources fetch; None when some of that is not known.
        faults: Why others could not be made, or could not run.
    """

    stages: tuple[Stage, ...] = ()
    written: frozenset[str] | None = None
    faults: tuple[Fault, ...] = ()

    def makes(self, path: str) -> bool:
        """Whether *path*, something in it, or a folder that it lies in, is written; also when nobody can tell."""
        if self.written is None or not self.written.isdisjoint((path, *folders_of(path))):
            return True
        return any(place.startswith(f"{path}/") for place in self.written)


def make(folder: Path, reading: Reading, values: ValueFiles) -> Made:
    """Return the stages of the pipeline in *reading* that can be made, and why others cannot."""
    document, pipeline = reading.documents.get(reading.pipeline_file), reading.pipeline
    if document is None or pipeline is None or reading.params is None:
        return Made()
    report = Report(document)
    try:
        expand(replace(pipeline, stages={}), values)
    except _WRONG as fault:
        report.at(("vars",), fault.problem, fault.remedy)
        return Made(faults=report.all())
    each = [_expanded(report, pipeline, name, values) for name in pipeline.stages]
    stages = [stage for found in each if found is not None for stage in found]
    complete = None not in each and not lacks_places(document, pipeline)
    written = {out.path for stage in stages for out in stage.outs} | {one.to for one in pipeline.sources.values()}
    made = Made(tuple(stages), frozenset(written) if complete else None)
    if complete and not document.faults:
        _graph(report, made.stages)
    for stage in stages:
        _read(report, pipeline.stages[stage.group], stage, made, folder)
        _parameters(report, pipeline.stages[stage.group], stage, made, values)
    return replace(made, faults=report.all())


def _expanded(report: Report, pipeline: Pipeline, name: str, values: ValueFiles) -> tuple[Stage, ...] | None:
    """Return what the stage called *name* stands for; None when it cannot be made, which is told part by part."""
    declared = pipeline.stages[name]
    if leads_out(posixpath.normpath(declared.wdir)):
        return None  # told with the file

    def made(stage: Declared) -> tuple[Stage, ...]:
        return expand(replace(pipeline, stages={name: stage}), values)

    try:
        return made(declared)
    except _WRONG as fault:
        bare = replace(declared, **_NOTHING)
        if _tell(report, ("stages", name), name, bare, made):
            return None
        told = [
            _tell(report, ("stages", name, field, number), name, _with(bare, field, part), made)
            for field in _FIELDS
            if (parts := getattr(declared, field)) != "auto"
            for number, part in enumerate(parts)
        ]
        if not any(told):
            report.at(("stages", name), fault.problem, fault.remedy)
    return None


def _with(stage: Declared, field: str, part: object) -> Declared:
    one: dict[str, Any] = {field: (part,)}
    return replace(stage, **one)


def _tell(
    report: Report, at: tuple[str | int, ...], name: str, stage: Declared, made: Callable[[Declared], object]
) -> bool:
    try:
        made(stage)
    except _WRONG as fault:
        reference = _REFERENCE.search(fault.problem)
        problem = fault.problem.removeprefix(f"Stage {name}: ")
        report.at_word(at, reference[0] if reference else "", problem, fault.remedy)
        return True
    return False


def _graph(report: Report, stages: tuple[Stage, ...]) -> None:
    """Tell what is wrong between stages; what is written out in the file was told before."""
    try:
        build(stages)
    except PipelineError as fault:
        words = fault.problem.replace(",", " ").replace(".", " ").split()
        groups = [stage.group for stage in stages if stage.name in words]
        report.at(("stages", *groups[-1:]), fault.problem, fault.remedy)


def _read(report: Report, declared: Declared, stage: Stage, made: Made, folder: Path) -> None:
    for path in () if stage.frozen else stage.deps:
        if made.makes(path) or is_there(folder / path) or _is_pinned(folder, path):
            continue
        known = [*(made.written or ()), *_beside(folder, path)]
        near = did_you_mean(path, known)
        fix = f"Did you mean {quoted(near)}?" if near else f"Put it there and `roadworthy data add {path}`, or mend it."
        problem = f"There is no {path}: no stage writes it, no source fetches it, and no pin names it."
        report.at(("stages", stage.group, "deps", *_place(declared.deps, path, stage.wdir)), problem, fix)
    for pattern in () if stage.code == "auto" else stage.code:
        if not _matches(folder, pattern):
            problem = f"{quoted(pattern)} matches no file."
            report.at(
                ("stages", stage.group, "code", *_place(declared.code, pattern, ".")), problem, "Mend the pattern."
            )


def _matches(folder: Path, pattern: str) -> bool:
    try:
        return any(place.is_file() for place in folder.glob(pattern))
    except (ValueError, RuntimeError, OSError):  # no pattern, or one that begins at the root
        return False


def _place(written: tuple[str, ...] | str, path: str, wdir: str) -> tuple[int, ...]:
    """Return which of the texts *written* stands for *path*: itself, or else the first that is filled in."""
    for number, text in enumerate(written):
        if posixpath.normpath(posixpath.join(wdir, text)) == posixpath.normpath(path):
            return (number,)
    return tuple(number for number, text in enumerate(written) if "${" in text)[:1]


def _is_pinned(folder: Path, path: str) -> bool:
    return any(is_file(folder / f"{place}.pin") for place in (path, *folders_of(path)) if place != ".")


def _beside(folder: Path, path: str) -> Iterator[str]:
    place = (folder / path).parent
    if is_folder(place) and place.is_relative_to(folder):
        with contextlib.suppress(OSError):  # it may not be read
            yield from [one.relative_to(folder).as_posix() for one in place.iterdir()]


def _parameters(report: Report, declared: Declared, stage: Stage, made: Made, values: ValueFiles) -> None:
    """Tell parameter files that are not there, and values that are not in them."""
    simple = declared.foreach is None and declared.matrix is None and declared.wdir == "."
    at = ("stages", stage.group, "params")
    for params in stage.params:
        if params.file == PARAMS and simple:
            continue  # told with the file
        if made.makes(params.file) and (made.written is not None or not values.exists(params.file)):
            continue  # a stage writes it
        if not values.exists(params.file):
            problem = f"There is no {params.file}, and no stage writes it."
            report.at_word(at, params.file, problem, "Write it, or mend the name.")
            continue
        for name in params.keys or ("",):
            try:
                tree = values.read(params.file)
                if name:
                    select(tree, name, params.file)
            except _WRONG as fault:
                report.at_word(at, name or params.file, fault.problem, fault.remedy)
