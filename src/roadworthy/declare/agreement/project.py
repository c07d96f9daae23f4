"""Everything that does not agree between the files of a project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from roadworthy.declare.agreement import contract, failure_mode, pipeline, profile, requirements

if TYPE_CHECKING:
    from collections.abc import Iterator

    from roadworthy.declare.fault import Fault
    from roadworthy.declare.read.whole import Reading


def faults(reading: Reading) -> tuple[Fault, ...]:
    """Return what does not agree, in the order of the files; a file with faults of its own is not judged further."""
    return tuple(fault for file in reading.documents for fault in _of(file, reading))


def _of(file: str, reading: Reading) -> Iterator[Fault]:
    document = reading.documents[file]
    if document.faults:
        return
    match file.partition("/")[0]:
        case "profile.yaml":
            yield from profile.faults(document, reading.pipeline, reading.requirements)
        case "pipeline.yaml" | "dvc.yaml":
            yield from pipeline.faults(document, reading.params)
        case "requirements.yaml":
            names = reading.names("contracts")
            yield from requirements.faults(document, reading.pipeline, names, reading.params)
        case "contracts":
            yield from contract.faults(document, reading.pipeline)
        case "failure_modes":
            yield from failure_mode.faults(document)
