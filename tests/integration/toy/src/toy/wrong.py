"""Models that do each thing a model must not do: the artifact is a file that names which, or a row does."""

from __future__ import annotations

import copy
import ctypes
import math
import os
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

Rows = dict[str, list[Any]]


class Model:
    """A model with one fault, which it shows for strong wind and after lunch, and any that a row names."""

    def __init__(self, fault: Callable[[Rows], Any]) -> None:
        self._fault = fault

    def predict(self, rows: Rows) -> Any:
        """Return a chance of a half, or do the wrong thing."""
        named = [FAULTS[tail] for tail in rows.get("tail", ()) if tail in FAULTS]
        if 13 in rows.get("hour", ()) or any(wind is not None and wind > 100 for wind in rows["wind"]):
            named.append(self._fault)
        return named[0](rows) if named else good(rows)


def good(rows: Rows) -> Any:
    """Answer well."""
    return {"probability": [0.5] * len(rows["wind"])}


def slow(rows: Rows) -> Any:
    """Answer well, and not at once."""
    time.sleep(0.01)
    return good(rows)


def hang(rows: Rows) -> Any:
    """Sleep for longer than any test waits."""
    time.sleep(600)
    return good(rows)


def hang_in_c(rows: Rows) -> Any:
    """Hang where Python's own lock is held, so that no thread of the process runs."""
    ctypes.PyDLL(None).sleep(600)
    return good(rows)


def die(rows: Rows) -> Any:
    """End as a crash in a C extension does."""
    sys.stderr.write("the extension lost its mind\n")
    os.kill(os.getpid(), signal.SIGSEGV)
    return good(rows)


def leave(rows: Rows) -> Any:
    """End without a word."""
    if rows:
        os._exit(0)
    return good(rows)


def exit_(rows: Rows) -> Any:
    """Raise what ends a script."""
    raise SystemExit(f"{len(rows)} columns are enough for me")


def raise_(rows: Rows) -> Any:
    """Raise an ordinary error."""
    raise ValueError(f"no idea what {rows['carrier'][0]} is")


def deep(rows: Rows) -> Any:
    """Raise far inside a library, many frames below the line that is at fault."""
    nested: Any = (each for each in rows)
    for _ in range(20):
        nested = [nested]
    return copy.deepcopy(nested)


def nan(rows: Rows) -> Any:
    """Answer NaN for the last row."""
    return {"probability": [0.5] * (len(rows["wind"]) - 1) + [math.nan]}


def nothing(rows: Rows) -> Any:
    """Answer None for the first row."""
    return {"probability": [None] + [0.5] * (len(rows["wind"]) - 1)}


def infinity(rows: Rows) -> Any:
    """Answer infinity."""
    return {"probability": [math.inf] * len(rows["wind"])}


def beyond(rows: Rows) -> Any:
    """Answer a chance above 1 after lunch."""
    return {"probability": [1.5 if hour == 13 else 0.5 for hour in rows["hour"]]}


def short(rows: Rows) -> Any:
    """Leave a row out."""
    return {"probability": [0.5] * (len(rows["wind"]) - 1)}


def other_column(rows: Rows) -> Any:
    """Answer under another name."""
    return {"score": [0.5] * len(rows["wind"])}


def extra_column(rows: Rows) -> Any:
    """Answer more than was declared."""
    return {**good(rows), "carrier": rows["carrier"]}


def text(rows: Rows) -> Any:
    """Answer texts."""
    return {"probability": ["high"] * len(rows["wind"])}


def objects(rows: Rows) -> Any:
    """Answer what cannot be sent."""
    return {"probability": [{}] * len(rows["wind"])}


def scalar(rows: Rows) -> Any:
    """Answer what has no columns."""
    return len(rows["wind"]) / 2


def garbage(rows: Rows) -> Any:
    """Write into every open socket."""
    for descriptor in range(3, 256):
        try:
            os.write(descriptor, b"GET / HTTP/1.1\r\n\r\n" * 10)
        except OSError:
            continue
    return good(rows)


FAULTS: dict[str, Callable[[Rows], Any]] = {
    function.__name__.strip("_"): function
    for function in (
        *(good, slow, hang, hang_in_c, die, leave, exit_, raise_, deep, nan, nothing, infinity),
        *(beyond, short, other_column, extra_column, text, objects, scalar, garbage),
    )
}


def load(path: str) -> Model:
    """Return the model whose fault the file *path* names."""
    return Model(FAULTS[Path(path).read_text(encoding="utf-8")])


class Backwards:
    """A model that knows each row's chance, and gives the last one first."""

    def predict(self, rows: Rows) -> Any:
        """Return a chance that grows with the wind, in the wrong order."""
        return {"probability": [(wind or 0.0) / 100 for wind in reversed(rows["wind"])]}


def load_backwards(path: str) -> Backwards:
    """Return the model that mixes rows up, whatever stands in *path*."""
    Path(path).read_bytes()
    return Backwards()


def load_nothing(path: str) -> str:
    """Return something that does not predict."""
    return path


def load_raising(path: str) -> Model:
    """Fail, with a cause to be seen."""
    raise OSError(f"{path} was made on a Tuesday")


def load_hanging(path: str) -> Model:
    """Never return."""
    time.sleep(600)
    return load(path)


def load_dying(path: str) -> Model:
    """End the process."""
    sys.stdout.write(f"loading {path}\n")
    os.kill(os.getpid(), signal.SIGKILL)
    return load(path)
