"""Names that others choose: which of them can be a project's or a ref's, and how any of them is shown safely."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from roadworthy.errors import UsageError

LONGEST_REF: Final = 250  # bytes: a file system's 255, less git's `.lock`
_LONGEST_PROJECT: Final = 100
_PROJECT = re.compile(r"[A-Za-z0-9](?:(?!\.\.|\.git$|\.lock$)[A-Za-z0-9._-])*(?<![.-])")
_UNSEEN = {"Cc", "Cs", "Zl", "Zp"}
# What turns the direction of the text around it, or is not seen at all.
_BIDI = frozenset("\u061c\u200b\u200e\u200f\u2060\ufeff") | {
    chr(at) for at in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))
}
_OBJECT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_SHOWN: Final = 120  # characters of a name that somebody else chose


def project_name(text: str) -> str:
    """Return *text* if it can be the name of a project, and so of a folder: never a path.

    Raises:
        UsageError: It cannot.
    """
    if len(text) > _LONGEST_PROJECT or not _PROJECT.fullmatch(text):
        raise UsageError(
            f"{shown(text)} cannot be the name of a project.",
            remedy=f"Use letters, digits, `-`, `_` and single dots, at most {_LONGEST_PROJECT}.",
        )
    return text


def fault_of_ref(name: str) -> str | None:
    """Return why a branch or a tag cannot be called *name* (without `refs/heads/`), or None when it can.

    What git itself refuses is not asked here, such as spaces, `..`, `~`, and a part that ends with `.lock`.
    """
    if len(name.encode("utf-8", "surrogateescape")) > LONGEST_REF:
        return f"its name is longer than {LONGEST_REF} bytes."
    if any(unicodedata.category(letter) in _UNSEEN or letter in _BIDI for letter in name):
        return "its name holds characters that are not seen, or that are not UTF-8."
    if any(part.startswith("-") for part in name.split("/")):
        return "its name, or a part of it, begins with a dash, which commands take for an option."
    if name in {"HEAD", "@"} or _OBJECT.fullmatch(name):
        return "its name can be taken for a commit."
    return None


def shown(text: str) -> str:
    """Return *text* as it may be printed anywhere: on one line, with every character that is not seen escaped."""
    cut = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
    return "".join(letter if letter.isprintable() and letter not in _BIDI else _escaped(letter) for letter in cut)


def _escaped(letter: str) -> str:
    return letter.encode("unicode_escape").decode()
