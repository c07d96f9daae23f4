"""A small project whose declared files all agree, to be broken in one place at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

API = "apiVersion: roadworthy/v1alpha1\n"
FILES = {
    "profile.yaml": "project: small\n",
    "pipeline.yaml": """
sources:
  rows: {path: rows.csv, to: data/rows.csv, key: [id]}
stages:
  prepare: {cmd: python prepare.py, deps: data/rows.csv, outs: [build/train.parquet, build/test.csv], params: prepare}
  train: {cmd: python train.py, deps: build/train.parquet, outs: [build/model, build/mean], params: [train.seed]}
models:
  late: {path: build/model, load: "small.model:load"}
  mean: {path: build/mean, load: "small.model:load"}
datasets:
  reference: {path: build/test.csv, key: id, label: late}
""",
    "requirements.yaml": """
model: late
task: binary_classification
baseline: mean
decision: {flag_top: 15%}
inputs: {contract: rows, columns: [hour, wind], override: {wind: {min: 0, max: 90}}}
outputs: {probability: {type: number, min: 0, max: 1}}
quality:
  - {metric: roc_auc, at_least: 0.6, better_than: baseline}
slices:
  - {name: night, where: hour >= 20, metric: roc_auc, at_least: 0.6}
behaviour:
  - {name: wind, kind: directional, change: {wind: "+20"}, expect: not_lower, share: 95%}
  - {name: noise, kind: invariance, change: {hour: {set: 3}}, within: 0.5}
  - {name: calm, kind: minimum_functionality, where: wind < 5, expect: probability < 0.5, share: 0.9}
noise: {seed: train.seed, resample: build/train.parquet}
stress:
  - {name: blind, change: {wind: missing}, metric: roc_auc, at_least: 0.5}
windows:
  - {name: bias, check: mean_prediction, against: observed, within: {relative: 10%}, every: 1d, at_least: 500}
""",
    "contracts/rows.yaml": """
dataset: reference
columns: {id: {unique: true}, hour: {type: integer, min: 0, max: 23}, wind: {type: number}, late: {type: boolean}}
table: {key: id}
label: {column: late, share: {at_least: 5%, at_most: 60%}}
""",
    "failure_modes/FM-001.yaml": """
title: Storms
found: {on: 2026-02-11, by: person}
owner: ada
severity: low
examples: failure_modes/FM-001.csv
""",
    "failure_modes/FM-001.csv": "id\n1\n",
    "params.yaml": "prepare: {rows: 10}\ntrain: {seed: 1}\n",
    "prepare.py": "",
    "train.py": "",
    "src/small/model.py": "def load(path): ...\n",
}
_WITHOUT_VERSION = frozenset(
    {"params.yaml", "failure_modes/FM-001.csv", "prepare.py", "train.py", "src/small/model.py"}
)


def write(folder: Path, file: str = "", old: str = "", new: str = "") -> Path:
    """Write the project into *folder*, with *old* changed to *new* in one file, and return the folder."""
    for name, text in FILES.items():
        if name == file:
            assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file}"
            text = text.replace(old, new)  # noqa: PLW2901 - the changed one takes its place
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text if name in _WITHOUT_VERSION else API + text.lstrip("\n"), encoding="utf-8")
    return folder
