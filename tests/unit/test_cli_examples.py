"""Every command says what it is for, and shows how it is typed."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import click
import pytest
from click.testing import CliRunner

from roadworthy.cli.examples import EXAMPLES
from roadworthy.cli.main import COMMANDS, roadworthy

if TYPE_CHECKING:
    from collections.abc import Iterator


def leaves() -> Iterator[str]:
    """Yield every command that does something, as it is typed."""
    for name in COMMANDS:
        command = roadworthy.get_command(click.Context(roadworthy), name)
        yield from [f"{name} {inner}" for inner in command.commands] if isinstance(command, click.Group) else [name]


def test_every_command_has_an_example() -> None:
    """None is left out, and none is left over."""
    assert set(EXAMPLES) == set(leaves())


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_can_be_typed(name: str) -> None:
    """The command takes the words and options of its example, and its help ends with it as it stands."""
    typed = EXAMPLES[name].partition(">")[0].partition(")/")[0]
    words = shlex.split(typed[typed.index("roadworthy ") :].rstrip("'\""))[1:]
    command: click.Command = roadworthy
    context = click.Context(roadworthy, info_name="roadworthy")
    for word in name.split():
        assert isinstance(command, click.Group)
        assert words.pop(0) == word
        found = command.get_command(context, word)
        assert found is not None
        command, context = found, click.Context(found, info_name=word, parent=context)
    if words or name != "credential":
        command.make_context(name, words)
    shown = CliRunner().invoke(roadworthy, [*name.split(), "--help"]).output

    assert (command.help or "").strip()
    assert shown.rstrip().endswith(f"Example:\n    {EXAMPLES[name]}")
