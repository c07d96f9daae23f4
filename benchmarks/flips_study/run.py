"""Play the study and print every comparison as a line of JSON: run.py [--small]."""

from __future__ import annotations

import json
import os
import sys
import warnings
from concurrent.futures import ProcessPoolExecutor, as_completed

from learners import LEARNERS
from play import Task, play
from tables import TABLES

RUNS = 5


def tasks(*, small: bool) -> list[Task]:
    """Return what is to be played, the slowest first."""
    if small:
        return [Task("diamonds", "linear", 0, runs=3, twins=4, broken=True)]
    return [
        Task(table, learner, number, runs=RUNS, twins=25, broken=number < 3)
        for number in range(6)
        for learner in reversed(LEARNERS)
        for table in TABLES
    ]


def main() -> None:
    """Play all tasks, as many at once as there are processors."""
    warnings.filterwarnings("ignore")  # a linear model that has not converged is a model all the same
    todo = tasks(small="--small" in sys.argv)
    with ProcessPoolExecutor(max_workers=os.cpu_count()) as pool:
        playing = [pool.submit(play, task) for task in todo]
        for done, one in enumerate(as_completed(playing), 1):
            for record in one.result():
                print(json.dumps(record), flush=True)
            print(f"{done} of {len(todo)}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
