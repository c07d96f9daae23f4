"""Numbers drawn with letters: they stand where no image can be shown, and say nothing that the number does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from roadworthy.prove.measures import Interval

WIDTH = 20  # letters of a bar
_EIGHTHS = "▏▎▍▌▋▊▉█"
_HALF = 8  # letters on each side of no difference


def bar(value: float, most: float, width: int = WIDTH) -> str:
    """Return a bar for *value* out of *most*, both at least 0; anything above 0 is seen."""
    eighths = 0 if value <= 0 or most <= 0 else max(1, round(min(value / most, 1.0) * width * 8))
    whole, rest = divmod(eighths, 8)
    drawn = "█" * whole + (_EIGHTHS[rest - 1] if rest else "")
    return drawn.ljust(width, "░")


def spread(difference: Interval | None) -> str:
    """Return where a difference and its interval lie: no difference is in the middle; empty where there is none.

    The ends of the line are as far from the middle as the farther end of the interval: what is seen is the sign and the
    certainty, and not the size.
    """
    if difference is None or difference["value"] is None or difference["low"] is None or difference["high"] is None:
        return ""
    value, low, high = difference["value"], difference["low"], difference["high"]
    most = max(abs(low), abs(high), abs(value))
    if most == 0:
        return "·" * _HALF + "●" + "·" * _HALF
    first, point, last = (_HALF + round(one / most * _HALF) for one in (low, value, high))
    line = ["·"] * (2 * _HALF + 1)
    line[first : last + 1] = "─" * (last + 1 - first)
    line[_HALF] = "┼" if first <= _HALF <= last else "│"
    line[point] = "●"
    return "".join(line)
