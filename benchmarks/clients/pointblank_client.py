"""The 40 checks of `contracts.py` in pointblank, on polars."""

from __future__ import annotations

import sys
from datetime import datetime

import pointblank as pb
import polars as pl

frame = pl.read_parquet(sys.argv[1])
rules = pb.Validate(frame).col_vals_not_null(columns=frame.columns).rows_distinct(columns_subset=["id"])
for n in range(8):
    rules = rules.col_vals_between(columns=f"f{n}", left=0, right=n + 1)
for n in range(5):
    rules = rules.col_vals_between(columns=f"i{n}", left=0, right=10 ** (n + 1))
for n in range(4):
    rules = rules.col_vals_in_set(columns=f"t{n}", set=[f"c{k}" for k in range(5 * (n + 1))])
rules = rules.col_vals_ge(columns="at", value=datetime(2024, 1, 1))  # noqa: DTZ001 - as the file
rules = rules.col_vals_ge(columns="id", value=0)  # it has no bound on the number of rows
sys.exit(0 if rules.interrogate(get_first_n=10).all_passed() else 1)
