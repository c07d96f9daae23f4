"""Texts that anybody may have written, such as the name of a branch, made harmless where people and chats read them."""

from __future__ import annotations

import re

from roadworthy.platform.automate.rules.action import shown

LONGEST = 400  # characters of a sentence
_BREAK = "\u200b"  # a space of no width: readers do not see it, and programs do not read across it
_WAKES = re.compile(r"@(?=\S)|(?<=:)//|(?i:(?<=\bwww)\.)|(?i:(?<=\bmailto):)")
_MARKS = re.compile(r"([!-/:-@\[-`{-~])")


def inert(text: str) -> str:
    """Return *text* on one line, where nobody is called by it and nothing in it becomes a link.

    What does not print, or turns the direction of writing, is spelled out; what is too long is cut.
    """
    told = shown(text)
    told = told if len(told) <= LONGEST else f"{told[: LONGEST - 1]}…"
    return _WAKES.sub(lambda found: f"{found[0][:1]}{_BREAK}{found[0][1:]}", told)


def for_slack(text: str) -> str:
    """Return *text* as Slack shows it literally: its three special characters stand for links and calls."""
    return inert(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def for_markdown(text: str) -> str:
    """Return *text* as Markdown shows it literally."""
    return _MARKS.sub(r"\\\1", inert(text))
