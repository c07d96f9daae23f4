"""The grammar of commands: lines that begin with a slash; code and quotes are nobody's orders."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from roadworthy.errors import UsageError
from roadworthy.platform.chat.command import COMMANDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from roadworthy.platform.chat.command import Command

MOST = 10  # commands in one comment
_LINE = re.compile(r" {0,3}/([A-Za-z][A-Za-z_-]{0,30})(?:[ \t]+(.*?))?[ \t]*")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)")


@dataclass(frozen=True, slots=True)
class Asked:
    """A line that asks for something.

    Attributes:
        text: The line.
        name: What stands after the slash, in small letters.
        rest: What follows that.
    """

    text: str
    name: str
    rest: str


def read(text: str) -> tuple[Asked, ...]:
    """Return the commands in *text*, in order.

    A command is a line that begins with a slash and a word. What stands in a fenced or indented block of code, or in a
    quote, is none; nor is a path such as `/usr/bin`.

    Raises:
        UsageError: There are more than 10.
    """
    found = tuple(_read(text))
    if len(found) > MOST:
        raise UsageError(
            f"One comment holds at most {MOST} commands, not {len(found)}.", remedy="Give them in several."
        )
    return found


def _read(text: str) -> Iterator[Asked]:
    fence = ""
    for line in re.split(r"\r\n|\r|\n", text):
        marks = _FENCE.fullmatch(line)
        if fence:
            if marks and marks[1].startswith(fence) and not marks[2].strip():
                fence = ""
            continue
        if marks and not (marks[1].startswith("`") and "`" in marks[2]):
            fence = marks[1]
            continue
        found = _LINE.fullmatch(line)  # no quote is one: it begins with `>`
        if found:
            yield Asked(line.strip(), found[1].lower(), (found[2] or "").strip())


def understood(asked: Asked) -> tuple[Command, tuple[str, ...]]:
    """Return the command that is asked for, and the words or the one text that it takes.

    Raises:
        UsageError: There is none of that name, with the one that was perhaps meant; or it takes something else.
    """
    command = COMMANDS.get(asked.name)
    if command is None:
        near = get_close_matches(asked.name, COMMANDS, n=1, cutoff=0.6)
        meant = f"Did you mean `/{near[0]}`? " if near else ""
        raise UsageError(f"There is no command /{asked.name}.", remedy=f"{meant}`/help` lists them.")
    words = tuple(asked.rest.split())
    if len(words) < command.least or (command.most is not None and len(words) > command.most):
        if command.instead:
            return command, ()
        raise UsageError(f"/{command.name} is typed so: `{command.usage}`.", remedy=command.does)
    return command, words if command.most is not None else ((asked.rest,) if asked.rest else ())
