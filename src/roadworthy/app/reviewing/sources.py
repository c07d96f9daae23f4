"""The files of a change as git has them on both sides, for what a review shows of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from roadworthy.errors import NotFound, UsageError
from roadworthy.prove.review.complexity.delta import is_generated, kind_of
from roadworthy.prove.review.sources.files import LARGEST, Contents, differing, ordered

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from roadworthy.app.local import Local
    from roadworthy.ledger.repo.commit import FileChange
    from roadworthy.prove.review.sources.files import FileDiff

_MOST = 100  # files that are looked into


def sources_of(
    local: Local, ends: tuple[str, str], files: Sequence[FileChange], *, rows_shown: bool
) -> tuple[FileDiff, ...]:
    """Return what differs in *files* between two commits, code first."""
    places = ordered([one.path for one in files], [kind_of(one.path) for one in files])
    return differing(_contents(local, ends, [files[at] for at in places]), rows_shown=rows_shown)


def _contents(local: Local, ends: tuple[str, str], files: Sequence[FileChange]) -> Iterator[Contents]:
    for at, one in enumerate(files):
        why_not = (
            "it is written by a tool" if is_generated(one.path) else "too many files differ" if at >= _MOST else ""
        )
        if not why_not and one.added is None:
            why_not = "it is no text"
        sides = [None, None] if why_not else [_read(local, end, one.path) for end in ends]
        refused = next((side for side in sides if isinstance(side, str)), why_not)
        before, after = (side if isinstance(side, bytes) and not refused else None for side in sides)
        yield Contents(one.path, one.added, one.deleted, before, after, refused)


def _read(local: Local, commit: str, path: str) -> bytes | str | None:
    """Return a file's bytes; None where it is not there; why not where it is too large."""
    try:
        return local.repo.show(commit, f"{local.prefix}/{path}" if local.prefix else path, at_most=LARGEST)
    except NotFound:
        return None
    except UsageError:
        return f"it is larger than {LARGEST:,} bytes"
