"""Assertions about many rows, for a project's own tests: each states n, its level, its power, its own false alarms.

`from roadworthy_kit.assertions import assert_share, assert_no_worse`
"""

from __future__ import annotations

import math
from typing import Any
from unittest import SkipTest

from roadworthy_kit.binomial import NORMAL_95, at_most, critical, wilson
from roadworthy_kit.rows import is_missing, row_of, values_of

STATED: list[dict[str, Any]] = []  # by the assertions of the test that runs; the plugin takes them away
_SHOWN = 5
_LEAST_POWER = 0.5  # what finds less than every second model that is twice as bad is no test
_LEAST_WORSE = 0.01
_TWICE = 2 / 3  # of rows that differ: two worse for each that is better


def assert_share(right: Any, at_least: float, *, level: float = 0.05, rows: Any = None) -> None:
    """Assert that a share of rows is right: it fails when so few are only as rarely as *level* where *at_least* holds.

    Args:
        right: For each row whether it is right: a sequence of booleans, a column of a frame, an array.
        at_least: The share asked, in [0, 1]; 1: each wrong row is a failure, and there is no chance in it.
        level: The most that the chance of a false alarm may be; 0: the share of these very rows counts.
        rows: The rows, as a frame or a list: the first wrong ones are shown.

    Raises:
        AssertionError: Too few are right, or there are no rows.
        SkipTest: There are too few rows to tell.

    Source:
        Clopper and Pearson (1934): the exact binomial test, one-sided.
    """
    __tracebackhide__ = True
    good = [_is_right(one) for one in values_of(right)]
    n, hits = len(good), sum(good)
    if not n:
        raise AssertionError("There are no rows, so nothing is tested.")
    exact = at_least >= 1 or level <= 0
    most = math.ceil(at_least * n - n * 1e-12) - 1 if exact else critical(n, at_least, level)
    worse = max(0.0, 1 - max(2 * (1 - at_least), _LEAST_WORSE))
    power, (low, high) = at_most(most, n, worse), wilson(hits, n)
    stated: dict[str, Any] = {"rows": n, "wrong": n - hits, "share": hits / n, "asked": at_least, "low": low}
    stated.update(high=high, level=None if exact else level, false_alarm=at_most(most, n, at_least), power=power)
    said = f"{_percent(hits / n)} of {n} rows are right; at least {_percent(at_least)} is asked"
    said += "." if exact else f", at a level of {_percent(level)}."
    tell = (
        f"{said}\n  {n - hits} of {n} wrong, interval {_percent(low)} to {_percent(high)}; false alarms "
        f"{_percent(stated['false_alarm'])}, power {_percent(power)} against {_percent(worse)}"
    )
    _state(stated, said)
    if hits <= most:
        raise AssertionError(tell + _shown(rows, [place for place, one in enumerate(good) if not one], "wrong"))
    if not exact and power < _LEAST_POWER:
        raise SkipTest(f"There are too few rows to tell. {tell}")


def assert_no_worse(
    new: Any, old: Any, *, better: str = "higher", margin: float = 0.0, level: float = 0.05, rows: Any = None
) -> None:
    """Assert, row by row, that *new* is not surely worse than *old*.

    Args:
        new: For each row how well the new model does: whether it is right, or a number such as its loss.
        old: The same of the old model, for the same rows.
        better: Whether the `higher` or the `lower` value is the better one.
        margin: The share of rows that may be lost, those that are gained set against them, though it be sure.
        level: The most that the chance of a false alarm may be.
        rows: The rows, as a frame or a list: the first that became worse are shown.

    Raises:
        AssertionError: Surely more rows became worse than better, or the two are not of the same rows.
        SkipTest: More became worse, and there are too few that differ to tell.

    Source:
        McNemar (1947), "Note on the Sampling Error of the Difference between Correlated Proportions or Percentages", as
        the exact sign test of Dixon and Mood (1946).
    """
    __tracebackhide__ = True
    after, before = values_of(new), values_of(old)
    if len(after) != len(before) or not after:
        raise AssertionError(f"{len(after)} rows are held against {len(before)}: both must be of the same rows.")
    gains = [_gain(now, was, better) for now, was in zip(after, before)]  # noqa: B905 - Python 3.9
    n, worse, mended = len(gains), gains.count(-1), gains.count(1)
    differing, net = worse + mended, (worse - mended) / n
    most = critical(differing, 0.5, level)  # of those that became better
    power = at_most(most, differing, 1 - _TWICE)
    half = NORMAL_95 * math.sqrt(max(0.0, differing - (worse - mended) ** 2 / n)) / n
    stated: dict[str, Any] = {"rows": n, "worse": worse, "better": mended, "net": net, "low": net - half}
    stated.update(high=net + half, level=level, false_alarm=at_most(most, differing, 0.5), power=power, margin=margin)
    said = f"Of {n} rows, {worse} became worse and {mended} better"
    said += f"; a net loss of {_percent(margin)} is allowed." if margin else "."
    tell = (
        f"{said}\n  net loss {_percent(net)}, interval {_percent(net - half)} to {_percent(net + half)}; level "
        f"{_percent(level)}, false alarms {_percent(stated['false_alarm'])}, power {_percent(power)} against two to one"
    )
    _state(stated, said)
    if net > margin and mended <= most:
        raise AssertionError(tell + _shown(rows, [place for place, one in enumerate(gains) if one < 0], "worse"))
    if net > margin and power < _LEAST_POWER:
        raise SkipTest(f"There are too few rows that differ to tell. {tell}")


def _state(stated: dict[str, Any], said: str) -> None:
    STATED.append({**stated, "said": said})


def _is_right(value: Any) -> bool:
    """Return whether a row is right; what is missing is wrong, and what is neither true nor false is a mistake."""
    if is_missing(value):
        return False
    if value not in (0, 1):
        raise TypeError(f"{value!r} is neither true nor false: say of each row whether it is right.")
    return bool(value)


def _gain(now: Any, was: Any, better: str) -> int:
    """Return 1, 0 or -1; what is missing is worse than anything."""
    if better not in {"higher", "lower"}:
        raise ValueError(f"`better` is {better!r}; say 'higher' or 'lower'.")
    if is_missing(now) or is_missing(was):
        return int(is_missing(was)) - int(is_missing(now))
    sign = 1 if better == "higher" else -1
    return sign * (int(now > was) - int(now < was))


def _shown(rows: Any, places: list[int], what: str) -> str:
    if rows is None:
        return f"\n  first {what}: rows {', '.join(map(str, places[:_SHOWN]))}" if places else ""
    listed = "".join(f"\n    {place}: {row_of(rows, place)}" for place in places[:_SHOWN])
    more = len(places) - _SHOWN
    return f"\n  first {what} rows:{listed}" + (f"\n    … and {more} more" if more > 0 else "")


def _percent(share: float) -> str:
    return f"{100 * share:.4g} %"
