"""The draft of a contract: what was seen, with some room, as a file that a person reviews."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

    from roadworthy.declare.contract import PersonalKind
    from roadworthy.prove.contract.draft.see import Column, Seen

_SCHEMA = "# yaml-language-server: $schema=../.roadworthy/schemas/contract.json"
_DIGITS = 2  # to which bounds are rounded, outwards
_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_NEAR_ZERO: Final = 0.01  # of the largest value
_ENOUGH: Final = 0.5  # of the rows seen: fewer are taken for a broken export
LEAKAGE: Final = 0.9


@dataclass(frozen=True, slots=True)
class About:
    """What is known of a dataset besides what stands in it.

    Attributes:
        dataset: Its name in pipeline.yaml, or its path.
        path: Where it was seen.
        key: The columns that identify a row, and do.
        unique: Columns of which no value stands twice.
        repeated: The share of rows that stand again.
        label: The label's column, and the share of rows whose label contradicts an equal row's.
        refused: Kinds of personal data that stand in no column.
        personal: Kinds that do, with the column.
        leaks: Columns that give the label away.
        weighed: Whether there were rows enough to know.
    """

    dataset: str
    path: str
    key: tuple[str, ...] = ()
    unique: tuple[str, ...] = ()
    repeated: float = 0.0
    label: tuple[str, float] | None = None
    refused: tuple[PersonalKind, ...] = ()
    personal: tuple[tuple[PersonalKind, str], ...] = ()
    leaks: tuple[str, ...] = ()
    weighed: bool = False


def text(seen: Seen, about: About) -> str:
    """Return the draft of a contract, in YAML with comments on what was seen."""
    return "\n".join([*_head(seen, about), *_columns(seen, about), *_table(seen, about), *_rest(seen, about)]) + "\n"


def _head(seen: Seen, about: About) -> Iterator[str]:
    yield _SCHEMA
    yield f"# Drafted from {_shown(about.path)}: {seen.rows:,} rows, {len(seen.columns):,} columns."
    yield "# It says what was, which is not yet what must be: review every line, and delete what does not matter."
    yield "apiVersion: roadworthy/v1alpha1"
    yield f"dataset: {_quoted(about.dataset)}"


def _columns(seen: Seen, about: About) -> Iterator[str]:
    ruled = {name: column for name, column in seen.columns.items() if column.present}
    yield "columns:" if ruled else "columns: {}"
    for name, column in seen.columns.items():
        if not column.present:
            yield f"  # {_shown(name)} is left out: no row has a value."
            continue
        keys = [*_keys(name, column, seen), *(["unique: true"] if name in about.unique else [])]
        yield f"  # {_told(name, column, seen)}"
        yield f"  {_quoted(name)}: {{{', '.join(keys)}}}"
    yield "other_columns: allowed  # refused: a new column needs a line here"


def _keys(name: str, column: Column, seen: Seen) -> Iterator[str]:
    if column.type is not None:
        yield f"type: {column.type}"
    yield f"missing: {_share(seen.missing(name))}"
    if isinstance(column.low, int | float) and isinstance(column.high, int | float):
        from_zero = 0 <= column.low <= _NEAR_ZERO * column.high
        yield f"min: {0 if from_zero else _number(_outwards(column.low, down=True))}"
        yield f"max: {_number(_outwards(column.high, down=False))}"
    if column.type == "time":
        yield from _since(column)
    if column.values:
        yield f"allowed: [{', '.join(_quoted(value) for value in column.values)}]"
    elif column.lengths is not None:
        low, high = column.lengths
        yield f"length: {{at_least: {low}, at_most: {_outwards(high, down=False):.0f}}}"


def _since(column: Column) -> Iterator[str]:
    """Yield the day of the first moment; the last moment bounds nothing that is to come."""
    found = _DAY.match(str(column.low))
    if found and column.kind.startswith(("TIMESTAMP", "DATE")) and "BC" not in str(column.low):
        yield f'min: "{found[0]}"'


def _told(name: str, column: Column, seen: Seen) -> str:
    parts = [f"about {column.distinct:,} different values" if not column.values else f"{column.distinct} values"]
    if column.low is not None:
        parts.append(f"{_plain(column.low)} to {_plain(column.high)}")
    if column.mean is not None:
        parts.append(f"{100 * column.mean:.3g} % true" if column.type == "boolean" else f"mean {column.mean:.4g}")
    if missing := seen.missing(name):
        parts.append(f"{100 * missing:.3g} % missing")
    return ", ".join(parts)


def _table(seen: Seen, about: About) -> Iterator[str]:
    yield "table:"
    yield f"  rows: {{at_least: {max(1, math.floor(seen.rows * _ENOUGH))}}}  # {seen.rows:,} were seen"
    if about.key:
        yield f"  key: [{', '.join(map(_quoted, about.key))}]"
    yield f"  duplicates: {_share(about.repeated)}"


def _rest(seen: Seen, about: About) -> Iterator[str]:
    if about.label is not None:
        yield from _label(seen, about, *about.label)
    for kind, column in about.personal:
        yield f"# {_shown(column)} holds what looks like {kind}: refuse it under `privacy`, or know why it is there."
    if about.refused:
        yield f"privacy: {{refuse: [{', '.join(about.refused)}]}}"


def _label(seen: Seen, about: About, label: str, conflicts: float) -> Iterator[str]:
    column = seen.columns[label]
    keys = [f"column: {_quoted(label)}"]
    zero_or_one = column.type == "boolean" or (column.type == "integer" and column.low == 0 and column.high == 1)
    if zero_or_one and column.mean is not None:
        low, high = math.floor(50 * column.mean) / 100, math.ceil(100 * min(1.0, 1.5 * column.mean)) / 100
        keys.append(f"share: {{at_least: {_percent(low)}, at_most: {_percent(high)}}}")
    keys.append(f"conflicts: {_share(conflicts)}")
    for leak in about.leaks:
        yield f"# {_shown(leak)} gives the label away. Is it known before the prediction? Say so with `known_at`."
    if about.weighed and not about.leaks:
        keys.append(f"leakage: {_percent(LEAKAGE)}")
    yield f"label: {{{', '.join(keys)}}}"


def _share(share: float) -> str:
    """Return a share rounded up to a whole per cent, so that what was seen passes."""
    return _percent(math.ceil(round(100 * share, 9)) / 100)


def _percent(share: float) -> str:
    return f"{round(100 * share)}%"


def _outwards(value: float, *, down: bool) -> float:
    """Return *value* rounded to two digits, away from what was seen."""
    if not value:
        return 0
    step = 10.0 ** (math.floor(math.log10(abs(value))) - _DIGITS + 1)
    if not step or not math.isfinite(value / step):
        return value
    rounded = float(f"{(math.floor if down else math.ceil)(value / step) * step:.12g}")
    if not math.isfinite(rounded) or (rounded > value if down else rounded < value):
        return value  # a step too small, or too large, to be exact
    return rounded


def _number(value: float) -> str:
    whole = float(value).is_integer() and abs(value) < 1e15  # noqa: PLR2004 - exact as a double
    return f"{value:.0f}" if whole else f"{value:.17g}" if isinstance(value, int) else _decimal(value)


def _decimal(value: float) -> str:
    """Return *value* with a point, without which YAML 1.1 takes `1e20` for text."""
    digits, _, power = repr(value).partition("e")
    return f"{digits if '.' in digits else digits + '.0'}{f'e{int(power):+d}' if power else ''}"


def _plain(value: float | str | None) -> str:
    return f"{value:.6g}" if isinstance(value, int | float) else _shown(str(value))


def _shown(text: str) -> str:
    """Return *text* for a comment: on one line, and with nothing that YAML does not take."""
    return "".join(char if char.isprintable() else "�" for char in text)


def _quoted(text: str) -> str:
    """Return *text* as YAML takes it for text whatever it looks like."""
    if re.fullmatch(r"[A-Za-z][A-Za-z_]{2,}", text) and text.lower() not in {"null", "true", "false", "yes", "off"}:
        return text
    dumped: str = yaml.dump(text, default_style='"', allow_unicode=True, width=math.inf, Dumper=yaml.SafeDumper)
    return dumped.strip()
