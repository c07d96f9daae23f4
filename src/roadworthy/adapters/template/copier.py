"""Templates rendered by copier: only what is asked and what is written, none of its own versions and merges."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import copier
import yaml
from copier.errors import CopierError

from roadworthy.errors import RoadworthyError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_QUESTIONS: Final = "copier.yml"


@dataclass(frozen=True, slots=True)
class Question:
    """What a template asks before it is rendered."""

    name: str
    text: str
    default: str
    choices: tuple[str, ...] = ()


def questions(template: Path) -> tuple[Question, ...]:
    """Return what the template in the folder *template* asks, in order."""
    asked = yaml.safe_load((template / _QUESTIONS).read_text(encoding="utf-8"))
    return tuple(
        Question(name, about["help"], str(about["default"]), tuple(map(str, about.get("choices", ()))))
        for name, about in asked.items()
        if not name.startswith("_")
    )


def render(template: Path, answers: Mapping[str, str], to: Path) -> None:
    """Write the template in the folder *template* as the new folder *to*, asking nothing.

    Raises:
        UsageError: An answer is not one that the template takes.
        RoadworthyError: It cannot be rendered.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about the state of a repository that the template may lie in
            copier.run_copy(str(template), to, data=dict(answers), defaults=True, quiet=True)
    except (ValueError, TypeError) as fault:
        raise UsageError(f"The template does not take this answer: {fault}", remedy="Give another one.") from fault
    except (CopierError, OSError) as fault:
        raise RoadworthyError(
            f"The template {template.name} cannot be rendered: {fault}",
            remedy="Look whether the folder can be written to; otherwise report this.",
        ) from fault
