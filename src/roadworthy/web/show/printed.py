"""What a job printed, as lines that can be shown: text, in which every character is seen, and the place it ends at."""

from __future__ import annotations

import re
from dataclasses import dataclass

from roadworthy.prove.review.text import visible

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")  # what a terminal would show as colours
_LONGEST = 4000  # characters of a line


@dataclass(frozen=True, slots=True)
class Printed:
    """Lines of a log.

    Attributes:
        lines: As they are shown.
        begin: The byte at which the first begins.
        end: The byte after the last.
    """

    lines: tuple[str, ...]
    begin: int
    end: int


def printed(data: bytes, at: int, *, ended: bool) -> Printed:
    """Return the lines of *data*, the bytes of a log from byte *at* on; the last only when it is whole.

    Args:
        data: What was read.
        at: From where. When not from the start, the first line is left out: it may have begun before.
        ended: Whether nothing will be added, so that what stands at the end is whole.
    """
    begin = data.find(b"\n") + 1 if at and not ended else 0
    end = len(data) if ended else max(begin, data.rfind(b"\n") + 1)
    text = data[begin:end].decode("utf-8", "replace")
    lines = tuple(visible(_COLOUR.sub("", line), _LONGEST) for line in re.split(r"\r\n|\n|\r", text.rstrip("\r\n")))
    return Printed(lines if text else (), at + begin, at + end)
