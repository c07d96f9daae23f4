"""`roadworthy new`: makes a project from a template."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from roadworthy.app.starting.new import make, names, questions
from roadworthy.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from roadworthy.adapters.template.copier import Question
    from roadworthy.app.starting.new import Made


@click.command(name="new")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--template", type=click.Choice(names()), default="tabular", show_default=True, help="What to start from."
)
@click.option("--set", "given", metavar="NAME=ANSWER", multiple=True, help="Answer a question beforehand.")
@click.option("--yes", is_flag=True, help="Ask nothing: take the defaults.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead; asks nothing.")
def command(folder: Path, template: str, given: tuple[str, ...], *, yes: bool, as_json: bool) -> None:
    """Make a project in the new folder DIR, in git, with a first commit.

    The branches are `main` and `develop`. In a repository that is there already, the project becomes a folder of it.
    """
    answers = _answers(template, folder, _read(given), ask=not (yes or as_json))
    made = make(folder, template, answers)
    if as_json:
        document = {"folder": str(made.folder), "template": template, "branch": made.branch, "answers": answers}
        click.echo(json.dumps(document, indent=2))
    else:
        _show(made, folder)


def _read(given: tuple[str, ...]) -> Mapping[str, str]:
    pairs = [one.partition("=") for one in given]
    if any(not separator for _, separator, _ in pairs):
        raise UsageError("--set takes NAME=ANSWER.", remedy="Write e.g. `--set branches=trunk`.")
    return {name: answer for name, _, answer in pairs}


def _answers(template: str, folder: Path, given: Mapping[str, str], *, ask: bool) -> dict[str, str]:
    asked = questions(template, folder)
    unknown = sorted(set(given) - {one.name for one in asked})
    if unknown:
        raise UsageError(
            f"The template {template} does not ask for {', '.join(unknown)}.",
            remedy=f"It asks for: {', '.join(one.name for one in asked)}.",
        )
    answers = {}
    for one in asked:
        answer = given.get(one.name)
        if answer is None and ask:
            answer = _asked(one)
        answers[one.name] = one.default if answer is None else answer
    return answers


def _asked(one: Question) -> str:
    kind = click.Choice(one.choices) if one.choices else None
    try:
        return str(click.prompt(one.text, default=one.default, type=kind))
    except click.Abort as stop:
        if not isinstance(stop.__context__, EOFError):
            raise
        click.echo()
        raise UsageError(
            "The questions have no answer: the input has ended. Nothing was written.",
            remedy="Pass --yes to take the defaults, and --set NAME=ANSWER for what is to differ.",
        ) from stop


def _show(made: Made, folder: Path) -> None:
    where = "in git" if made.own_repository else "in the repository around it"
    click.secho(f"Made {made.folder.name}", bold=True, nl=False)
    click.echo(f" {where}, on the branch {made.branch}. Next:")
    tested = (made.folder / "requirements.yaml").exists()
    for line in (
        f"cd {shlex.quote(str(folder))}",
        "roadworthy run",
        "roadworthy test" if tested else "roadworthy schema requirements",
    ):
        click.echo(f"  {line}")
    click.echo(
        "README.md tells how it goes on: what to commit, the first release, and a platform that tests every push."
    )
