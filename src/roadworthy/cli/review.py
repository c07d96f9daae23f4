"""`roadworthy review`: holds a change against its base and production, on one page."""

from __future__ import annotations

import json
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING

import click

from roadworthy.app import later
from roadworthy.cli import complete
from roadworthy.cli.feedback import tell_feedback
from roadworthy.prove.review.feedback.document import document
from roadworthy.prove.review.text import visible

if TYPE_CHECKING:
    from roadworthy.app.review import Reviewed

_SAYS_NO = 3
_WHERE = click.Path(dir_okay=False, path_type=Path)


@click.command(name="review")
@click.argument("change", metavar="BASE..HEAD", shell_complete=complete.revisions)
@click.option("--html", type=_WHERE, help="Where to write the page; otherwise in .roadworthy/reports/.")
@click.option("--markdown", "summary", type=_WHERE, help="Where to write the Markdown summary.")
@click.option("--link", metavar="URL", default="", help="Where the page will be: the Markdown summary links it.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead.")
@click.option("--open", "show", is_flag=True, help="Open the page in a browser.")
def command(change: str, html: Path | None, summary: Path | None, link: str, *, as_json: bool, show: bool) -> None:
    """Hold a change against its base and production, on one page.

    HEAD must have been run and tested. The page is one file that needs no network; it can be kept, sent and printed.
    The exit status is 3 when a test says no.
    """
    reviewed = later.review(change, html=html, summary=summary, link=link)
    if as_json:
        click.echo(json.dumps(_document(reviewed), indent=2))
    else:
        _show(reviewed)
    if show:
        webbrowser.open(reviewed.html.absolute().as_uri())
    if reviewed.comparison.outcome == "blocked":
        raise click.exceptions.Exit(_SAYS_NO)


def _document(reviewed: Reviewed) -> dict[str, object]:
    return {
        **document(reviewed.comparison, reviewed.since),
        "record": reviewed.record,
        "html": str(reviewed.html),
        "markdown": str(reviewed.markdown),
    }


def _show(reviewed: Reviewed) -> None:
    found = reviewed.comparison
    click.echo(f"{visible(found.head.name, 80)} into {visible(found.base.name, 80)}")
    tell_feedback(document(found, reviewed.since))
    click.echo(f"Page:    {_near(reviewed.html)}")
    click.echo(f"Summary: {_near(reviewed.markdown)}")


def _near(path: Path) -> str:
    try:
        return str(path.absolute().relative_to(Path.cwd()))
    except ValueError:
        return str(path)
