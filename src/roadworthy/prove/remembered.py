"""Predictions that were made before: a model asked about rows that it has answered is not asked again."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from blake3 import blake3

from roadworthy.build.data import query
from roadworthy.errors import IntegrityError, NotFound
from roadworthy.ledger.objects.address import Address

if TYPE_CHECKING:
    from collections.abc import Sequence

    from roadworthy.build.data.table import Table
    from roadworthy.ledger.ledger import Ledger
    from roadworthy.prove.behaviour.vacuous import Predict


def digest(rows: Table) -> str:
    """Return a digest of the names, types and values of *rows*: equal for equal tables alone."""
    hasher = blake3()
    for name, column in rows.columns.items():
        values, gone = column.values, column.is_missing()
        hasher.update(f"{name}\0{values.dtype.str}\0{len(values)}\0".encode())
        hasher.update(gone.tobytes())
        if values.dtype.kind == "O":
            # The lengths tell ("ab", "c") from ("a", "bc").
            hasher.update(np.fromiter(map(len, values), dtype=np.int64, count=len(values)).tobytes())
            hasher.update("".join(values).encode(errors="surrogatepass"))
        else:
            hasher.update(values.tobytes())
    return hasher.hexdigest()


class Remembered:
    """Asks a model, once about the same rows within this process; and once for ever, when it is named.

    Args:
        predict: Asks the model.
        inputs: The columns that it is given.
        ledger: Where answers are kept.
        name: Names the model and everything that its answers depend on (a version's record); None: nothing does.
    """

    def __init__(self, predict: Predict, inputs: Sequence[str], ledger: Ledger, name: str | None = None) -> None:
        self._predict = predict
        self._inputs = inputs
        self._ledger = ledger
        self._name = name
        self._answers: dict[str, Table] = {}

    def __call__(self, rows: Table) -> Table:
        """Return the model's outputs for *rows*. Raises ModelError."""
        asked = rows.select(self._inputs)
        key = digest(asked)
        if key not in self._answers:
            kept = self._kept(key)
            self._answers[key] = self._ask(key, asked) if kept is None else kept
        return self._answers[key]

    def _ask(self, key: str, asked: Table) -> Table:
        said = self._predict(asked)
        if self._name is not None:
            self._ledger.cache.put(f"predictions/{self._name}/{key}", keep(self._ledger, said).encode())
        return said

    def _kept(self, key: str) -> Table | None:
        if self._name is None:
            return None
        found = self._ledger.cache.get(f"predictions/{self._name}/{key}")
        try:
            return None if found is None else fetch(self._ledger, Address(found.decode()))
        except (NotFound, IntegrityError):  # the cache may be ahead of the objects; the model can be asked again
            return None


def keep(ledger: Ledger, table: Table) -> Address:
    """Keep *table* as a Parquet object and return its address.

    Raises:
        StorageError: The disk is full or the folder is read-only.
    """
    with tempfile.TemporaryDirectory(prefix="roadworthy-table-") as scratch:
        path = Path(scratch) / "table.parquet"
        query.write(table, path)
        address = Address.of_file(path)
        ledger.objects.put_file(path, address)
    return address


def fetch(ledger: Ledger, address: Address) -> Table:
    """Return the table that `keep` kept at *address*.

    Raises:
        NotFound: It is not kept here.
        IntegrityError: It is damaged.
    """
    with tempfile.TemporaryDirectory(prefix="roadworthy-table-") as scratch:
        path = Path(scratch) / "table.parquet"
        ledger.objects.copy_to(address, path)
        return query.read(path)
