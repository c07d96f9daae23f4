"""A twin's folder: the code of production's commit, its inputs, another seed, and a bootstrapped training table."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import yaml

from roadworthy.app.run import graph_of
from roadworthy.build.data import query
from roadworthy.build.environment.prepare import prepare
from roadworthy.build.pipeline import record
from roadworthy.build.pipeline.inputs import Setting
from roadworthy.declare.project import Declared
from roadworthy.errors import NotFound
from roadworthy.ledger import ledger as ledgers
from roadworthy.ledger.objects import tree
from roadworthy.ledger.objects.address import Address
from roadworthy.prove.against_production.noise_floor import bootstrap, seed
from roadworthy.prove.against_production.recipe import affected, outside, with_seed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from roadworthy.app.proving.bench import Bench
    from roadworthy.app.proving.production import Production
    from roadworthy.build.environment.prepare import PythonEnvironment
    from roadworthy.build.pipeline.graph import Graph
    from roadworthy.declare.requirements import Noise
    from roadworthy.ledger.ledger import Ledger
    from roadworthy.ledger.objects.item import Item

_PARAMS = "params.yaml"


@dataclass(frozen=True)
class Layout:
    """What all twins of a version share.

    Attributes:
        bench: The project that is tested.
        production: The version.
        noise: What is done differently.
        ledger: A ledger of the twins' own: what they leave is no fact of the project.
        environment: The version's Python environment.
        items: What the version's run read and wrote.
        table: The training table, on this disk.
        model: Where the recipe leaves the model.
    """

    bench: Bench
    production: Production
    noise: Noise
    ledger: Ledger
    environment: PythonEnvironment
    items: Mapping[str, Item]
    table: Path
    model: str

    def lay_out(self, folder: Path, number: int) -> Setting:
        """Make the folder of the *number*-th twin, and return where and with what its stages run.

        Raises:
            PipelineError: The recipe has no such seed or table.
            NotFound, IntegrityError: An input of production's run is not kept here any more.
        """
        local = self.bench.local
        local.repo.export(self.production.opened.version.commit, local.prefix, folder)
        params = with_seed(self.production.opened.declared.params, self.noise.seed, seed(number))
        (folder / _PARAMS).write_text(yaml.safe_dump(params, sort_keys=False), encoding="utf-8")
        graph = self._graph(folder, params)
        for path in outside(graph, self.noise.resample):
            if path in self.items:
                tree.checkout(self.items[path], folder / path, local.ledger.objects, local.ledger.files)
        resample(self.table, folder / self.noise.resample, number)
        return Setting(folder, self.ledger, graph, self.environment.digest, os.environ)

    def _graph(self, folder: Path, params: Mapping[str, object]) -> Graph:
        said = self.production.opened.declared
        twin = Declared(folder, said.profile, said.pipeline, None, {}, {}, params)
        return affected(graph_of(twin, self.ledger), self.noise.resample, self.model)


def lay(bench: Bench, production: Production, noise: Noise, scratch: Path) -> Layout:
    """Return what the twins of *production* share.

    Raises:
        NotFound, IntegrityError: The run of the version, or its training table, is not kept here any more.
        EnvironmentFailed: Its Python environment cannot be made.
    """
    local, opened = bench.local, production.opened
    run = record.load(local.ledger, Address(str(opened.body["run"])))
    items: dict[str, Item] = {**run.inputs, **run.outputs}
    if noise.resample not in items:
        raise NotFound(
            f"The run of {production.name} knows no table {noise.resample}.",
            remedy="Name the training table in `noise: {resample: …}` of requirements.yaml.",
        )
    table = scratch / "table" / noise.resample.rpartition("/")[2]
    tree.checkout(items[noise.resample], table, local.ledger.objects, local.ledger.files)
    state = local.ledger.state
    environment = prepare(opened.declared.profile.environment, opened.spec.folder, state, lambda _: None)
    artifact = cast("Mapping[str, object]", opened.body["artifact"])
    return Layout(
        bench, production, noise, ledgers.open(state / "twins"), environment, items, table, str(artifact["path"])
    )


def resample(table: Path, to: Path, number: int) -> None:
    """Write the *number*-th bootstrap of the rows of *table* to *to*, as Parquet, columns and types as they are.

    Raises:
        UsageError: The table cannot be read, or is not Parquet.
        StorageError: The disk is full or the folder is read-only.
    """
    with query.connect(threads=1) as connection:
        connection.execute(f"CREATE VIEW source AS FROM {query.scan_of(table)}")
        connection.execute("CREATE TABLE placed AS SELECT row_number() OVER () - 1 AS place, * FROM source")
        (rows,) = connection.execute("SELECT count(*) FROM placed").fetchall()[0]
        connection.register("drawn", {"place": bootstrap(rows, number)})
        query.write_query(
            connection, "SELECT placed.* EXCLUDE (place) FROM drawn JOIN placed USING (place) ORDER BY place", to
        )
