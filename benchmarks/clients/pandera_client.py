"""The 40 checks of `contracts.py` in pandera, on polars: the faster of its two engines."""

from __future__ import annotations

import sys
from datetime import datetime

import pandera.polars as pa
import polars as pl

columns = {"id": pa.Column(pl.Int64, nullable=False, unique=True), "b": pa.Column(pl.Boolean, nullable=False)}
columns |= {f"f{n}": pa.Column(pl.Float64, pa.Check.in_range(0, n + 1), nullable=False) for n in range(8)}
columns |= {f"i{n}": pa.Column(pl.Int32, pa.Check.in_range(0, 10 ** (n + 1)), nullable=False) for n in range(5)}
columns |= {
    f"t{n}": pa.Column(pl.String, pa.Check.isin([f"c{k}" for k in range(5 * (n + 1))]), nullable=False)
    for n in range(4)
}
columns["at"] = pa.Column(pl.Datetime("us"), pa.Check.ge(datetime(2024, 1, 1)), nullable=False)  # noqa: DTZ001 - as the file
schema = pa.DataFrameSchema(columns, checks=pa.Check(lambda data: data.lazyframe.select(pl.len() >= 1000)))
schema.validate(pl.read_parquet(sys.argv[1]), lazy=True)
