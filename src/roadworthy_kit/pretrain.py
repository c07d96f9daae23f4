"""Checks before, and instead of, a long training: that a model can learn at all, and not from what it may not know.

`from roadworthy_kit.pretrain import assert_overfits`
"""

from __future__ import annotations

import bisect
import math
from collections import Counter
from typing import TYPE_CHECKING, Any

from roadworthy_kit.rows import is_missing, names_of, row_of, values_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_BINS = 50
_FEW = 20  # different values of a label that are still classes
_SHOWN = 5


def assert_shape(answers: Any, rows: int, columns: Sequence[str] | None = None) -> None:
    """Assert that there is an answer for each of *rows*, in exactly the *columns* in their order, where these are said.

    Raises:
        AssertionError: There are more, fewer or other ones.
    """
    __tracebackhide__ = True
    if len(_first(answers)) != rows:
        raise AssertionError(f"{len(_first(answers))} answers for {rows} rows.")
    if columns is not None and names_of(answers) != list(columns):
        raise AssertionError(f"The answers have the columns {names_of(answers)}, not {list(columns)}.")


def assert_range(values: Any, low: float = -math.inf, high: float = math.inf) -> None:
    """Assert that every one of *values* is a finite number from *low* to *high*.

    Raises:
        AssertionError: Some are not; the first are shown with their places.
    """
    __tracebackhide__ = True
    given = values_of(values)
    wrong = [place for place, one in enumerate(given) if is_missing(one) or not low <= one <= high or math.isinf(one)]
    if wrong or not given:
        listed = ", ".join(f"{given[place]} in row {place}" for place in wrong[:_SHOWN])
        what = f"{len(wrong)} of {len(given)} values are not numbers from {low:g} to {high:g}: {listed}."
        raise AssertionError(what if given else "There are no values, so nothing is tested.")


def assert_loss_falls(loss: Callable[[], float], step: Callable[[], object]) -> None:
    """Assert that one *step* of training lowers the *loss*.

    Args:
        loss: Returns the loss on the batch that is trained on.
        step: Does one step of training on it.

    Raises:
        AssertionError: It does not fall, or is not a finite number: often a sign turned round, a learning rate that is
            too large, or weights that no gradient reaches.
    """
    __tracebackhide__ = True
    before = float(loss())
    step()
    after = float(loss())
    if not (math.isfinite(before) and math.isfinite(after) and after < before):
        raise AssertionError(f"One step took the loss from {before:.6g} to {after:.6g}; it should fall.")


def assert_overfits(loss: Callable[[], float], step: Callable[[], object], *, below: float, steps: int = 200) -> None:
    """Assert that some steps on one small batch bring its *loss* *below* a value: what cannot learn it learns nothing.

    Raises:
        AssertionError: They do not.
    """
    __tracebackhide__ = True
    first = found = float(loss())
    for _ in range(steps):
        if found < below:
            return
        step()
        found = float(loss())
    if not found < below:
        told = f"{steps} steps on one batch took its loss from {first:.6g} to {found:.6g}"
        raise AssertionError(f"{told}, not below {below:g}: a model that can learn learns a few rows by heart.")


def assert_disjoint(training: Any, test: Any, key: str | Sequence[str]) -> None:
    """Assert that no row of *test* is among those of *training*, rows being named by *key*.

    Raises:
        AssertionError: Some are; the first are shown.
    """
    __tracebackhide__ = True
    names = [key] if isinstance(key, str) else list(key)
    known = set(_keys(training, names))
    found = [place for place, one in enumerate(_keys(test, names)) if one in known]
    if found:
        listed = "".join(f"\n    {place}: {row_of(test, place)}" for place in found[:_SHOWN])
        raise AssertionError(f"{len(found)} rows of the test are trained on, by {', '.join(names)}:{listed}")


def assert_no_leak(rows: Any, label: str, *, most: float = 0.95, columns: Sequence[str] | None = None) -> None:
    """Assert that no single column tells the *label* too well: what does is mostly known only afterwards.

    Each column predicts the second half of the rows from the first: by the commonest class, or the mean, of its value,
    numbers being cut into 50 bins. That is set between what a constant gets right (0) and everything (1).

    Args:
        rows: A frame of inputs and label, in an order that has nothing to do with them.
        label: The column to be predicted.
        most: The most that one column may tell.
        columns: The columns to look at; by default all others.

    Raises:
        AssertionError: Some tell more; all of them are named.
    """
    __tracebackhide__ = True
    truth = values_of(rows[label])
    wanted = [name for name in (columns or names_of(rows)) if name != label]
    told = {name: _told(values_of(rows[name]), truth) for name in wanted}
    leaks = sorted((name for name in wanted if told[name] > most), key=lambda name: -told[name])
    if leaks:
        listed = ", ".join(f"{name} ({100 * told[name]:.1f} %)" for name in leaks)
        raise AssertionError(
            f"By itself, more than {100 * most:g} % of what can be told of `{label}` is told by {listed}."
        )


def _told(values: list[Any], truth: list[Any]) -> float:
    half = len(truth) // 2
    places = _binned(values, half)
    if all(isinstance(one, (int, float)) for one in truth) and len(set(truth)) > _FEW:
        return _explained(places, [float(one) for one in truth], half)
    return _guessed(places, truth, half)


def _binned(values: list[Any], half: int) -> list[Any]:
    """Return the values, numbers of which there are many replaced by the number of their bin."""
    numbers = [one for one in values[:half] if isinstance(one, (int, float)) and not is_missing(one)]
    if len(set(numbers)) <= _BINS:
        return ["" if is_missing(one) else one for one in values]
    ordered = sorted(numbers)
    edges = sorted({ordered[len(ordered) * place // _BINS] for place in range(1, _BINS)})
    return ["" if is_missing(one) or isinstance(one, str) else bisect.bisect_right(edges, one) for one in values]


def _guessed(places: list[Any], truth: list[Any], half: int) -> float:
    counted: dict[Any, Counter[Any]] = {}
    for place, one in zip(places[:half], truth[:half]):  # noqa: B905 - Python 3.9
        counted.setdefault(place, Counter())[one] += 1
    usual = Counter(truth[:half]).most_common(1)[0][0] if half else None
    guess = {place: found.most_common(1)[0][0] for place, found in counted.items()}
    rest = list(zip(places[half:], truth[half:]))  # noqa: B905 - Python 3.9
    right = sum(guess.get(place, usual) == one for place, one in rest)
    dull = sum(one == usual for _, one in rest)
    return (right - dull) / (len(rest) - dull) if len(rest) > dull else 0.0


def _explained(places: list[Any], truth: list[float], half: int) -> float:
    sums: dict[Any, tuple[float, int]] = {}
    for place, one in zip(places[:half], truth[:half]):  # noqa: B905 - Python 3.9
        total, count = sums.get(place, (0.0, 0))
        sums[place] = total + one, count + 1
    mean = sum(truth[:half]) / half
    means = {place: total / count for place, (total, count) in sums.items()}
    rest = list(zip(places[half:], truth[half:]))  # noqa: B905 - Python 3.9
    left = sum((one - means.get(place, mean)) ** 2 for place, one in rest)
    whole = sum((one - mean) ** 2 for _, one in rest)
    return 1 - left / whole if whole else 0.0


def _keys(rows: Any, names: Sequence[str]) -> list[tuple[Any, ...]]:
    return list(zip(*(values_of(rows[name]) for name in names)))  # noqa: B905 - Python 3.9


def _first(answers: Any) -> Any:
    return next(iter(answers.values()), []) if isinstance(answers, dict) else answers
