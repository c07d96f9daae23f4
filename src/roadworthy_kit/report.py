"""What came of a project's tests, as a file to read or to hand on: `--roadworthy-report=FILE`, JSON or Markdown."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_LONGEST = 300


def write(place: Path, found: Sequence[dict[str, Any]]) -> None:
    """Write the tests that were *found* to *place*: as JSON where it ends so, else as Markdown."""
    place.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"tests": list(found)}, indent=2) if place.suffix == ".json" else markdown(found)
    place.write_text(text + "\n", encoding="utf-8")


def markdown(found: Sequence[dict[str, Any]]) -> str:
    """Return a table of *found*, what failed first."""
    order = {"failed": 0, "skipped": 1, "passed": 2}
    counts = {outcome: sum(1 for one in found if one["outcome"] == outcome) for outcome in order}
    told = ", ".join(f"{count} {outcome}" for outcome, count in counts.items() if count) or "no tests"
    lines = ["# Tests", "", f"{len(found)} tests: {told}.", "", "| test | outcome | failure mode | found |"]
    lines.append("|---|---|---|---|")
    for one in sorted(found, key=lambda each: order.get(each["outcome"], 0)):
        modes = ", ".join(one.get("failure_modes", ()))
        lines.append(f"| {_cell(one['name'])} | {one['outcome']} | {modes} | {_cell(_said(one))} |")
    return "\n".join(lines)


def _said(one: dict[str, Any]) -> str:
    return one["said"] or " ".join(str(stated["said"]) for stated in one.get("stated", ()))


def _cell(text: str) -> str:
    plain = " ".join(text.split()).replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")
    return plain if len(plain) <= _LONGEST else f"{plain[:_LONGEST]}…"
