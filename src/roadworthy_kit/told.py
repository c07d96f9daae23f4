"""An exception of the project as its author needs it: where it was raised, and which of their own lines led there."""

from __future__ import annotations

import os
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_OWN = 6  # frames of the project's own files, the innermost ones
_LINES = 40  # of all that is told, the last ones
_KIT = str(Path(__file__).parent) + os.sep


def told(fault: BaseException, project: str) -> str:
    """Return the traceback of *fault*, with the frames of files in *project* and the last one, and none of the kit's.

    A library's frames between the two tell its author nothing, and push their own line out of sight.
    """
    found = traceback.TracebackException(type(fault), fault, fault.__traceback__)
    for one in _chain(found):
        one.stack = traceback.StackSummary.from_list(_kept(list(one.stack), project))
    return "\n".join("".join(found.format()).splitlines()[-_LINES:])


def _chain(found: traceback.TracebackException) -> Iterator[traceback.TracebackException]:
    seen: set[int] = set()
    waiting = [found]
    while waiting:
        one = waiting.pop()
        if id(one) not in seen:
            seen.add(id(one))
            yield one
            waiting += [other for other in (one.__cause__, one.__context__) if other is not None]


def _kept(frames: list[traceback.FrameSummary], project: str) -> list[traceback.FrameSummary]:
    own = [frame for frame in frames[:-1] if _is_own(frame.filename, project)][-_OWN:]
    return own + [frame for frame in frames[-1:] if not frame.filename.startswith(_KIT)]


def _is_own(path: str, project: str) -> bool:
    inside = path.startswith(project.rstrip(os.sep) + os.sep) and not path.startswith(_KIT)
    return inside and "site-packages" not in path
