"""Train a learner on build/train.parquet and write its artifact."""

import argparse
import json
from pathlib import Path

import yaml

from flight_delay import tables
from flight_delay.learners import LEARNERS


def main() -> None:
    """Train the learner that params.yaml names, or the one that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--learner", choices=LEARNERS, help="instead of train.learner")
    parser.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args()
    parameters = yaml.safe_load(Path("params.yaml").read_text(encoding="utf-8"))["train"]
    learner = asked.learner or parameters["learner"]
    rows = tables.read(Path("build/train.parquet"))
    learned = LEARNERS[learner].fit(rows, parameters[learner], parameters["seed"])
    artifact = json.dumps({"learner": learner, "learned": learned}, separators=(",", ":"), allow_nan=False)
    asked.out.write_text(artifact + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
