"""The 40 checks of `contracts.py` in great_expectations, on pandas: its fastest engine for a file."""

from __future__ import annotations

import sys

import great_expectations as gx
import pandas as pd

expect = gx.expectations
frame = pd.read_parquet(sys.argv[1])
context = gx.get_context(mode="ephemeral")
context.variables.progress_bars = {"globally": False}
asset = context.data_sources.add_pandas("pandas").add_dataframe_asset("rows")
batch = asset.add_batch_definition_whole_dataframe("all").get_batch({"dataframe": frame})
rules = [expect.ExpectColumnValuesToNotBeNull(column=name) for name in frame.columns]
rules += [expect.ExpectColumnValuesToBeUnique(column="id"), expect.ExpectTableRowCountToBeBetween(min_value=1000)]
rules += [expect.ExpectColumnValuesToBeBetween(column=f"f{n}", min_value=0, max_value=n + 1) for n in range(8)]
rules += [expect.ExpectColumnValuesToBeBetween(column=f"i{n}", min_value=0, max_value=10 ** (n + 1)) for n in range(5)]
rules += [
    expect.ExpectColumnValuesToBeInSet(column=f"t{n}", value_set=[f"c{k}" for k in range(5 * (n + 1))])
    for n in range(4)
]
rules += [expect.ExpectColumnValuesToBeBetween(column="at", min_value=pd.Timestamp("2024-01-01"))]
suite = gx.ExpectationSuite(name="rows", expectations=rules)
sys.exit(0 if len(rules) == 40 and batch.validate(suite).success else 1)
