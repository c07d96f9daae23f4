"""Cards as text: generated blocks between markers, and an entry that a person writes about each thing declared.

An entry remembers what it was written about by a digest of the declaration, so that a change without a word is seen.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from blake3 import blake3

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

UNWRITTEN = "(to be written)"
_BLOCK = re.compile(r"<!-- generated: (?P<name>[^\n]*?) -->\n.*?<!-- end of generated -->\n", re.DOTALL)
_ENTRY = re.compile(
    r"^- \*\*(?P<name>[^\n]*?)\*\*: (?P<text>.*?) <!-- about (?P<digest>[0-9a-f]{12}) -->$", re.MULTILINE | re.DOTALL
)
_HEAD = "## What people should know\n"


@dataclass(frozen=True, slots=True)
class Subject:
    """Something that is declared and needs an entry: its name, and its declaration as text."""

    name: str
    declaration: str

    @property
    def digest(self) -> str:
        """Twelve digits that another declaration does not have."""
        return blake3(self.declaration.encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Finding:
    """What a card lacks."""

    card: str
    problem: str
    remedy: str


def merged(before: str, blocks: Mapping[str, str], subjects: Sequence[Subject], confirmed: Sequence[str] = ()) -> str:
    """Return a card with its generated *blocks* made anew, and an entry for each subject; what people wrote stays.

    Args:
        before: The card as it is; empty when there is none.
        blocks: Heading → generated text.
        subjects: What needs an entry.
        confirmed: Names of entries that hold for the declaration as it is now.
    """
    text = before or f"# {next(iter(blocks))}\n\n"
    for name, block in blocks.items():
        whole = f"<!-- generated: {name} -->\n{block.strip()}\n<!-- end of generated -->\n"
        known = [found for found in _BLOCK.finditer(text) if found["name"] == name]
        if known:
            text = text[: known[0].start()] + whole + text[known[0].end() :]
        else:
            at = text.find(_HEAD)
            text = text + whole + "\n" if at < 0 else text[:at] + whole + "\n" + text[at:]
    text = text if _HEAD in text else f"{text.rstrip()}\n\n{_HEAD}\n"
    wanted = {one.name: one for one in subjects}

    def renewed(found: re.Match[str]) -> str:
        one = wanted.get(found["name"])
        if one is None or not (found["name"] in confirmed or found["text"] == UNWRITTEN):
            return found[0]
        return _entry(one, found["text"])

    text = _ENTRY.sub(renewed, text)
    written = {found["name"] for found in _ENTRY.finditer(text)}
    lacking = [_entry(one, UNWRITTEN) for one in subjects if one.name not in written]
    return text.rstrip() + "\n" + "".join(f"{line}\n" for line in lacking)


def _entry(subject: Subject, text: str) -> str:
    return f"- **{subject.name}**: {text} <!-- about {subject.digest} -->"


def findings(card: str, text: str, blocks: Mapping[str, str], subjects: Sequence[Subject]) -> tuple[Finding, ...]:
    """Return what the card *text* lacks; an absent card lacks everything, and says so once."""
    if not text:
        return (Finding(card, "There is no card.", "Run `roadworthy card`, and write its entries."),)
    found = []
    if any(f"<!-- generated: {name} -->\n{block.strip()}\n<!-- end" not in text for name, block in blocks.items()):
        found.append(Finding(card, "Its generated parts are old.", "Run `roadworthy card`."))
    entries = {one["name"]: one for one in _ENTRY.finditer(text)}
    for one in subjects:
        entry = entries.get(one.name)
        if entry is None:
            found.append(Finding(card, f"{one.name} has no entry.", "Run `roadworthy card`, and write it."))
        elif entry["text"].strip() == UNWRITTEN:
            found.append(Finding(card, f"The entry of {one.name} is not written.", f"Write it in {card}."))
        elif entry["digest"] != one.digest:
            problem = f"{one.name} has changed since its entry was written."
            found.append(Finding(card, problem, f"Read it again, then `roadworthy card --confirm '{one.name}'`."))
    gone = [name for name in entries if name not in {one.name for one in subjects}]
    found += [Finding(card, f"{name} is not declared any more.", f"Take its entry out of {card}.") for name in gone]
    return tuple(found)
