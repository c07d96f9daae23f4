"""Annotated tags: the claims that versions and deployments make in git."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_FIELDS = 6
TAG_FORMAT = "%(refname:strip=2)%00%(objectname)%00%(objecttype)%00%(*objectname)%00%(taggerdate:unix)%00%(contents)%00"


@dataclass(frozen=True, slots=True)
class Tag:
    """One tag. A lightweight one has no message; its time is None.

    Attributes:
        name: Without `refs/tags/`.
        commit: What it points at.
        message: The annotation.
        at: When it was made, by the tagger's clock (UTC).
    """

    name: str
    commit: str
    message: str
    at: datetime | None


def parse_tags(said: str) -> Iterator[Tag]:
    """Yield the tags that `git for-each-ref` printed in `TAG_FORMAT`."""
    fields = said.split("\0")
    for start in range(0, len(fields) - _FIELDS, _FIELDS):
        name, itself, kind, target, at, message = fields[start : start + _FIELDS]
        if kind == "tag":
            when = datetime.fromtimestamp(int(at), UTC) if at else None
            yield Tag(name.lstrip("\n"), target, message, when)
        else:
            yield Tag(name.lstrip("\n"), itself, "", None)
