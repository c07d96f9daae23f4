"""The study's records as tables and a picture: what the gate blocks wrongly, what it finds, what it lets through."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

Record = dict[str, Any]
BINS = ((-math.inf, 0.25), (0.25, 0.5), (0.5, 1.0), (1.0, 2.0), (2.0, math.inf))
_NAMES = ("below 0.25", "0.25 to 0.5", "0.5 to 1", "1 to 2", "2 and more")
_WIDTH, _HEIGHT, _LEFT, _TOP, _BOTTOM = 640, 300, 56, 16, 48


def blocked(record: Record) -> bool:
    """Whether the gate says no."""
    return bool(record["outcome"] == "blocked")


def size(record: Record) -> float:
    """Return the increase of wrong decisions on rows that the gate never saw, in floors."""
    return float(record["effect"] / record["floor"]) if record["floor"] else math.inf


def twins(records: Sequence[Record]) -> list[Record]:
    """Return the twins."""
    return [one for one in records if one["kind"] == "twin"]


def broken(records: Sequence[Record]) -> list[Record]:
    """Return the planted breakages."""
    return [one for one in records if one["kind"] not in {"twin", "seed alone", "upgrade"}]


def large(records: Sequence[Record]) -> list[Record]:
    """Return the breakages of twice the floor's size and more."""
    return [one for one in broken(records) if size(one) >= 2]


def upgrades(records: Sequence[Record]) -> list[Record]:
    """Return the upgrades that are surely better on rows that the gate never saw."""
    return [one for one in records if one["kind"] == "upgrade" and one["better"]]


def share(records: Sequence[Record], true: Callable[[Record], bool]) -> float:
    """Return the share of *records* of which *true* holds; NaN of none."""
    return sum(map(true, records)) / len(records) if records else math.nan


def markdown(records: Sequence[Record]) -> str:
    """Return all tables."""
    return "\n\n".join((_of_twins(records), _of_breakages(records), _of_kinds(records), _of_upgrades(records)))


def _of_twins(records: Sequence[Record]) -> str:
    rows = [[*name, *_twin_row(found)] for name, found in _grouped(records, lambda one: (one["table"], one["learner"]))]
    rows.append(["**all**", "", *_twin_row(records)])
    return _table(
        ["data", "learner", "twins", "floor", "twins that differ", "… by the seed alone", "blocked wrongly",
         "… with excess 0", "… by a bootstrap of rows alone"], rows,
    )  # fmt: skip


def _twin_row(records: Sequence[Record]) -> list[str]:
    found, seeds = twins(records), [one for one in records if one["kind"] == "seed alone"]
    return [
        str(len(found)),
        f"{100 * sum(one['floor'] for one in found) / len(found):.2f} %",
        _percent(share(found, _differs)),
        _percent(share(seeds, _differs)),
        _percent(share(found, blocked)),
        _percent(share(found, lambda one: one["blocked_at_0"])),
        _percent(share(found, lambda one: one["blocked_by_rows_alone"])),
    ]


def _differs(record: Record) -> bool:
    return bool(record["negative"] + record["positive"] > 0)


def _of_breakages(records: Sequence[Record]) -> str:
    rows = [[*name, *_power(found)] for name, found in _grouped(broken(records), lambda o: (o["table"], o["learner"]))]
    rows.append(["**all**", "", *_power(broken(records))])
    return _table(["data", "learner", *_NAMES], rows)


def _of_kinds(records: Sequence[Record]) -> str:
    rows = [[*name, *_power(found)] for name, found in _grouped(broken(records), lambda one: (one["kind"],))]
    return _table(["planted", *_NAMES], rows)


def _power(records: Sequence[Record]) -> list[str]:
    return [_found(part) for part in binned(records)]


def binned(records: Sequence[Record]) -> list[list[Record]]:
    """Return the breakages by size."""
    return [[one for one in records if low <= size(one) < high] for low, high in BINS]


def _found(records: Sequence[Record]) -> str:
    return f"{_percent(share(records, blocked))} of {len(records)}" if records else ""


def _of_upgrades(records: Sequence[Record]) -> str:
    rows = [
        [*name, str(len(found)), _percent(share(found, lambda one: not blocked(one)))]
        for name, found in _grouped(upgrades(records), lambda one: (one["table"], one["learner"]))
    ]
    found = upgrades(records)
    rows.append(["**all**", "", str(len(found)), _percent(share(found, lambda one: not blocked(one)))])
    return _table(["data", "learner", "honest upgrades", "let through"], rows)


def picture(records: Sequence[Record]) -> str:
    """Return how many breakages of each size are blocked, as SVG: the share, its 95 % interval, and of how many."""
    plot = _HEIGHT - _TOP - _BOTTOM
    step = (_WIDTH - _LEFT) / len(BINS)

    def height(of: float) -> float:
        return _TOP + plot * (1 - of)

    parts = [
        f'<line x1="{_LEFT}" x2="{_WIDTH}" y1="{height(at):.1f}" y2="{height(at):.1f}" stroke="#8884"/>'
        f'<text x="{_LEFT - 8}" y="{height(at) + 4:.1f}" text-anchor="end">{100 * at:.0f} %</text>'
        for at in (0, 0.25, 0.5, 0.75, 1)
    ]
    parts.append(
        f'<line x1="{_LEFT}" x2="{_WIDTH}" y1="{height(0.95):.1f}" y2="{height(0.95):.1f}" stroke="#c33" '
        'stroke-dasharray="4 4"/>'
    )
    for place, (name, part) in enumerate(zip(_NAMES, binned(broken(records)), strict=True)):
        middle = _LEFT + step * (place + 0.5)
        parts.append(f'<text x="{middle:.1f}" y="{_HEIGHT - 28}" text-anchor="middle">{name}</text>')
        parts.append(f'<text x="{middle:.1f}" y="{_HEIGHT - 12}" text-anchor="middle">n = {len(part)}</text>')
        if part:
            low, high = wilson(sum(map(blocked, part)), len(part))
            at = height(share(part, blocked))
            parts.append(
                f'<line x1="{middle:.1f}" x2="{middle:.1f}" y1="{height(low):.1f}" y2="{height(high):.1f}" '
                f'stroke="#36c" stroke-width="3"/><circle cx="{middle:.1f}" cy="{at:.1f}" r="6" fill="#36c"/>'
            )
    title = "Share of planted breakages that the gate blocks, by their size in floors"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'font-family="sans-serif" font-size="12" fill="#666"><title>{title}</title>\n'
        + "\n".join(parts)
        + "\n</svg>\n"
    )


def wilson(hits: int, of: int) -> tuple[float, float]:
    """Return the 95 % interval of a share: Wilson (1927)."""
    found, squared = hits / of, 1.96**2
    middle, below = found + squared / (2 * of), 1 + squared / of
    width = 1.96 * math.sqrt(found * (1 - found) / of + squared / (4 * of**2))
    return max(0.0, (middle - width) / below), min(1.0, (middle + width) / below)


def _grouped(
    records: Iterable[Record], by: Callable[[Record], tuple[str, ...]]
) -> list[tuple[tuple[str, ...], list[Record]]]:
    found: dict[tuple[str, ...], list[Record]] = defaultdict(list)
    for record in records:
        found[by(record)].append(record)
    return sorted(found.items())


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _percent(value: float) -> str:
    return "" if math.isnan(value) else f"{100 * value:.1f} %"
