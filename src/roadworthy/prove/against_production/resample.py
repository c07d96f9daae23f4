"""A training table bootstrapped: as many of its rows, drawn with replacement, columns and types as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from roadworthy.build.data import query

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

_SEED = 1981


def bootstrap(rows: int, number: int) -> NDArray[np.int64]:
    """Return which rows of a table the *number*-th twin is trained on: as many, drawn with replacement, in order.

    Source:
        Efron (1979), "Bootstrap Methods: Another Look at the Jackknife".
    """
    return np.sort(np.random.default_rng([_SEED, number]).integers(0, rows, size=rows))


def seed(number: int) -> int:
    """Return the seed of the *number*-th twin: below 2³¹, as every library takes it."""
    return int(np.random.default_rng([_SEED, number, 1]).integers(1, 2**31 - 1))


def resample(table: Path, to: Path, number: int) -> None:
    """Write the *number*-th bootstrap of *table* to *to*, as Parquet: the same bytes whenever it is done.

    Raises:
        NotFound, UsageError: The table is not there, or cannot be read.
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
