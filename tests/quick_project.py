"""A project that runs and is tested in a second: standard library and DuckDB, nothing to install."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

PROFILE = """apiVersion: roadworthy/v1alpha1
project: {name}
members: {{ada: maintainer}}
branches: trunk
environment: {{managed: false}}
environments: {{production: {{from: main, deploy: auto}}}}
"""
PIPELINE = """apiVersion: roadworthy/v1alpha1
stages:
  train:
    cmd: python -P src/train.py
    deps: [src/train.py]
    params: [train]
    outs: [build/rows.parquet, build/model.json, build/plain.json]
models:
  late: {path: build/model.json, load: "model:load", frame: dict}
  plain: {path: build/plain.json, load: "model:load", frame: dict}
datasets:
  reference: {path: build/rows.parquet, key: [flight], label: late}
"""
TRAIN = """import json
import re
from pathlib import Path

import duckdb

slope = float(re.search(r"slope: (\\S+)", Path("params.yaml").read_text())[1])
duckdb.sql('''COPY (
    SELECT i AS flight, (hash(i) % 40)::DOUBLE AS wind, (hash(i * 7) % 100) / 100.0 < (5 + wind) / 60 AS late
    FROM range(300) r(i) ORDER BY i
) TO 'build/rows.parquet' (FORMAT parquet)''')
Path("build/model.json").write_text(json.dumps({"base": 0.5, "slope": slope}))
Path("build/plain.json").write_text(json.dumps({"base": 0.4, "slope": 0.0}))
"""
MODEL = """import json
from pathlib import Path


class Line:
    def __init__(self, base, slope):
        self.base, self.slope = base, slope

    def predict(self, rows):
        return {"probability": [self.base + self.slope * (wind - 20) / 60 for wind in rows["wind"]]}


def load(path):
    return Line(**json.loads(Path(path).read_text()))
"""
REQUIREMENTS = """apiVersion: roadworthy/v1alpha1
model: late
task: binary_classification
baseline: plain
inputs: {columns: [wind]}
outputs: {probability: {type: number, min: 0, max: 1}}
quality:
  - {metric: roc_auc, at_least: 0.6}
"""
IN_SCOPE = {"records": [{"wind": 30.0}]}


def files(name: str = "quick", slope: float = 1.0) -> Mapping[str, str]:
    """Return the files of the project called *name*; its model is as good as its *slope* is positive."""
    return {
        "profile.yaml": PROFILE.format(name=name),
        "pipeline.yaml": PIPELINE,
        "requirements.yaml": REQUIREMENTS,
        "params.yaml": params(slope),
        "src/train.py": TRAIN,
        "src/model.py": MODEL,
        ".gitignore": "build/\n__pycache__/\n.roadworthy/\n",
    }


def params(slope: float) -> str:
    """Return the file of parameters with another slope."""
    return f"train:\n  slope: {slope}\n"
