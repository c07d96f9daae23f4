"""What a worker needs in order to run one model."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from roadworthy.build.workplace.confinement import Confinement
    from roadworthy.declare.pipeline import Model
    from roadworthy.declare.requirements import OutputRule


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """A model on this disk.

    Attributes:
        folder: The project: the working tree, or a clean checkout of a version's commit.
        python: The interpreter of the project's Python environment.
        kit: The folder that `environment.kit.install` returned.
        model: How it is loaded, as declared.
        path: Its artifact.
        inputs: The columns that it takes, in order.
        outputs: The columns that it returns, in order; empty: whatever it returns.
        name: What pipeline.yaml calls it; empty where that is not known.
        confinement: What its worker is confined by; None: nothing.
    """

    folder: Path
    python: Path
    kit: Path
    model: Model
    path: Path
    inputs: tuple[str, ...]
    outputs: Mapping[str, OutputRule] = field(default_factory=dict)
    name: str = ""
    confinement: Confinement | None = None

    @property
    def called(self) -> str:
        """What it is called in messages: its name, and the artifact's place in the project."""
        return f"`{self.name}` ({self.model.path})" if self.name else f"in {self.model.path}"
