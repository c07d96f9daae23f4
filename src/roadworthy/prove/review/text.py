"""How numbers and names read: few digits, true minus signs, and nothing in a name that is not seen."""

from __future__ import annotations

import json
import math
import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from roadworthy.prove.measures import Interval

_SHARE_DIGITS = 1
_NOTHING = "\N{EN DASH}"
_NAME = 200  # characters of a name or value that are shown
_UNITS = ("B", "KB", "MB", "GB", "TB")
_STEP = 1000
_NAMED = {"\n": r"\n", "\t": r"\t", "\r": r"\r"}
_MINUTE = 60
_NEGATIVE = re.compile(r"(?:(?<=[\s(\[])|^)-(?=\d)")
# Characters that change how the text around them is shown, or hide: never shown as they are.
_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def visible(value: object, limit: int = _NAME) -> str:
    r"""Return a foreign name or value as text in which every character is seen.

    Controls, and characters that hide or reorder others, become escapes such as `\u202e`; a long text is cut.
    """
    text = value if isinstance(value, str) else plain(value)
    if text.isascii() and text.isprintable():
        return text if len(text) <= limit else text[: limit - 1] + "…"
    seen = "".join(
        _escape(character) if unicodedata.category(character) in _HIDDEN else character for character in text[:limit]
    )
    return seen if len(seen) <= limit and len(text) <= limit else seen[: limit - 1] + "…"


def _escape(character: str) -> str:
    if character in _NAMED:
        return _NAMED[character]
    code = ord(character)
    return f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004 - the bounds of the escapes


def plain(value: object) -> str:
    """Return a JSON value as compact text: numbers with few digits, lists and mappings as JSON."""
    match value:
        case None:
            return "missing"
        case bool():
            return "yes" if value else "no"
        case float():
            return _minus(f"{value:.5g}")
        case int() | str():
            return str(value)
        case _:
            return json.dumps(value, ensure_ascii=False, default=str)


def number(value: float | None, digits: int = 4) -> str:
    """Return a number with *digits* significant digits, e.g. `0.7312`, `12,340`; a dash for None."""
    if value is None or not math.isfinite(value):
        return _NOTHING
    if value == int(value) and abs(value) < 10**15:
        return _minus(f"{int(value):,}")
    if abs(value) >= 10**digits:
        return _minus(f"{value:,.0f}")
    return _minus(f"{value:.{digits}g}")


def metric(value: float | None) -> str:
    """Return a metric's value with three decimals, or more digits when it is tiny; a dash for None."""
    return _NOTHING if value is None else _minus(f"{value:,.{_decimals(value)}f}")


def signed(value: float | None) -> str:
    """Return a difference with its sign, e.g. `+0.063`; a dash for None."""
    if value is None:
        return _NOTHING
    text = f"{value:+,.{_decimals(value)}f}"
    return _minus(text if float(text.replace(",", "")) else text[1:])


def _decimals(value: float) -> int:
    """Return how many decimals show a value that is not 0 as something else than 0, three if they do, at most five."""
    if abs(value) >= 100:  # noqa: PLR2004 - three digits stand before the point already
        return 1
    return next((digits for digits in (3, 4) if value == 0 or round(value, digits) != 0), 5)


def percent(share: float | None, digits: int = _SHARE_DIGITS) -> str:
    """Return a share in [0, 1] in per cent, e.g. `7.0 %`; a dash for None."""
    return _NOTHING if share is None else _minus(f"{share * 100:.{digits}f} %")


def points(share: float | None, digits: int = _SHARE_DIGITS) -> str:
    """Return a difference of shares in percentage points with its sign, e.g. `+4.0 pp`; a dash for None."""
    return _NOTHING if share is None else _minus(f"{share * 100:+.{digits}f} pp")


def interval(measure: Interval | None, *, sign: bool = False) -> str:
    """Return the interval in words, e.g. `0.655 to 0.671`; empty when there is none."""
    if measure is None or measure["low"] is None or measure["high"] is None:
        return ""
    ends = (measure["low"], measure["high"])
    decimals = max(_decimals(end) for end in ends)
    return " to ".join(_minus(f"{end:{'+' if sign and end else ''},.{decimals}f}") for end in ends)


def signs(prose: str) -> str:
    """Return a sentence with a true minus before its negative numbers; names and dates stay as they are."""
    return _NEGATIVE.sub("\N{MINUS SIGN}", prose)


def count(value: float | None) -> str:
    """Return a whole number with thousands apart, e.g. `56,000`; a dash for None."""
    return _NOTHING if value is None else f"{value:,.0f}"


def duration(seconds: float | None) -> str:
    """Return a duration, e.g. `0.4 s`, `2 min 5 s`; a dash for None."""
    if seconds is None:
        return _NOTHING
    if seconds < _MINUTE:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), _MINUTE)
    return f"{minutes} min {rest} s"


def size(amount: float | None) -> str:
    """Return a number of bytes, e.g. `31.2 KB`; a dash for None."""
    if amount is None:
        return _NOTHING
    for unit in _UNITS[:-1]:
        if amount < _STEP:
            return f"{amount:.0f} B" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= _STEP
    return f"{amount:.1f} {_UNITS[-1]}"


def short(address: str | None) -> str:
    """Return the first twelve digits of a commit or address; a dash for None."""
    return _NOTHING if address is None else address.removeprefix("blake3:")[:12]


def plural(amount: int, noun: str) -> str:
    """Return an amount and its noun, e.g. `1 check`, `2 checks`."""
    return f"{amount:,} {noun}" if amount == 1 else f"{amount:,} {noun}s"


def _minus(text: str) -> str:
    return text.replace("-", "\N{MINUS SIGN}")
