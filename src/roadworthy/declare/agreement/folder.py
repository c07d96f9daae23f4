"""Whether what is declared is there: files that something makes or that exist, pins that can be read."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from roadworthy.declare.agreement.output import leads_out
from roadworthy.declare.agreement.report import Report
from roadworthy.declare.fault import Fault, did_you_mean, quoted
from roadworthy.declare.pin import Pin
from roadworthy.declare.read.file import parse
from roadworthy.declare.written import FOLDERS, Unreadable, bytes_of, is_file, is_there

if TYPE_CHECKING:
    from collections.abc import Iterator

    from roadworthy.declare.pipeline import Pipeline, Stage
    from roadworthy.declare.read.file import Document
    from roadworthy.declare.read.whole import Reading

_MISNAMED = frozenset({"profile.yml", "pipeline.yml", "requirements.yml", "params.yml", "dvc.yml"})
_PIN = ".pin"


class Folder(NamedTuple):
    """The folder of a project.

    Attributes:
        path: Where it is.
        tracked: The files that git tracks there, or would if they were added, by their path in it; None without git.
    """

    path: Path
    tracked: frozenset[str] | None


def faults(folder: Folder, reading: Reading) -> tuple[Fault, ...]:
    """Return what is declared and not there, and what is there and not read."""
    return (*_misnamed(folder.path), *_made(folder, reading), *_resampled(folder, reading), *_examples(folder, reading))


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


def _made(folder: Folder, reading: Reading) -> tuple[Fault, ...]:
    """Return the models and datasets that no stage and no source makes, and that the commit cannot hold."""
    pipeline, made = reading.pipeline, _places_made(reading)
    document = reading.documents.get(reading.pipeline_file)
    if pipeline is None or document is None or made is None:
        return ()
    report = Report(document)
    for group in ("models", "datasets"):
        for name, thing in getattr(pipeline, group).items():
            if "${" not in thing.path:
                _unless_there(report, (group, name, "path"), thing.path, folder, made)
    return report.all()


def _resampled(folder: Folder, reading: Reading) -> tuple[Fault, ...]:
    requirements, made = reading.requirements, _places_made(reading)
    if requirements is None or requirements.noise is None or made is None:
        return ()
    report = Report(reading.documents["requirements.yaml"])
    table = requirements.noise.resample
    _unless_there(report, ("noise", "resample"), table, folder, made)
    if PurePosixPath(table).suffix != ".parquet":
        problem = f"{quoted(table)} is no Parquet file, and its bootstraps are written as such."
        report.at(("noise", "resample"), problem, "Have its stage write Parquet: `…/train.parquet`.")
    return report.all()


def _unless_there(
    report: Report, at: tuple[str, ...], path: str, folder: Folder, made: frozenset[PurePosixPath]
) -> None:
    """Tell that *path* is neither made nor pinned nor in git: then another machine has another one there, or none."""
    if _is_there(folder, path, made):
        return
    fix = "Mend the path, or add it to the `outs` of a stage."
    near = did_you_mean(path, [str(place) for place in made])
    if near is not None:
        fix = f"Did you mean {quoted(near)}? Otherwise add it to the `outs` of a stage."
    if is_there(folder.path / path):
        problem = f"{path} lies here, and nothing says where it comes from: no stage writes it, no source fetches it, "
        report.at(at, f"{problem}no pin names it, and git ignores it.", fix)
    else:
        problem = f"No stage writes {path}, no source fetches it, no pin names it, and there is no such file."
        report.at(at, problem, fix)


def _is_templated(stage: Stage) -> bool:
    paths = [output.path for output in (*stage.outs, *stage.metrics, *stage.plots)]
    return any("${" in text for text in (stage.wdir, *paths))


def _places_made(reading: Reading) -> frozenset[PurePosixPath] | None:
    """Return what stages write and sources fetch; None when that cannot be told from the file alone."""
    pipeline, document = reading.pipeline, reading.documents.get(reading.pipeline_file)
    if pipeline is None or any(_is_templated(stage) for stage in pipeline.stages.values()):
        return None
    if document is not None and lacks_places(document, pipeline):
        return None
    outputs = {
        PurePosixPath(os.path.normpath(PurePosixPath(stage.wdir, output.path)))
        for stage in pipeline.stages.values()
        for output in (*stage.outs, *stage.metrics, *stage.plots)
    }
    return frozenset(outputs | {PurePosixPath(source.to) for source in pipeline.sources.values()})


def lacks_places(document: Document[Pipeline], pipeline: Pipeline) -> bool:
    """Whether some of what stages write and sources fetch could not be read."""
    if None in (document.names("stages"), document.names("sources")):
        return True
    if any(leads_out(os.path.normpath(stage.wdir)) for stage in pipeline.stages.values()):
        return True
    keys = ("outs", "metrics", "plots", "wdir")
    return any(document.lacks("stages", name, key) for name in pipeline.stages for key in keys) or any(
        document.lacks("sources", name, "to") for name in pipeline.sources
    )


def _is_there(folder: Folder, path: str, made: frozenset[PurePosixPath]) -> bool:
    place = PurePosixPath(path)
    if not made.isdisjoint((place, *place.parents)):
        return True
    if any(is_file(folder.path / f"{part}{_PIN}") for part in (place, *place.parents[:-1])):
        return True
    if folder.tracked is None:
        return is_there(folder.path / path)
    inside = f"{place}/"
    return str(place) in folder.tracked or any(file.startswith(inside) for file in folder.tracked)


def _examples(folder: Folder, reading: Reading) -> Iterator[Fault]:
    made = _places_made(reading)
    for file, document in reading.documents.items():
        if file.startswith("failure_modes/") and document.partial is not None:
            report = Report(document)
            for key in ("examples", "held_out"):
                path = getattr(document.partial, key)
                if path is not None and not _is_there(folder, path, made or frozenset()):
                    problem = f"There is no {path} that git or a pin knows."
                    report.at((key,), problem, f"Put the rows there and run `roadworthy data add {path}`.")
            yield from report.all()
