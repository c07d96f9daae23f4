"""What the commands that ask a platform share: which one, as whom, and how answers are printed."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from roadworthy.app.remote import credentials
from roadworthy.app.remote.client import Remote
from roadworthy.app.remote.place import of_remotes, require
from roadworthy.app.remote.platform import platform_at

if TYPE_CHECKING:
    from collections.abc import Callable

    from roadworthy.app.remote.place import Place

Command = TypeVar("Command", bound="Callable[..., Any]")


def on_platform(command: Command) -> Command:
    """Give a command the options that say which platform and project it is about, and `--json`."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead."),
        click.option("--project", metavar="NAME", help="The project there; else as git's remote says."),
        click.option("--platform", "url", metavar="URL", help="The platform; else as git's remote says."),
    ):
        command = option(command)
    return command


def asked(url: str | None, project: str | None) -> tuple[Remote, str]:
    """Return the platform to ask, and the project that is meant.

    Raises:
        NotFound: Neither the options nor git's remotes name one.
    """
    place = require(Path.cwd(), url, project)
    return Remote(place.url, _token(place)), place.project


def here() -> tuple[Remote, str] | None:
    """Return the platform and the project that the repository here belongs to, or None when it belongs to none."""
    place = of_remotes(Path.cwd())
    return None if place is None else (Remote(place.url, _token(place)), place.project)


def _token(place: Place) -> str | None:
    return credentials.token_for(platform_at(place.url), place.token)


def show(document: object) -> None:
    """Print a JSON document."""
    click.echo(json.dumps(document, indent=2, ensure_ascii=False))


def moment(milliseconds: int) -> str:
    """Return a time as people read it."""
    return dt.datetime.fromtimestamp(milliseconds / 1000, dt.UTC).strftime("%Y-%m-%d %H:%M UTC")


def state(word: str) -> str:
    """Return the state of something, in its colour."""
    colour = {"passed": "green", "done": "green", "merged": "green", "failed": "red", "cancelled": "yellow"}.get(word)
    return click.style(word, fg=colour)
