"""What a stage's processes opened, held against what the stage declares."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from roadworthy.build.pipeline.stage import covers

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from roadworthy.build.pipeline.stage import Stage

_BYTECODE = re.compile(r"__pycache__/([^/]+)\.cpython-\d+(\.opt-\d)?\.pyc$")
REFUSED = "wanted to write"  # how the note of what was refused begins
_NAMED = 5  # files in a sentence


@dataclass(frozen=True, slots=True)
class Opened:
    """Files that a stage opened without saying so, relative to the project's folder.

    Attributes:
        read: Files of the project that are no input.
        written: Files of the project that are no output.
        refused: Files outside, which it wanted to write.
        watched: Whether a process reported at all: only Python processes do, unless all are followed.
    """

    read: tuple[str, ...] = ()
    written: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    watched: bool = True

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know, a sentence each."""
        said = []
        if self.read:
            said.append(f"read {_listed(self.read)}, which it does not declare")
        if self.written:
            said.append(f"wrote {_listed(self.written)}, which it does not declare")
        if self.refused:
            said.append(f"{REFUSED} {_listed(self.refused)}, outside the project")
        return tuple(said)


def judge(stage: Stage, code: Iterable[str], report: Path, folder: Path) -> Opened:
    """Return what *report* says that *stage* opened beyond its declaration.

    Args:
        stage: What it declares: inputs, parameter files and outputs.
        code: Its code, which it may read.
        report: What `roadworthy_kit.trace`, or who followed all processes, wrote; empty when nobody did.
        folder: The project's folder.
    """
    opened: dict[str, dict[str, None]] = {"r": {}, "w": {}, "x": {}, "b": {}}
    for how, name in _lines(report):
        path = name.removeprefix(f"{folder.resolve()}/")
        opened[how][_BYTECODE.sub(r"\1.py", path)] = None
    outs = [out.path for out in stage.outs]
    inputs = {*stage.deps, *(params.file for params in stage.params)}
    may_read = [*inputs, *outs]
    known = frozenset(code)
    written = [path for path in opened["w"] if not covers(outs, path)]
    return Opened(
        read=tuple(
            sorted(
                path
                for path in opened["r"]
                if path not in known and path not in opened["w"] and not covers(may_read, path)
                if (folder / path).is_file()
            )
        ),
        written=tuple(sorted(path for path in written if (folder / path).is_file())),
        refused=tuple(opened["x"]),
        watched=bool(opened["b"]),
    )


def _lines(report: Path) -> Iterable[tuple[str, str]]:
    try:
        text = report.read_text(encoding="utf-8")
    except FileNotFoundError:
        return
    for line in text.splitlines():
        how, name = json.loads(line)
        yield how, name


def _listed(paths: tuple[str, ...]) -> str:
    more = len(paths) - _NAMED
    return ", ".join(paths[:_NAMED]) + (f" and {more} more" if more > 0 else "")
