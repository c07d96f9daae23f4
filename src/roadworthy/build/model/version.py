"""A version made ready to predict: its own code at its tag, its artifact, and its own Python environment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from roadworthy.build.environment import kit
from roadworthy.build.environment.prepare import prepare
from roadworthy.build.model.spec import ModelSpec
from roadworthy.declare import project
from roadworthy.declare.pipeline import Model
from roadworthy.errors import Conflict, IntegrityError, NotFound
from roadworthy.ledger.objects import tree
from roadworthy.ledger.objects.address import Address
from roadworthy.ledger.objects.inside import inside
from roadworthy.ledger.objects.item import Item

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from roadworthy.build.workplace.confinement import Confinement
    from roadworthy.declare.project import Declared
    from roadworthy.declare.requirements import Requirements
    from roadworthy.ledger.ledger import Ledger
    from roadworthy.ledger.repo.repository import Repository
    from roadworthy.ledger.versions.read import Version


@dataclass(frozen=True, slots=True)
class OpenVersion:
    """A version whose files are all here.

    Attributes:
        version: Its tag and its commit.
        body: What its record says.
        declared: What the project declared at its commit, which is what holds for it.
        requirements: Its requirements; a version is never made without.
        spec: Its model.
        baseline: The baseline that was made with it, or None.
    """

    version: Version
    body: Mapping[str, object]
    declared: Declared
    requirements: Requirements
    spec: ModelSpec
    baseline: ModelSpec | None


def open_version(
    repo: Repository,
    ledger: Ledger,
    version: Version,
    say: Callable[[str], None],
    confinement: Confinement | None = None,
) -> OpenVersion:
    """Return *version* with its code, its artifacts and its Python environment on this disk. May be repeated.

    Raises:
        NotFound, IntegrityError: An object of the version is missing or damaged.
        EnvironmentFailed: Its Python environment cannot be made.
        InvalidDeclaration: It was made by another Roadworthy, whose files this one cannot read.
    """
    body = ledger.records.read(version.record).body
    folder = ledger.state / "work" / "versions" / version.commit
    if not folder.exists():
        try:
            repo.export(version.commit, str(body.get("project") or ""), folder)
        except Conflict:  # somebody else was first, with the same files
            folder.stat()
    declared = project.read(folder, ledger.cache)
    if declared.requirements is None:
        raise NotFound(
            f"{version.tag} has no requirements.yaml, so nothing says what it takes and returns.",
            remedy="Release it again from a commit that has one.",
        )
    is_confined = confinement is not None and confinement.isolates
    environment = prepare(declared.profile.environment, folder, ledger.state, say, confined=is_confined)
    requirements = declared.requirements
    artifact = fetch(ledger, folder, body, "artifact")
    baseline = fetch(ledger, folder, body, "baseline")
    if artifact is None:
        raise NotFound(f"The record of {version.tag} names no artifact.", remedy="Release it again.")

    def spec(name: str, definition: Model, path: Path) -> ModelSpec:
        inputs, outputs = requirements.inputs.columns, requirements.outputs
        tools = kit.install(ledger.state)
        return ModelSpec(
            folder, environment.python, tools, definition, path, inputs, outputs, name=name, confinement=confinement
        )

    simple = declared.pipeline.models.get(requirements.baseline or "")
    return OpenVersion(
        version=version,
        body=body,
        declared=declared,
        requirements=requirements,
        spec=spec(requirements.model, _definition(body, artifact), artifact),
        baseline=None if baseline is None or simple is None else spec(str(requirements.baseline), simple, baseline),
    )


def fetch(ledger: Ledger, folder: Path, body: Mapping[str, object], role: str) -> Path | None:
    """Return where the version's `artifact`, `baseline` or `reference` now is in its *folder*; None when it has none.

    What is missing or damaged is mended when the same bytes stand in the working tree.

    Raises:
        NotFound, IntegrityError: Its bytes are missing or damaged.
        UsageError: The record names a place outside of the version's folder.
    """
    part = cast("Mapping[str, object] | None", body.get(role))
    if part is None:
        return None
    files = cast("int | None", part.get("files"))
    item = Item(Address(str(part["address"])), cast("int", part["size"]), files)
    path = inside(folder, str(part["path"]))
    try:
        tree.checkout(item, path, ledger.objects, ledger.files)
    except (NotFound, IntegrityError) as fault:
        if not tree.keep_again(ledger.state.parent / str(part["path"]), item, ledger.objects, ledger.files):
            raise type(fault)(fault.problem, remedy=_remedy(body)) from fault
        tree.checkout(item, path, ledger.objects, ledger.files)
    return path


def _remedy(body: Mapping[str, object]) -> str:
    made = f"`git switch --detach {body.get('tag')}`, `roadworthy run`, `git switch -`"
    return f"Make it again where it was made: {made}; or deploy another version."


def _definition(body: Mapping[str, object], artifact: Path) -> Model:
    said = cast("Mapping[str, Any]", body["definition"])
    return Model(artifact.name, load=said.get("load"), format=said.get("format"), frame=said.get("frame") or "pandas")
