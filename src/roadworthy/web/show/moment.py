"""Moments and spans as people read them: exact where it matters, and otherwise how long ago."""

from __future__ import annotations

import datetime as dt

_MINUTE, _HOUR, _DAY, _WEEK = 60, 3600, 86_400, 604_800
_FEW = 10  # seconds that are told with a tenth


def iso(at: int | str) -> str:
    """Return a moment, in milliseconds since 1970 or as ISO 8601, for machines."""
    return _time(at).isoformat(timespec="seconds")


def when(at: int | str) -> str:
    """Return a moment as e.g. `24 Nov 2025, 16:00 UTC`."""
    return _time(at).strftime("%d %b %Y, %H:%M UTC").lstrip("0")


def ago(at: int | str, now: dt.datetime | None = None) -> str:
    """Return how long ago a moment was, e.g. `4 min ago`; of one more than a week ago, its day."""
    then = _time(at)
    seconds = ((now or dt.datetime.now(dt.UTC)) - then).total_seconds()
    if seconds < _MINUTE:
        return "just now"
    if seconds < _HOUR:
        return f"{seconds // _MINUTE:.0f} min ago"
    if seconds < _DAY:
        return f"{seconds // _HOUR:.0f} h ago"
    if seconds < _WEEK:
        days = int(seconds // _DAY)
        return "yesterday" if days == 1 else f"{days} days ago"
    return then.strftime("%d %b %Y").lstrip("0")


def lasting(seconds: float) -> str:
    """Return a span as e.g. `1.4 s`, `38 s`, `2 min 5 s`, `3 h 20 min`."""
    whole = round(seconds)
    if seconds < _FEW:
        return f"{seconds:.1f} s"
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min {whole % _MINUTE} s"
    return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE} min"


def _time(at: int | str) -> dt.datetime:
    if isinstance(at, str):
        return dt.datetime.fromisoformat(at).astimezone(dt.UTC)
    return dt.datetime.fromtimestamp(at / 1000, tz=dt.UTC)
