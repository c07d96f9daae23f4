"""A stage, resolved: one command with inputs and outputs, every `${…}` filled in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from roadworthy.declare.pipeline import ParamsOf, Resources

if TYPE_CHECKING:
    from collections.abc import Sequence

Kind = Literal["out", "metric", "plot"]


@dataclass(frozen=True, slots=True)
class Out:
    """A file or folder that a stage writes.

    Attributes:
        path: Relative to the project's folder, as POSIX.
        kind: Metrics and plots are outputs that people read.
        cache: Whether its bytes are kept; otherwise only their address is.
        persist: Whether the stage goes on from what it wrote before.
    """

    path: str
    kind: Kind = "out"
    cache: bool = True
    persist: bool = False

    @property
    def is_kept(self) -> bool:
        """Whether its bytes are kept: metrics and plots are small, and reviews need them, also those that git keeps."""
        return self.cache or self.kind != "out"


@dataclass(frozen=True, slots=True)
class Stage:
    """One command with its inputs and outputs; all paths are relative to the project's folder.

    Attributes:
        name: Unique; `group@item` when `foreach` or `matrix` made it.
        group: The name it was declared under.
        cmd: Shell commands, run one after another in `wdir`.
        timeout: Seconds, or None for no limit.
    """

    name: str
    group: str
    cmd: tuple[str, ...]
    deps: tuple[str, ...] = ()
    params: tuple[ParamsOf, ...] = ()
    outs: tuple[Out, ...] = ()
    wdir: str = "."
    frozen: bool = False
    always_changed: bool = False
    desc: str | None = None
    resources: Resources = field(default_factory=Resources)
    timeout: float | None = None
    code: Literal["auto"] | tuple[str, ...] = "auto"
    env: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()


def covers(places: Sequence[str], path: str) -> bool:
    """Return whether *path* is one of *places* or lies in one of them."""
    return any(place in (path, ".") or path.startswith(f"{place}/") for place in places)
