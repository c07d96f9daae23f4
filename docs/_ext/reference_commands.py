"""The page of all commands, from the commands themselves."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

import click

from roadworthy.cli.main import roadworthy

if TYPE_CHECKING:
    from collections.abc import Iterator


def commands() -> Iterator[tuple[str, click.Command]]:
    """Yield every command and subcommand as (what is typed, command)."""
    yield from _below(roadworthy, "roadworthy", click.Context(roadworthy, info_name="roadworthy"))


def _below(group: click.Group, typed: str, context: click.Context) -> Iterator[tuple[str, click.Command]]:
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is None or command.hidden:
            continue
        yield f"{typed} {name}", command
        if isinstance(command, click.Group):
            inner = click.Context(command, info_name=name, parent=context)
            yield from _below(command, f"{typed} {name}", inner)


def commands_page() -> str:
    """Return the page: a section for each command, with its usage and options."""
    return "\n".join(line for typed, command in commands() for line in _section(typed, command))


def _section(typed: str, command: click.Command) -> list[str]:
    context = click.Context(command, info_name=typed)
    usage = " ".join(command.collect_usage_pieces(context))
    level = "#" * (len(typed.split()))
    return [
        f"{level} {typed}",
        "",
        *_help(command),
        "",
        "```console",
        f"$ {typed} {usage}",
        *_example(command),
        "```",
        "",
        *_options(context, command),
    ]


def _help(command: click.Command) -> list[str]:
    # \b marks a paragraph that click must not wrap again: it is shown as it stands.
    paragraphs = inspect.cleandoc(command.help or command.short_help or "").split("\n\n")
    lines: list[str] = []
    for paragraph in paragraphs:
        if paragraph.startswith("\b"):
            lines += ["```text", paragraph.removeprefix("\b").strip("\n"), "```", ""]
        else:
            lines += [paragraph, ""]
    return lines


def _example(command: click.Command) -> list[str]:
    example = (command.epilog or "").rpartition("Example:\n  ")[2]
    return [f"$ {example}"] if example else []


def _options(context: click.Context, command: click.Command) -> list[str]:
    # Arguments stand in the usage, and the help says what they are.
    options = [option for option in command.get_params(context) if isinstance(option, click.Option)]
    records = [record for option in options if (record := option.get_help_record(context)) is not None]
    rows = [f"| `{_cell(name)}` | {_cell(meaning)} |" for name, meaning in records]
    return ["| option | meaning |", "|---|---|", *rows, ""]


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
