"""Everything that does not agree between the files of a project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from roadworthy.declare.agreement import contract, failure_mode, pipeline, profile, requirements

if TYPE_CHECKING:
    from collections.abc import Iterator

    from roadworthy.declare.fault import Fault
    from roadworthy.declare.read.whole import Reading


def faults(reading: Reading) -> tuple[Fault, ...]:
    """Return what does not agree, in the order of the files; of a file with faults, what could be read is judged."""
    return tuple(fault for file in reading.documents for fault in _of(file, reading))


def _of(file: str, reading: Reading) -> Iterator[Fault]:
    document = reading.documents[file]
    match file.partition("/")[0]:
        case "profile.yaml":
            yield from profile.faults(document, reading.named("sources", "datasets"), _windows(reading), reading.params)
        case "pipeline.yaml" | "dvc.yaml":
            yield from pipeline.faults(document, reading.params, reading.lock, _secrets(reading))
        case "requirements.yaml":
            names = reading.names("contracts")
            yield from requirements.faults(document, reading.named("models"), names, reading.params)
        case "contracts":
            yield from contract.faults(document, reading.named("datasets", "sources"))
        case "failure_modes":
            yield from failure_mode.faults(document)


def _windows(reading: Reading) -> frozenset[str] | None:
    document = reading.documents.get("requirements.yaml")
    if document is None or document.partial is None or document.lacks("windows"):
        return None
    return frozenset(window.name for window in document.partial.windows)


def _secrets(reading: Reading) -> frozenset[str] | None:
    document = reading.documents.get("profile.yaml")
    if document is None or document.partial is None or document.lacks("ci"):
        return None
    return frozenset(document.partial.ci.secrets)
