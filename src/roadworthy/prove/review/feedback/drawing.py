"""The pipeline as a Mermaid diagram, which forges draw: what differs from the base has a thick border and says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from roadworthy.prove.review.feedback.marks import label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from roadworthy.prove.review.comparison import StageRow

_MOST = 30  # stages: more is no picture


def flowchart(stages: Sequence[StageRow]) -> str:
    """Return the diagram as a fenced block; empty where it would show nothing: no order, or too many stages."""
    if not 1 < len(stages) <= _MOST or not any(stage.after for stage in stages):
        return ""
    places = {stage.name: f"s{at}" for at, stage in enumerate(stages)}
    lines = ["flowchart LR"]
    lines += [f'  {places[stage.name]}["{label(stage.name)}{_said(stage)}"]' for stage in stages]
    lines += [f"  {places[before]} --> {places[stage.name]}" for stage in stages for before in stage.after]
    differing = [places[stage.name] for stage in stages if stage.differs]
    if differing:
        lines += ["  classDef differs stroke-width:3px", f"  class {','.join(differing)} differs"]
    return "\n".join(["```mermaid", *lines, "```", ""])


def _said(stage: StageRow) -> str:
    return "<br/>differs" if stage.differs else "<br/>as in the base" if stage.differs is False else ""
