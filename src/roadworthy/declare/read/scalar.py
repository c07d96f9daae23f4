"""What a plain YAML scalar means: the core schema of YAML 1.2, as DVC reads it (`on` and `yes` are text)."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from roadworthy.declare.read.node import Scalar

_WORDS: dict[str, Scalar] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_WHOLE = re.compile(r"[-+]?[0-9][0-9_]*")
_OTHER_BASE = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_NUMBER = re.compile(r"[-+]?(?:\.[0-9]+|[0-9][0-9_]*(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_STARTS = frozenset("0123456789+-.")  # what numbers begin with
_EXACT = 2**53  # beyond it JSON readers disagree about a whole number
_DIGITS = 30


class NotKept(ValueError):
    """A number that could not be written down and read again as itself."""


def resolve(text: str) -> Scalar:
    """Return what *text*, written without quotes, stands for.

    Raises:
        NotKept: It is infinite, not a number, or a whole number beyond 2^53.
    """
    if text in _WORDS:
        return _WORDS[text]
    return _numeric(text) if text[0] in _STARTS else text


def _numeric(text: str) -> Scalar:
    if _NOT_FINITE.fullmatch(text):
        raise NotKept("is not a finite number")
    if _WHOLE.fullmatch(text):
        return _whole(text.replace("_", ""), 10)
    if _OTHER_BASE.fullmatch(text):
        return _whole(text[2:], 8 if text[1] == "o" else 16)
    return _number(text) if _NUMBER.fullmatch(text) else text


def _whole(digits: str, base: int) -> int:
    value = int(digits, base) if len(digits) < _DIGITS else _EXACT + 1
    if abs(value) > _EXACT:
        raise NotKept("is too large for a whole number that every reader keeps exactly (beyond 2^53)")
    return value


def _number(text: str) -> float:
    value = float(text.replace("_", ""))
    if not math.isfinite(value):
        raise NotKept("is too large for a number")
    return value
