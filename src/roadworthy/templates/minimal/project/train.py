"""Your code goes here. Until then: a straight line through data.csv, with the standard library alone."""

import csv
import json
from pathlib import Path
from statistics import linear_regression


class Line:
    """What `load` returns needs one method: `predict` takes the inputs and returns the outputs, both by column."""

    def __init__(self, slope, intercept):
        self.slope, self.intercept = slope, intercept

    def predict(self, rows):
        """Return y for each x."""
        return {"y": [self.slope * x + self.intercept for x in rows["x"]]}


def load(path):
    """Return the model kept at *path*."""
    return Line(**json.loads(Path(path).read_text(encoding="utf-8")))


def main():
    """Learn from data.csv; write model.json."""
    with Path("data.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    slope, intercept = linear_regression([float(row["x"]) for row in rows], [float(row["y"]) for row in rows])
    Path("model.json").write_text(json.dumps({"slope": slope, "intercept": intercept}) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
