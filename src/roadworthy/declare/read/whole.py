"""Read all the declared files of a project: their declarations, or every fault in them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from roadworthy.declare.contract import Contract
from roadworthy.declare.failure_mode import FailureMode
from roadworthy.declare.fault import Fault
from roadworthy.declare.form import slug
from roadworthy.declare.pipeline import Pipeline
from roadworthy.declare.profile import Profile, PythonEnvironment
from roadworthy.declare.read.file import Document, parse, parse_values
from roadworthy.declare.read.idle import idle
from roadworthy.declare.requirements import Requirements
from roadworthy.declare.written import Unreadable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from roadworthy.declare.read.node import Path

_OWNERS: dict[str, type[Any]] = {
    "profile.yaml": Profile,
    "pipeline.yaml": Pipeline,
    "dvc.yaml": Pipeline,
    "requirements.yaml": Requirements,
    "contracts": Contract,
    "failure_modes": FailureMode,
}
_PARAMS = "params.yaml"


@dataclass(frozen=True, slots=True)
class Reading:
    """The documents of a project by file, and the name of its folder.

    Of files with faults it gives what could be read: see `Document.holes`.
    """

    name: str
    documents: Mapping[str, Document[Any]] = field(default_factory=dict)

    @property
    def faults(self) -> tuple[Fault, ...]:
        """Every fault of every file by itself."""
        return tuple(fault for document in self.documents.values() for fault in document.faults)

    @property
    def profile(self) -> Profile | None:
        """The profile; a `dvc.yaml` alone makes a project named after its folder. None when it cannot be read."""
        if "profile.yaml" in self.documents:
            profile: Profile | None = self._value("profile.yaml")
            return profile
        return Profile(apiVersion="roadworthy/v1alpha1", project=self.name)

    @property
    def lock(self) -> str:
        """The path of the lock of the Python environment."""
        return PythonEnvironment().lock if self.profile is None else self.profile.environment.lock

    @property
    def pipeline(self) -> Pipeline | None:
        """The pipeline, empty when none is declared; None when it cannot be read."""
        file = self.pipeline_file
        return self._value(file) if file in self.documents else Pipeline()

    @property
    def pipeline_file(self) -> str:
        """The file that declares the pipeline."""
        return "dvc.yaml" if "dvc.yaml" in self.documents else "pipeline.yaml"

    @property
    def requirements(self) -> Requirements | None:
        """The requirements; None when there are none, or they cannot be read."""
        requirements: Requirements | None = self._value("requirements.yaml")
        return requirements

    @property
    def params(self) -> dict[str, object] | None:
        """The parameters, empty when there are none; None when they cannot be read."""
        params: dict[str, object] | None = self._value(_PARAMS) if _PARAMS in self.documents else {}
        return params

    def folder(self, name: str) -> dict[str, Any]:
        """Return the declarations of a folder's files by name, those that cannot be read left out."""
        inside = {file: document for file, document in self.documents.items() if file.startswith(f"{name}/")}
        return {
            file.removeprefix(f"{name}/").removesuffix(".yaml"): document.partial
            for file, document in inside.items()
            if document.partial is not None
        }

    def names(self, folder: str) -> frozenset[str]:
        """Return the names of a folder's files, those with faults too."""
        inside = (file for file in self.documents if file.startswith(f"{folder}/"))
        return frozenset(file.removeprefix(f"{folder}/").removesuffix(".yaml") for file in inside)

    def parts(self) -> dict[str, object]:
        """Return what a project declares, part by part, when there are no faults."""
        return {
            "profile": self.profile,
            "pipeline": self.pipeline,
            "requirements": self.requirements,
            "contracts": self.folder("contracts"),
            "failure_modes": self.folder("failure_modes"),
            "params": self.params,
            "notes": self.notes,
        }

    @property
    def notes(self) -> tuple[str, ...]:
        """What stands in the files and is knowingly not read, or not acted on yet."""
        of_dvc = (
            f"{document.file}: `{key}` is read by DVC alone"
            for document in self.documents.values()
            for key in document.not_read
        )
        profile, requirements = (self._sound(name) for name in ("profile.yaml", "requirements.yaml"))
        return (*of_dvc, *idle(profile, requirements))

    def _sound(self, file: str) -> Any:
        document = self.documents.get(file)
        return document.partial if document and not document.faults else None

    def _value(self, file: str) -> Any:
        document = self.documents.get(file)
        return document.partial if document else None

    def named(self, *groups: str) -> frozenset[str] | None:
        """Return the names in *groups* of the pipeline (models, datasets, sources); None when one cannot be read."""
        document = self.documents.get(self.pipeline_file)
        if document is None:
            return frozenset()
        found = [document.names(group) for group in groups]
        return None if None in found else frozenset(name for names in found if names for name in names)


def read_all(name: str, files: Mapping[str, bytes | Unreadable]) -> Reading:
    """Return the reading of all *files* of the project in a folder called *name*."""
    named = slug(name)
    examples: dict[Path, str] = {("project",): named} if named else {}
    return Reading(name, {file: _document(file, data, examples) for file, data in files.items()})


def _document(file: str, data: bytes | Unreadable, of_profile: Mapping[Path, str]) -> Document[Any]:
    if isinstance(data, Unreadable):
        return Document(file, "", None, None, (Fault(file, 0, 0, data.problem, data.fix),))
    if file == _PARAMS:
        return parse_values(data, file)
    owner = _OWNERS[file.split("/", maxsplit=1)[0]]
    return parse(owner, data, file, of_profile if owner is Profile else None)
