"""The review as lines of a terminal, from its JSON: nothing in a name moves the cursor or hides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from roadworthy.prove.review.feedback.bars import bar, spread
from roadworthy.prove.review.text import count, interval, metric, percent, short, signed, visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Tone = Literal["", "good", "bad", "note", "dim"]
_NAMES, _WHY = 60, 500  # characters of a name, of a reason
_METRICS, _NOTES, _FINDINGS = 12, 10, 20


def lines(document: Mapping[str, Any]) -> Iterator[tuple[Tone, str]]:
    """Yield the lines of a review, see `document.document`, each with its tone: the verdict first, then why."""
    yield "good" if document["outcome"] == "ready" else "bad", document["headline"]
    for one in document["findings"][:_FINDINGS]:
        yield "", f"  {_named(one)}: {visible(_first(one['why']), _WHY)}"
    if len(document["findings"]) > _FINDINGS:
        yield "", f"  and {len(document['findings']) - _FINDINGS} more"
    for note in document["notes"][:_NOTES]:
        yield "note", f"  note: {visible(note, _WHY)}"
    if document["since"] is not None:
        yield from since(document["since"])
    yield from _metrics(document)
    for flips in document["flips"][:1]:
        yield from _flips(flips)
    for said in document["summary"]:
        yield "dim", f"  {visible(said, _WHY)}"


def since(found: Mapping[str, Any]) -> Iterator[tuple[Tone, str]]:
    """Yield what changed since the last review of the same change."""
    told = ", ".join(f"{len(found[word])} {word}" for word in ("new", "unchanged", "gone"))
    yield "", f"  Since the last review, of {short(found['commit'])}: {told}"
    for one in found["new"][:_FINDINGS]:
        yield "bad", f"    new: {_named(one)}"
    for one in found["gone"][:_FINDINGS]:
        yield "good" if one["how"] == "fixed" else "note", f"    {one['how']}: {_named(one)}"
    if found["metric"] is not None:
        then, now = metric(found["metric"]["then"]), metric(found["metric"]["now"])
        yield "", f"    {visible(found['metric']['name'], _NAMES)}: {then} then, {now} now"


def _metrics(document: Mapping[str, Any]) -> Iterator[tuple[Tone, str]]:
    rows = document["measured"][:_METRICS]
    width = max((len(visible(row["name"], _NAMES)) for row in rows), default=0)
    for row in rows:
        value = metric(row["candidate"] and row["candidate"]["value"])
        told = [f"  {visible(row['name'], _NAMES):<{width}}  {value:>8}"]
        for one in row["rivals"][:1]:
            if one["difference"] is not None and one["difference"]["value"] is not None:
                between = interval(one["difference"], sign=True)
                told.append(f"{signed(one['difference']['value'])}{f' ({between})' if between else ''}")
                told.append(spread(one["difference"]))
                told.append(f"against {visible(one['title'], _NAMES)}, {one['judgement']}")
        yield "", "  ".join(part for part in told if part)


def shares(flips: Mapping[str, Any]) -> list[tuple[str, str, str, str]]:
    """Return what share of the rows was broken and fixed: what, how many per cent, a bar, and of how many rows."""
    found = [
        ("broken", flips["negative"]["value"] or 0.0, f"{count(flips['negative_count'])} rows"),
        ("fixed", flips["positive"]["value"] or 0.0, f"{count(flips['positive_count'])} rows"),
        *([("noise floor", flips["floor"]["value"], "by training again")] if flips["floor"] else []),
    ]
    most = max(share for _, share, _ in found)
    return [(name, percent(share, 2), bar(share, most), rows) for name, share, rows in found]


def _flips(found: Mapping[str, Any]) -> Iterator[tuple[Tone, str]]:
    for name, share, drawn, rows in shares(found):
        yield "", f"  {name:<11}  {share:>7}  {drawn}  {rows}"


def _named(one: Mapping[str, str]) -> str:
    return f"{visible(one['section'], _NAMES)}, {visible(one['name'], 2 * _NAMES)}"


def _first(text: str) -> str:
    return text.strip().partition("\n")[0]
