"""`roadworthy chat`: the commands of comments, in the terminal."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from roadworthy.cli.platform import asked, on_platform, show
from roadworthy.cli.talk import tell_command
from roadworthy.errors import RoadworthyError

if TYPE_CHECKING:
    from roadworthy.app.remote.client import Remote

_NO = 3  # the status when something was not done


@click.command("chat", context_settings={"ignore_unknown_options": True})
@click.argument("words", nargs=-1)
@click.option("--change", type=click.IntRange(1), help="The change that it is about.")
@click.option("--commit", metavar="COMMIT", help="The full id of the commit that it is for; by default the last.")
@on_platform
def command(
    words: tuple[str, ...], change: int | None, commit: str | None, url: str | None, project: str | None, *,
    as_json: bool,
) -> None:  # fmt: skip
    """Give commands such as `/status`; without any, they are read from what you type, a line each."""
    remote, name = asked(url, project)
    about: dict[str, Any] = {"change": change, "head": commit}
    if words:
        found = _asked(remote, name, " ".join(words), about)
    else:
        found = [one for line in sys.stdin if line.strip() for one in _line(remote, name, line, (about, as_json))]
    if as_json:
        show(found)
    elif words:
        for one in found:
            tell_command(one)
    sys.exit(0 if all(one["done"] for one in found) else _NO)


def _line(remote: Remote, name: str, line: str, of: tuple[dict[str, Any], bool]) -> list[dict[str, Any]]:
    """Answer a line at once, unless one document is printed in the end; one that cannot be read ends nothing."""
    about, is_quiet = of
    try:
        found = _asked(remote, name, line, about)
    except RoadworthyError as fault:
        click.secho(str(fault), fg="red", err=True)
        return []
    for one in [] if is_quiet else found:
        tell_command(one)
    return found


def _asked(remote: Remote, name: str, text: str, about: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = remote.post("projects", name, "chat", body={"text": text, **about})
    return found
