"""What a review says, printed: by `roadworthy review` of a change here, by `roadworthy change show` of one there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from roadworthy.prove.review.feedback.terminal import lines

if TYPE_CHECKING:
    from collections.abc import Mapping

_STYLES: Mapping[str, dict[str, Any]] = {
    "": {},
    "good": {"fg": "green"},
    "bad": {"fg": "red"},
    "note": {"fg": "yellow"},
    "dim": {"dim": True},
}


def tell_feedback(document: Mapping[str, Any]) -> None:
    """Print a review from its JSON, the verdict in bold."""
    for at, (tone, line) in enumerate(lines(document)):
        click.secho(line, bold=at == 0, **_STYLES[tone])
