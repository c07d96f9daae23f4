"""`roadworthy completion`: the script that completes commands in a shell."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

_VARIABLE = "_ROADWORTHY_COMPLETE"  # what click looks for: the program's name is `roadworthy` under both its names


@click.command(name="completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def command(context: click.Context, shell: str) -> None:
    """Print the script that completes commands, options and what the project names, in your SHELL.

    \b
    bash: roadworthy completion bash >> ~/.bashrc
    zsh:  roadworthy completion zsh >> ~/.zshrc
    fish: roadworthy completion fish > ~/.config/fish/completions/roadworthy.fish
    """  # noqa: D301 - a real backspace: click's mark of lines that it must not wrap
    kind = get_completion_class(shell)
    if kind is None:
        raise click.UsageError(f"Completion for {shell} is not known.", context)
    root = context.find_root().command
    for program in ("roadworthy", "rw"):
        click.echo(kind(root, {}, program, _VARIABLE).source())
