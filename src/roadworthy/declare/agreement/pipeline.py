"""Whether a pipeline agrees with itself and with the parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from roadworthy.declare.agreement import order, output
from roadworthy.declare.agreement.parameter import dotted_names, has
from roadworthy.declare.agreement.report import Report
from roadworthy.declare.fault import quoted

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from roadworthy.declare.agreement.report import Path
    from roadworthy.declare.fault import Fault
    from roadworthy.declare.pipeline import Model, Pipeline, Source, Stage
    from roadworthy.declare.read.file import Document

_PARAMS = "params.yaml"
_ORIGINS = ("package", "path", "url", "sql")


def faults(
    document: Document[Pipeline], params: Mapping[str, object] | None, lock: str, secrets: Collection[str] | None
) -> tuple[Fault, ...]:
    """Return what does not agree in a pipeline.

    Args:
        document: The pipeline.
        params: Those of `params.yaml`; None when they cannot be read.
        lock: The path of the lock of the Python environment.
        secrets: The names that the profile allows to stages; None when it cannot be read.
    """
    report, pipeline = Report(document), document.partial
    if pipeline is None:
        return ()
    places: dict[str, str] = {}
    for name, source in pipeline.sources.items():
        _source(report, name, source)
        _once(report, ("sources", name, "to"), source.to, f"the source {quoted(name)}", places)
    for name, model in pipeline.models.items():
        _model(report, name, model)
    for name, stage in pipeline.stages.items():
        _commands(report, name, stage)
        _parameters(report, name, stage, params)
        for number, secret in enumerate(stage.secrets):
            what, fix = "among the secrets of profile.yaml", f"Add it there: `ci: {{secrets: [{secret}]}}`."
            report.unless_known(("stages", name, "secrets", number), secret, secrets, what, fix)
        output.judge(report, name, stage, lock)
    order.judge(report, pipeline, places)
    return report.all()


def _source(report: Report, name: str, source: Source) -> None:
    said = [origin for origin in _ORIGINS if getattr(source, origin) is not None]
    path: Path = ("sources", name)
    if len(said) != 1:
        found = " and ".join(quoted(origin) for origin in said) or "none of them"
        choice = ", ".join(quoted(origin) for origin in _ORIGINS)
        report.at(path, f"A source comes from one of {choice}; here stands {found}.", "Keep one.")
    for key, owner in (("member", "package"), ("connection", "sql"), ("as_of", "sql")):
        if getattr(source, key) is not None and owner not in said and not report.lacks(*path, owner):
            problem = f"{quoted(key)} means something with {quoted(owner)} alone."
            report.at((*path, key), problem, "Remove it.")
    if source.sql is not None and source.connection is None:
        report.at(path, "A query needs a connection.", "Add `connection: NAME`, the secret that it is run with.")


def _once(report: Report, path: Path, place: str, owner: str, places: dict[str, str]) -> None:
    other = places.setdefault(place.rstrip("/"), owner)
    if other != owner:
        report.at(path, f"{quoted(place)} is written by {other} too.", "Give each its own place.")


def _model(report: Report, name: str, model: Model) -> None:
    if (model.load is None) == (model.format is None):
        found = "both" if model.load else "neither"
        problem = f"A model is loaded by a function or has a known format; {quoted(name)} says {found}."
        report.at(("models", name), problem, "Keep one of `load: package.module:function` and `format: onnx`.")


def _commands(report: Report, name: str, stage: Stage) -> None:
    path: Path = ("stages", name, "cmd")
    if not any(command.strip() for command in stage.cmd):
        report.at(path, "The command is empty.", "Write what the stage runs: `cmd: python train.py`.")


def _parameters(report: Report, name: str, stage: Stage, params: Mapping[str, object] | None) -> None:
    if params is None or stage.foreach is not None or stage.matrix is not None or stage.wdir != ".":
        return  # what `${item}` stands for is known when the stages are made
    for used in stage.params:
        if used.file != _PARAMS:
            continue
        for key in used.keys:
            if "${" not in key and not has(params, key):
                place: Path = ("stages", name, "params")
                report.unless_known(place, key, dotted_names(params), f"in {_PARAMS}", f"Add it to {_PARAMS}.")
