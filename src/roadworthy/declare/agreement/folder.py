"""Whether what is declared is there: files that something makes or that exist, pins that can be read."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from roadworthy.declare.agreement.report import Report
from roadworthy.declare.fault import Fault
from roadworthy.declare.pin import Pin
from roadworthy.declare.read.file import parse
from roadworthy.declare.written import FOLDERS, Unreadable, bytes_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from roadworthy.declare.pipeline import Pipeline, Stage
    from roadworthy.declare.read.whole import Reading

_MISNAMED = frozenset({"profile.yml", "pipeline.yml", "requirements.yml", "params.yml", "dvc.yml"})
_PIN = ".pin"


def faults(folder: Path, reading: Reading) -> tuple[Fault, ...]:
    """Return what is declared and not there, and what is there and not read."""
    return (*_misnamed(folder), *_made(folder, reading), *_resampled(folder, reading), *_examples(folder, reading))


def pins(folder: Path) -> tuple[str, ...]:
    """Return every pin inside a project, as paths in it, hidden folders and Python environments left out."""
    found = []
    for root, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if _entered(Path(root, name)))
        found += [str(Path(root, name).relative_to(folder)) for name in files if name.endswith(_PIN)]
    return tuple(sorted(found))


def pin_faults(folder: Path, files: tuple[str, ...]) -> tuple[Fault, ...]:
    """Return the faults of pins."""
    return tuple(fault for file in files for fault in _pin_faults(folder, file))


def _pin_faults(folder: Path, file: str) -> tuple[Fault, ...]:
    try:
        return parse(Pin, bytes_of(folder / file), file).faults
    except Unreadable as reason:
        return (Fault(file, 0, 0, reason.problem, reason.fix),)


def _entered(folder: Path) -> bool:
    return not folder.name.startswith(".") and not (folder / "pyvenv.cfg").exists()


def _misnamed(folder: Path) -> Iterator[Fault]:
    inside = [path for name in FOLDERS if (folder / name).is_dir() for path in sorted((folder / name).glob("*.yml"))]
    for path in [*(folder / name for name in sorted(_MISNAMED)), *inside]:
        if path.is_file():
            file = str(path.relative_to(folder))
            fix = f"Rename it to {PurePosixPath(file).with_suffix('.yaml')}."
            yield Fault(file, 0, 0, "A file of this name is not read.", fix)


def _made(folder: Path, reading: Reading) -> tuple[Fault, ...]:
    """Return the models and datasets that no stage and no source makes, and that do not exist."""
    pipeline = reading.pipeline
    document = reading.documents.get(reading.pipeline_file)
    if pipeline is None or document is None or any(_is_templated(stage) for stage in pipeline.stages.values()):
        return ()
    report, made = Report(document), _places_made(pipeline)
    for group in ("models", "datasets"):
        for name, thing in getattr(pipeline, group).items():
            if "${" not in thing.path and not _is_there(folder, thing.path, made):
                problem = f"No stage writes {thing.path}, no source fetches it, and there is no such file."
                report.at((group, name, "path"), problem, "Mend the path, or add it to the `outs` of a stage.")
    return report.all()


def _resampled(folder: Path, reading: Reading) -> tuple[Fault, ...]:
    requirements, pipeline = reading.requirements, reading.pipeline
    if requirements is None or requirements.noise is None or pipeline is None:
        return ()
    if any(_is_templated(stage) for stage in pipeline.stages.values()):
        return ()
    report = Report(reading.documents["requirements.yaml"])
    table = requirements.noise.resample
    if not _is_there(folder, table, _places_made(pipeline)):
        report.at(("noise", "resample"), f"No stage writes {table}.", "Name the table that the training reads.")
    return report.all()


def _is_templated(stage: Stage) -> bool:
    paths = [output.path for output in (*stage.outs, *stage.metrics, *stage.plots)]
    return any("${" in text for text in (stage.wdir, *paths))


def _places_made(pipeline: Pipeline) -> frozenset[PurePosixPath]:
    outputs = {
        PurePosixPath(os.path.normpath(PurePosixPath(stage.wdir, output.path)))
        for stage in pipeline.stages.values()
        for output in (*stage.outs, *stage.metrics, *stage.plots)
    }
    return frozenset(outputs | {PurePosixPath(source.to) for source in pipeline.sources.values()})


def _is_there(folder: Path, path: str, made: frozenset[PurePosixPath]) -> bool:
    place = PurePosixPath(path)
    if not made.isdisjoint((place, *place.parents)):
        return True
    return any(_exists_or_pinned(folder / part) for part in (place, *place.parents[:-1]))


def _exists_or_pinned(path: Path) -> bool:
    return path.exists() or path.with_name(path.name + _PIN).exists()


def _examples(folder: Path, reading: Reading) -> Iterator[Fault]:
    for file, document in reading.documents.items():
        if file.startswith("failure_modes/") and document.value is not None:
            report = Report(document)
            for key in ("examples", "held_out"):
                path = getattr(document.value, key)
                if path is not None and not _exists_or_pinned(folder / path):
                    problem = f"There is no {path}, and no pin of it."
                    report.at((key,), problem, f"Put the rows there and run `roadworthy data add {path}`.")
            yield from report.all()
