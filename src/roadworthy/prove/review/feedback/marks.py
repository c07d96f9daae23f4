"""Foreign text in Markdown: a name is code, a sentence is text that marks nothing, calls nobody, commands nothing."""

from __future__ import annotations

import re
import unicodedata

from roadworthy.prove.review.text import visible

_MARKS = re.compile(
    r"([\\`*_\[\]<>|~&$])|^([-+](?=[-\s]|$)|[=#/]|\d{1,9}(?=[.)](?:\s|$)))|(:(?=//))|((?<=www)\.)", re.IGNORECASE
)
# A forge makes mentions and references of these even when they are escaped: people, issues, requests, labels …
_CALLS = re.compile(r"""([@#!$~%&^])(?=[\w"])|(?<=GH)(-)(?=\d)|(:)(?=[\w+-]+:)""", re.IGNORECASE)
_JOINER = "\N{WORD JOINER}"
_OPENING = re.compile("<(?=!--)")
_COMMAND = re.compile(r"^(\s*)(?=/)")
_TURNING = {"R", "AL", "AN"}  # letters and digits that are read from right to left


def code(value: object, limit: int = 120) -> str:
    """Return a foreign name as code that nothing in it can end, fit for a cell of a table."""
    text = _level(_OPENING.sub(f"<{_JOINER}", visible(value, limit))).replace("|", "\N{BROKEN BAR}").strip() or " "
    fence = "`" * (longest(text) + 1)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def prose(value: str, limit: int = 1000) -> str:
    """Return a foreign sentence as text in which nothing is a mark, a link, a mention or a command."""
    seen = _OPENING.sub(f"<{_JOINER}", visible(value, limit).lstrip())
    calm = _CALLS.sub(lambda found: f"{found[0]}{_JOINER}", seen)
    return _level(
        _MARKS.sub(
            lambda found: rf"&#{ord(found[0][0])};{found[0][1:]}" if found[2] and found[2] != "/" else rf"\{found[0]}",
            calm,
        )
    )


def printed(line: str, limit: int) -> str:
    """Return a printed line for a fenced block: as it was, but that nothing in it is a command or hides anything."""
    return _level(_COMMAND.sub(rf"\1{_JOINER}", _OPENING.sub(f"<{_JOINER}", visible(line, limit))))


def label(value: object, limit: int = 40) -> str:
    """Return a foreign name as the inside of a quoted label of a diagram: what is no letter or digit is its number."""
    return "".join(
        one if (one.isascii() and one.isalnum()) or one in " ._" else f"#{ord(one)};" for one in visible(value, limit)
    )


def longest(text: str) -> int:
    """Return how many backticks stand together at most."""
    return max((len(run) for run in re.findall(r"`+", text)), default=0)


def _level(text: str) -> str:
    """Keep what is read from right to left from turning what stands beside it."""
    if any(unicodedata.bidirectional(letter) in _TURNING for letter in text):
        return f"\N{FIRST STRONG ISOLATE}{text}\N{POP DIRECTIONAL ISOLATE}"
    return text
