"""The command line: commands are loaded when they are called, so that `--help` costs next to nothing."""

from __future__ import annotations

import importlib
import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

import click

from roadworthy.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Iterator

    from click.shell_completion import CompletionItem

# command: (module under roadworthy.cli, one line for --help)
COMMANDS: dict[str, tuple[str, str]] = {
    "new": ("new", "Make a project from a template."),
    "template": ("template", "Merge a newer version of the template into a project."),
    "check": ("check", "Read every declared file and report every fault at once."),
    "schema": ("schema", "Print the JSON Schema of a declared file."),
    "data": ("data", "Add, update, compare, fetch and push versioned data."),
    "status": ("status", "Show what differs from the last run, and what is deployed."),
    "run": ("run", "Run the stages whose inputs have changed."),
    "why": ("why", "Say why a stage would run, or did."),
    "params": ("params", "Compare parameters with another revision."),
    "metrics": ("metrics", "Compare metrics with another revision."),
    "test": ("test", "Test the data and the model of the last run."),
    "contract": ("contract", "Draft, test and compare what datasets must satisfy."),
    "failure-mode": ("failure_mode", "Write down, list, show and accept where the model is known to fail."),
    "redteam": ("redteam", "Search the model for where it is weak, and draft failure modes."),
    "readiness": ("readiness", "Score what was tested against the 28 tests of the ML Test Score."),
    "features": ("features", "Measure what each input of the model is worth."),
    "learning-curve": ("learning_curve", "Learn from parts of the rows and with other seeds, and measure."),
    "card": ("card", "Write the model card and the data card, and check that they are current."),
    "review": ("review", "Hold a change against its base and production, on one page."),
    "gate": ("gate", "Give every verdict on a change, or accept regressions."),
    "release": ("release", "Make a version of the tested model."),
    "deploy": ("deploy", "Put a version into an environment."),
    "rollback": ("rollback", "Put the previous version back."),
    "history": ("history", "List versions and deployments, as of any day."),
    "serve": ("serve", "Serve what is deployed in an environment."),
    "up": ("up", "Start the platform of a team, on this machine."),
    "down": ("down", "Stop the platform on this machine."),
    "account": ("account", "Add and list accounts of the platform on this machine."),
    "logs": ("logs", "Show what the parts of the platform on this machine printed."),
    "rebuild": ("rebuild", "Make the index of the platform again from repositories and buckets."),
    "project": ("project", "Make and list projects on a platform."),
    "change": ("change", "Propose, review, discuss and merge changes on a platform."),
    "chat": ("chat", "Give a platform commands about a change or a project."),
    "events": ("events", "Ask a platform what came of a push, or why nothing did."),
    "jobs": ("jobs", "List, follow, cancel and repeat the jobs of a project on a platform."),
    "secret": ("secret", "Set, list and remove secrets for stages on a platform."),
    "alert": ("alert", "Set, list, try and remove where people are told what happened on a platform."),
    "plan": ("plan", "Show what a platform would do to a project's workspace."),
    "rules": ("rules", "Show what each push to a platform would do."),
    "audit": ("audit", "Read and verify the audit of a platform."),
    "login": ("login", "Log in to a platform, with a token."),
    "follow": ("follow", "Bring a platform's records of the project here."),
    "logout": ("logout", "Forget the token for a platform."),
    "credential": ("credential", "Answer git, which asks who you are on a platform."),
    "demo": ("demo.command", "Take a real system through the whole loop."),
    "doctor": ("doctor", "Say what is missing on this machine, and how to get it."),
    "completion": ("completion", "Print the script that completes commands in your shell."),
}


# what somebody types who comes from other tools: what it is called here
ELSEWHERE = {
    "add": "data add", "apply": "plan", "build": "run", "create": "new", "diff": "params diff", "exec": "run",
    "explain": "why", "fetch": "data fetch", "help": "--help", "init": "new", "log": "history", "ls": "status",
    "publish": "release", "pull": "data fetch", "push": "data push", "repro": "run", "start": "up", "stop": "down",
    "tag": "release", "train": "run", "undo": "rollback", "validate": "check", "version": "--version",
    "versions": "history",
}  # fmt: skip


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called, and listed without being imported."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """Read the arguments, and print the help when they ask for it."""
        with _while_it_is_read():
            return super().make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        """Do what the arguments say."""
        with _while_it_is_read():
            return super().invoke(ctx)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the commands in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Return the command, imported now."""
        if cmd_name not in COMMANDS:
            return None
        module, _ = COMMANDS[cmd_name]
        command: click.Command = importlib.import_module(f"roadworthy.cli.{module}").command
        importlib.import_module("roadworthy.cli.examples").attach(cmd_name, command)  # that Tab and `--help` do not pay
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that is called; a misspelt one is told what it most likely is."""
        name = args[0]
        if name not in COMMANDS and not name.startswith("-") and not ctx.resilient_parsing:
            near = importlib.import_module("difflib").get_close_matches(name, [*COMMANDS, *ELSEWHERE], n=1)
            ctx.fail(f"No such command '{name}'." + "".join(f" Did you mean '{ELSEWHERE.get(x, x)}'?" for x in near))
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Return the commands that begin with *incomplete*, from the table: Tab must answer at once."""
        item = importlib.import_module("click.shell_completion").CompletionItem  # that `--help` does not pay
        names = [item(name, help=line) for name, (_, line) in COMMANDS.items() if name.startswith(incomplete)]
        return [*names, *click.Command.shell_complete(self, ctx, incomplete)]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the list of commands from the table."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


@contextmanager
def _while_it_is_read() -> Iterator[None]:
    """End with the status that is promised when the reader of the output went away; click itself would end with 1."""
    try:
        yield
    except BrokenPipeError as gone:
        status: int = importlib.import_module("roadworthy.cli.crash").explain(gone)
        raise click.exceptions.Exit(status) from gone


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, message="roadworthy %(version)s")
def roadworthy() -> None:
    """Take a machine-learning system from a commit to production, and keep it there."""


def main() -> NoReturn:
    """Run the command line and exit: 0 done, 1 failed, 2 usage, 3 a test says no … 70 our bug, 130 interrupted."""
    sys.exit(_run())


def _run() -> int:
    # click itself leaves colours out where the output is no terminal. The outer context is for what is said of a fault.
    color = False if os.environ.get("NO_COLOR") else None
    with click.Context(roadworthy, color=color):
        return _finish(color)


def _finish(color: bool | None) -> int:  # noqa: FBT001 - click's own setting, in three states
    try:
        status = roadworthy.main(prog_name="roadworthy", standalone_mode=False, color=color)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except (Exception, KeyboardInterrupt) as fault:  # noqa: BLE001 - the outermost handler
        as_json = "--json" in sys.argv[1:]
        explained: int = importlib.import_module("roadworthy.cli.crash").explain(fault, as_json=as_json)
        return explained
    return status if isinstance(status, int) else 0
