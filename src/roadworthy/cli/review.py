"""`roadworthy review`: holds a change against its base and production, on one page."""

from __future__ import annotations

import json
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING

import click

from roadworthy.app import later
from roadworthy.cli import complete
from roadworthy.prove.review import keep, words
from roadworthy.prove.review.text import visible

if TYPE_CHECKING:
    from roadworthy.app.review import Reviewed
    from roadworthy.prove.review.comparison import Comparison

_SAYS_NO = 3
_WHERE = click.Path(dir_okay=False, path_type=Path)


@click.command(name="review")
@click.argument("change", metavar="BASE..HEAD", shell_complete=complete.revisions)
@click.option("--html", type=_WHERE, help="Where to write the page; otherwise in .roadworthy/reports/.")
@click.option("--markdown", "summary", type=_WHERE, help="Where to write the Markdown summary.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead.")
@click.option("--open", "show", is_flag=True, help="Open the page in a browser.")
@click.pass_context
def command(
    context: click.Context, change: str, html: Path | None, summary: Path | None, *, as_json: bool, show: bool
) -> None:
    """Hold a change against its base and production, on one page.

    HEAD must have been run and tested. The page is one file that needs no network; it can be kept, sent and printed.
    The exit status is 3 when a test says no.
    """
    reviewed = later.review(change, html=html, summary=summary)
    if as_json:
        click.echo(json.dumps(_document(reviewed), indent=2))
    else:
        _show(reviewed)
    if show:
        webbrowser.open(reviewed.html.absolute().as_uri())
    if reviewed.comparison.outcome == "blocked":
        context.exit(_SAYS_NO)


def _document(reviewed: Reviewed) -> dict[str, object]:
    return {
        **keep.body(reviewed.comparison),
        "record": reviewed.record,
        "html": str(reviewed.html),
        "markdown": str(reviewed.markdown),
    }


def _show(reviewed: Reviewed) -> None:
    found = reviewed.comparison
    ready = found.outcome == "ready"
    click.echo(f"{visible(found.head.name, 80)} into {visible(found.base.name, 80)}")
    click.secho(words.headline(found), fg="green" if ready else "red", bold=True)
    for line in _reasons(found):
        click.echo(f"  {line}")
    for note in found.notes:
        click.echo(f"  {click.style('note', fg='yellow')} {note}")
    click.echo(f"  {words.complexity(found)}")
    click.echo(f"Page:    {_near(reviewed.html)}")
    click.echo(f"Summary: {_near(reviewed.markdown)}")


def _reasons(found: Comparison) -> list[str]:
    refused = [f"{one.section}, {one.what}: {one.why}" for one in words.refused(found)]
    return [*refused, words.metrics(found)] if refused else words.passing(found)


def _near(path: Path) -> str:
    try:
        return str(path.absolute().relative_to(Path.cwd()))
    except ValueError:
        return str(path)
