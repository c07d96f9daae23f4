"""The 28 tests of the ML Test Score, with what counts as having executed each; the words stand in `catalogue.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final, Literal

Section = Literal["data", "model", "infrastructure", "monitoring"]
SECTIONS: Final[tuple[Section, ...]] = ("data", "model", "infrastructure", "monitoring")


@dataclass(frozen=True, slots=True)
class Item:
    """One of the 28.

    Attributes:
        id: Its place in the paper: `data-1` … `monitoring-7`.
        section: One of the four.
        title: The test, in our words.
        evidence: What must have been executed, all of it; empty where it can be done by hand alone.
        next: What to do so that it counts.
        command: What to type for it.
    """

    id: str
    section: Section
    title: str
    evidence: tuple[str, ...]
    next: str
    command: str


@cache
def items() -> tuple[Item, ...]:
    """Return the 28 tests in the order of the paper.

    Source:
        Breck, Cai, Nielsen, Salib and Sculley (2017), "The ML Test Score: A Rubric for ML Production Readiness and
        Technical Debt Reduction".
    """
    text = resources.files(__package__).joinpath("catalogue.toml").read_text(encoding="utf-8")
    return tuple(
        Item(one["id"], one["section"], one["title"], tuple(one["evidence"]), one["next"], one["command"])
        for one in tomllib.loads(text)["tests"]
    )
