"""Completion of commands."""

from __future__ import annotations

import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from roadworthy.cli.completion import command
from roadworthy.cli.main import COMMANDS, ELSEWHERE, roadworthy


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_serves_both_names(shell: str) -> None:
    """One script completes `roadworthy` and `rw`, and asks the program under its own variable."""
    done = CliRunner().invoke(roadworthy, ["completion", shell])

    assert done.exit_code == 0
    assert done.output.count("_ROADWORTHY_COMPLETE") >= 2
    assert "_rw_completion" in done.output


def test_the_help_shows_a_line_for_each_shell() -> None:
    """Each line can be copied as it stands: none is wrapped into another, and no sign of the formatter's is left."""
    shown = [line.strip() for line in CliRunner().invoke(command, ["--help"]).output.splitlines()]

    assert "bash: roadworthy completion bash >> ~/.bashrc" in shown
    assert "zsh:  roadworthy completion zsh >> ~/.zshrc" in shown
    assert not any("\\b" in line or "\b" in line for line in shown)


def test_another_shell_is_refused() -> None:
    """A shell that is not known is a usage error that names those which are."""
    done = CliRunner().invoke(command, ["csh"])

    assert done.exit_code == 2
    assert "bash" in done.output


def test_commands_are_completed_from_the_table() -> None:
    """What begins with the word is offered, and nothing else."""
    context = click.Context(roadworthy)

    offered = [item.value for item in roadworthy.shell_complete(context, "re")]

    assert offered == [name for name in COMMANDS if name.startswith("re")]


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("stauts", "Did you mean 'status'?"),
        ("verison", "Did you mean '--version'?"),
        ("init", "Did you mean 'new'?"),
        ("repro", "Did you mean 'run'?"),
        ("zzzzzz", None),
    ],
)
def test_a_misspelt_command_is_told_what_it_may_be(typed: str, told: str | None) -> None:
    """A command that is not known is a usage error, with the nearest one when there is any."""
    done = CliRunner().invoke(roadworthy, [typed])

    assert done.exit_code == 2
    assert f"No such command '{typed}'." in done.output
    assert ("Did you mean" in done.output) == (told is not None)
    assert told is None or told in done.output


def test_what_other_tools_call_it_leads_to_what_there_is() -> None:
    """No word of other tools hides a command, and each leads to one, or to an option of all."""
    assert not ELSEWHERE.keys() & COMMANDS.keys()
    assert {word.split()[0] for word in ELSEWHERE.values()} <= {*COMMANDS, "--help", "--version"}


def test_completing_a_command_imports_none() -> None:
    """Tab answers at once: no command is imported to complete its name."""
    script = (
        "import sys, click; from roadworthy.cli.main import roadworthy;"
        "roadworthy.shell_complete(click.Context(roadworthy), '');"
        "print([name for name in sys.modules if name.startswith('roadworthy.cli.')])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "['roadworthy.cli.main']"
