"""What is needed of a place that data comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from roadworthy.declare import pipeline


class Source(Protocol):
    """Fetches data of one kind of place."""

    def fetch(self, source: pipeline.Source, to: Path) -> Mapping[str, str]:
        """Write what *source* names to the new file *to*, and return facts about what it was read from.

        May be repeated: the same facts give the same bytes. Nothing that is fetched is imported.

        Raises:
            NotFound: The source has no such data.
            Unreachable: It does not answer.
            UsageError: It is not declared so that it can be fetched.
            StorageError: The disk is full or the folder is read-only.
        """
