"""Cards: generated parts, entries that people write, and what is lacking after a change."""

from __future__ import annotations

from dataclasses import replace

from roadworthy.declare.requirements import InputRule, Inputs, OutputRule, Quality, Requirements, SliceRule
from roadworthy.prove.card.entries import UNWRITTEN, findings, merged
from roadworthy.prove.card.model_card import blocks, subjects

WANTED = Requirements(
    "roadworthy/v1alpha1",
    "late",
    "binary_classification",
    Inputs(("wind", "hour"), override={"wind": InputRule(min=0.0, max=60.0, unit="mph")}),
    {"probability": OutputRule(min=0, max=1)},
    purpose="Tell staff ahead.",
    quality=(Quality("roc_auc", at_least=0.6),),
    slices=(SliceRule("night", "hour > 20", "roc_auc", at_least=0.6),),
)
CARD = "docs/model_card.md"


def made(before: str, wanted: Requirements, *confirmed: str) -> str:
    """Return the card of *wanted*, made over *before*."""
    return merged(before, blocks(wanted, {}), subjects(wanted), confirmed)


def lacking(text: str, wanted: Requirements) -> list[str]:
    """Return what the card lacks."""
    return [one.problem for one in findings(CARD, text, blocks(wanted, {}), subjects(wanted))]


def written(text: str) -> str:
    """Return the card with every entry written."""
    return text.replace(UNWRITTEN, "It is needed.\n  For two reasons.")


def test_a_new_card_asks_for_every_entry() -> None:
    """Each input and requirement has an entry to be written; an absent card is one finding."""
    text = made("", WANTED)

    assert "- Purpose: Tell staff ahead." in text
    assert "| wind | input | min 0, max 60, unit mph |" in text
    assert text.count(UNWRITTEN) == len(subjects(WANTED)) == 5
    assert "The entry of input wind is not written." in lacking(text, WANTED)
    assert lacking("", WANTED) == ["There is no card."]


def test_what_people_wrote_stays() -> None:
    """Made again, a card keeps every written word, and lacks nothing."""
    text = written(made("", WANTED)).replace("## What people", "## Ethics\n\nAsk Ada.\n\n## What people")

    assert made(text, WANTED) == text
    assert lacking(text, WANTED) == []


def test_a_change_without_its_entry_is_a_finding_until_somebody_confirms_it() -> None:
    """A changed input is named, though its entry stands; a new one has none; what is gone is to go."""
    text = written(made("", WANTED))
    inputs = Inputs(("wind", "rain"), override={"wind": InputRule(min=0.0, max=90.0, unit="mph")})
    changed = replace(WANTED, inputs=inputs)

    assert lacking(text, changed) == [
        "Its generated parts are old.",
        "input wind has changed since its entry was written.",
        "input rain has no entry.",
        "input hour is not declared any more.",
    ]
    again = made(text, changed, "input wind")
    assert lacking(again, changed) == [
        "The entry of input rain is not written.",
        "input hour is not declared any more.",
    ]
