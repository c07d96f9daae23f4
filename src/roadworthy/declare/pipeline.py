"""`pipeline.yaml` (or `dvc.yaml`): how the model is built."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from roadworthy.declare.form import (
    Distribution,
    Duration,
    Function,
    Inside,
    Name,
    Positive,
    Size,
    StageName,
    Url,
    Variable,
)


@dataclass(frozen=True)
class Source:
    """Where a dataset comes from: one of `package`, `path`, `url` or `sql`; a fetch writes the pin beside `to`."""

    to: Inside  # data/NAME.parquet when it is not said
    key: tuple[str, ...] = ()
    package: Distribution | None = None  # a distribution, `name==version`
    member: str | None = None  # the data file inside it, without its endings
    path: str | None = None
    url: Url | None = None
    sql: Inside | None = None
    connection: str | None = None
    as_of: str | None = None
    known_after: Duration | None = None


@dataclass(frozen=True)
class Output:
    """A file or folder that a stage writes, with DVC's per-output settings."""

    path: str
    cache: bool = True
    persist: bool = False
    desc: str | None = None
    plot: Mapping[str, object] = field(default_factory=dict)  # DVC's x, y, title, template …
    dvc: Mapping[str, object] = field(
        default_factory=dict
    )  # kept, and read by DVC alone: remote, push, type, labels, meta


@dataclass(frozen=True)
class ParamsOf:
    """Keys of one parameter file; no keys: the whole file."""

    file: str = "params.yaml"
    keys: tuple[str, ...] = ()


@dataclass(frozen=True)
class Resources:
    """What a stage needs of the machine."""

    cpus: Positive = 1.0
    memory: Size | None = None
    gpus: Positive = 0.0


@dataclass(frozen=True)
class Stage:
    """A command with inputs and outputs, in DVC's grammar, before `${…}`, `foreach` and `matrix` are resolved."""

    cmd: tuple[str, ...]  # several commands run one after another
    deps: tuple[str, ...] = ()
    params: tuple[ParamsOf, ...] = ()
    outs: tuple[Output, ...] = ()
    metrics: tuple[Output, ...] = ()
    plots: tuple[Output, ...] = ()
    wdir: str = "."
    frozen: bool = False
    always_changed: bool = False
    desc: str | None = None
    vars: tuple[str | Mapping[str, object], ...] = ()
    foreach: str | tuple[object, ...] | Mapping[str, object] | None = None
    matrix: str | Mapping[str, object] | None = None
    resources: Resources = field(default_factory=Resources)
    timeout: Duration | None = None
    code: Literal["auto"] | tuple[str, ...] = "auto"
    env: tuple[Variable, ...] = ()
    secrets: tuple[Variable, ...] = ()
    meta: object = None


@dataclass(frozen=True)
class Model:
    """An artifact that predicts: loaded by the project's own function, or in a known format."""

    path: Inside
    load: Function | None = None  # "package.module:function"
    format: Literal["onnx", "skops", "mlflow"] | None = None
    frame: Literal["pandas", "polars", "numpy", "dict"] = "pandas"


@dataclass(frozen=True)
class Dataset:
    """A table named for tests, monitors and review."""

    path: Inside
    key: tuple[str, ...] = ()
    time: str | None = None
    label: str | None = None


@dataclass(frozen=True)
class Pipeline:
    """The whole of `pipeline.yaml`."""

    apiVersion: Literal["roadworthy/v1alpha1"] = "roadworthy/v1alpha1"
    vars: tuple[str | Mapping[str, object], ...] = ()
    sources: Mapping[Name, Source] = field(default_factory=dict)
    stages: Mapping[StageName, Stage] = field(default_factory=dict)
    models: Mapping[Name, Model] = field(default_factory=dict)
    datasets: Mapping[Name, Dataset] = field(default_factory=dict)
