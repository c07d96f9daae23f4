"""What stages depend on, as it is now in one folder."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from roadworthy.build.pipeline import key
from roadworthy.build.pipeline.code.find import Code
from roadworthy.build.pipeline.grammar.values import ValueFiles, select
from roadworthy.declare.project import read_pin
from roadworthy.errors import NotFound, PipelineError
from roadworthy.ledger.objects import tree
from roadworthy.ledger.objects.address import Address
from roadworthy.ledger.objects.inside import inside
from roadworthy.ledger.objects.item import Item

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from roadworthy.build.pipeline.graph import Graph
    from roadworthy.build.pipeline.key import Parts
    from roadworthy.build.pipeline.stage import Stage
    from roadworthy.ledger.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Setting:
    """Where stages are run, and with what: what all stages of one execution share.

    Attributes:
        folder: The project's folder: a working tree or a clean checkout.
        ledger: Where outputs and records are kept.
        graph: The stages.
        python: Digest of the installed distributions.
        environment: The user's environment variables, of which a stage gets those it declares.
        secrets: Values by name, of which a stage gets those it names; others are looked for in the environment.
    """

    folder: Path
    ledger: Ledger
    graph: Graph
    python: str
    environment: Mapping[str, str]
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def is_home(self) -> bool:
        """Whether the folder is the one that the ledger lies in: the user's working tree."""
        return self.folder == self.ledger.state.parent


class Inputs:
    """Reads inputs of stages. What it has read is remembered: make a new one to look again."""

    def __init__(self, setting: Setting, made: Mapping[str, Item] | None = None) -> None:
        """Look in the folder of *setting*; *made* are outputs that are known to be there."""
        self._setting = setting
        self._made = made if made is not None else {}
        ledger = setting.ledger
        self._code = Code(setting.folder, ledger.files, ledger.cache, tuple(setting.graph.producers))
        self._values = ValueFiles(setting.folder, ledger.files, ledger.cache)
        self.outside: dict[str, Item] = {}  # what no stage of the graph writes

    def parts(self, stage: Stage) -> Parts:
        """Return the parts of *stage*'s key.

        Raises:
            NotFound: An input is not there.
        """
        return key.parts(
            stage,
            deps={path: self._item(path, stage.name).address for path in stage.deps},
            params=dict(self._params(stage)),
            code=self._code.of(stage),
            python=self._setting.python,
            environment=self._setting.environment,
        )

    def code(self, stage: Stage) -> Iterable[str]:
        """Return the paths of *stage*'s code."""
        return self._code.of(stage)

    def _item(self, path: str, stage: str) -> Item:
        made = self._made.get(path)
        if made is not None:
            return made
        try:
            item = tree.address_of(self._setting.folder / path, self._setting.ledger.files)
        except NotFound as fault:
            raise _missing([(path, stage)]) from fault
        if not self._setting.graph.makes(path):
            self.outside[path] = item
        return item

    def _params(self, stage: Stage) -> Iterable[tuple[str, object]]:
        for params in stage.params:
            try:
                values = self._values.read(params.file)
                if not params.keys:
                    yield f"{params.file}:", values
                for name in params.keys:
                    yield f"{params.file}:{name}", select(values, name, params.file)
            except NotFound as fault:
                raise PipelineError(f"Stage {stage.name}: {fault.problem}", remedy=fault.remedy) from fault


def prepare(setting: Setting) -> None:
    """See that everything that no stage writes is there; pinned data that is kept is brought to its place.

    Raises:
        PipelineError: Something is missing; everything that is, is named.
        StorageError, IntegrityError, UsageError: Pinned data cannot be brought to its place.
    """
    missing = [(path, stage) for path, stage in absent(setting.graph, setting.folder) if not _is_brought(path, setting)]
    if missing:
        raise _missing(missing)


def absent(graph: Graph, folder: Path) -> list[tuple[str, str]]:
    """Return the inputs that are not in *folder* and that no stage writes, each with a stage that reads it."""
    return [
        (path, stage.name)
        for stage in graph.stages.values()
        for path in (() if stage.frozen else stage.deps)
        if not graph.makes(path) and not (folder / path).exists()
    ]


def _is_brought(path: str, setting: Setting) -> bool:
    """Whether the ledger holds what the pin of *path* names; it is then put in its place."""
    place = setting.folder / path
    ledger = setting.ledger
    try:
        pin = read_pin(place.with_name(f"{place.name}.pin"))
        tree.checkout(
            Item(Address(pin.address), pin.size, pin.files), inside(setting.folder, path), ledger.objects, ledger.files
        )
    except NotFound:
        return False
    return True


def _missing(found: list[tuple[str, str]]) -> PipelineError:
    named = "; ".join(f"{path}, which stage {stage} reads" for path, stage in dict(found).items())
    return PipelineError(
        f"Not there, and made by no stage: {named}.",
        remedy="Mend the path in `deps`; or bring pinned data here with `roadworthy data fetch` or `data update`.",
    )
