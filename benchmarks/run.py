"""Run benchmarks and print their figures as Markdown: run.py [NAME …]."""

from __future__ import annotations

import datetime as dt
import importlib
import os
import platform
import sys
from pathlib import Path

from figure import HEAD

PARTS = {"figure", "peers", "run"}
FOLDER = Path(__file__).parent


def main(names: list[str]) -> None:
    """Run the benchmarks *names*, or all."""
    every = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem not in PARTS)
    unknown = set(names) - set(every)
    if unknown:
        sys.exit(f"No benchmark {', '.join(sorted(unknown))}; there are: {', '.join(every)}")
    today = dt.datetime.now(tz=dt.UTC).date()
    print(
        f"{today}, {os.cpu_count()} cores, {platform.system()} {platform.release()}, Python {platform.python_version()}"
    )
    for name in names or every:
        print(f"\n### `make bench BENCH={name}`\n\n{HEAD}", flush=True)
        for figure in importlib.import_module(name).measure():
            print(figure.row(), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
