"""What people say of a change, in the terminal: `roadworthy change approve|comment|hold|…`."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

import click

from roadworthy.cli.platform import asked, moment, on_platform, show
from roadworthy.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_NUMBER = click.argument("number", type=click.IntRange(1))
_PERSPECTIVE = click.argument("perspective", type=click.Choice(["software", "analysis"]))


@click.command("approve")
@_NUMBER
@_PERSPECTIVE
@click.option("--no", "says", flag_value="no", help="Say no: it is not merged until you say otherwise.")
@click.option("--withdraw", "says", flag_value="withdrawn", help="Take back what you said.")
@click.option("--note", default="", help="Why.")
@click.option(
    "--commit", metavar="COMMIT", help="The full id of the commit that you saw; by default the branch's last."
)
@on_platform
def approve(  # noqa: PLR0913, PLR0917 - its options
    number: int, perspective: str, says: str | None, note: str, commit: str | None, url: str | None,
    project: str | None, *, as_json: bool,
) -> None:  # fmt: skip
    """Approve a change from a perspective, bound to the commit that you saw."""
    remote, name = asked(url, project)
    head = commit or remote.get("projects", name, "changes", number, "review")["head"]
    if head is None:
        raise UsageError(f"The branch of change {number} is gone.", remedy="Push it again, or close the change.")
    body = {"perspective": perspective, "head": head, "says": says or "yes", "note": note, "key": _key()}
    done = remote.post("projects", name, "changes", number, "approvals", body=body)
    if as_json:
        show(done)
        return
    words = {"yes": "You approve", "no": "You say no to", "withdrawn": "You take back what you said of"}
    click.echo(f"{words[says or 'yes']} change {number} at {head[:12]}, from the {perspective} perspective.")


@click.command("comment")
@_NUMBER
@click.argument("text")
@click.option("--line", metavar="FILE:LINE", help="About a line of a file.")
@click.option("--plot", metavar="NAME", help="About a plot of the report.")
@click.option("--slice", "slice_", metavar="NAME", help="About a slice.")
@click.option("--row", metavar="KEY", help="About a row, by its key.")
@click.option("--answers", metavar="COMMENT", help="The comment that it answers, by its record.")
@on_platform
def comment(  # noqa: PLR0913, PLR0917 - its options
    number: int, text: str, line: str | None, plot: str | None, slice_: str | None, row: str | None,
    answers: str | None, url: str | None, project: str | None, *, as_json: bool,
) -> None:  # fmt: skip
    """Comment on a change; a line of the text that begins with a slash is a command."""
    remote, name = asked(url, project)
    about = _about(line, {"plot": plot, "slice": slice_, "row": row})
    body = {"text": text, **about, "answers": answers, "key": _key()}
    done = remote.post("projects", name, "changes", number, "comments", body=body)
    if as_json:
        show(done)
        return
    found = remote.get("projects", name, "changes", number, "discussion")["comments"]
    _tell_commands(next(one for one in found if one["record"] == done["record"])["commands"])
    click.echo(f"Said, as {done['record']}.")


@click.command("discussion")
@_NUMBER
@on_platform
def discussion(number: int, url: str | None, project: str | None, *, as_json: bool) -> None:
    """Show the comments of a change, what they are about, and what came of the commands in them."""
    remote, name = asked(url, project)
    found = remote.get("projects", name, "changes", number, "discussion")
    if as_json:
        show(found)
        return
    for one in found["comments"]:
        state = f", resolved by {one['resolved_by']}" if one["resolved_by"] else ""
        click.secho(f"{one['who']}, {moment(one['at'])}{_place(one['anchor'])}{state}", bold=True)
        click.echo(f"{one['text']}\n{one['record']}")
        _tell_commands(one["commands"])
    _tell_commands(found["commands"])
    if not found["comments"] and not found["commands"]:
        click.echo(f"Nobody said anything. Begin: `roadworthy change comment {number} TEXT`.", err=True)


@click.command("resolve")
@_NUMBER
@click.argument("record", metavar="COMMENT")
@click.option("--reopen", is_flag=True, help="It is not resolved after all.")
@on_platform
def resolve(number: int, record: str, url: str | None, project: str | None, *, reopen: bool, as_json: bool) -> None:
    """Say that a comment, named by its record, is resolved."""
    remote, name = asked(url, project)
    path = ("projects", name, "changes", number, "comments", record, "resolution")
    done = remote.post(*path, body={"resolved": not reopen})
    if as_json:
        show(done)
        return
    click.echo("It is open again." if reopen else "It is resolved.")


@click.command("hold")
@_NUMBER
@click.option("--reason", default="", help="Why.")
@on_platform
def hold(number: int, reason: str, url: str | None, project: str | None, *, as_json: bool) -> None:
    """Keep a change from being merged for now."""
    remote, name = asked(url, project)
    done = remote.post("projects", name, "changes", number, "hold", body={"reason": reason, "key": _key()})
    if as_json:
        show(done)
        return
    click.echo(f"Change {number} is not merged until you let it go: `roadworthy change unhold {number}`.")


@click.command("unhold")
@_NUMBER
@on_platform
def unhold(number: int, url: str | None, project: str | None, *, as_json: bool) -> None:
    """Let go what you hold; a maintainer lets go what anybody does."""
    remote, name = asked(url, project)
    done = remote.post("projects", name, "changes", number, "unhold")
    if as_json:
        show(done)
        return
    click.echo(f"Change {number} is let go.")


@click.command("reviewers")
@_NUMBER
@on_platform
def reviewers(number: int, url: str | None, project: str | None, *, as_json: bool) -> None:
    """List who might be asked to review a change: who knows its files, and has time, comes first."""
    remote, name = asked(url, project)
    found = remote.get("projects", name, "changes", number, "reviewers")
    if as_json:
        show(found)
        return
    for one in found:
        mark = ", asked" if one["asked"] else ""
        about = f"reviewed {one['history']} of the files before, {one['load']} waiting for them{mark}"
        click.echo(f"{one['perspective']:<9} {one['who']:<16} {about}")
    if not found:
        click.echo("Nobody is to be asked: see `reviewers` in profile.yaml.", err=True)


@click.command("request")
@_NUMBER
@click.argument("who")
@_PERSPECTIVE
@on_platform
def request(number: int, who: str, perspective: str, url: str | None, project: str | None, *, as_json: bool) -> None:
    """Ask somebody to review a change from a perspective."""
    remote, name = asked(url, project)
    body = {"who": who, "perspective": perspective}
    done = remote.post("projects", name, "changes", number, "requests", body=body)
    if as_json:
        show(done)
        return
    click.echo(f"{who} is asked for the {perspective} approval of change {number}.")


COMMANDS = (approve, comment, discussion, resolve, hold, unhold, reviewers, request)


def tell_review(found: Mapping[str, Any]) -> None:
    """Print who says what of a change, and what has changed since they saw it."""
    words = {"yes": "approves", "no": "says no to"}
    for one in found["opinions"]:
        stale = f"; stale: the {', '.join(one['changed'])} changed since" if one["changed"] else ""
        note = f": {one['note']}" if one["note"] else ""
        click.echo(f"  {one['who']} {words[one['says']]} {one['head'][:12]} ({one['perspective']}){note}{stale}")
        for path in (one["files"] or [])[:10]:
            click.echo(f"    changed since: {path}")


def _tell_commands(commands: Iterable[Mapping[str, Any]]) -> None:
    for one in commands:
        tell_command(one)


def tell_command(one: Mapping[str, Any]) -> None:
    """Print what came of a command."""
    mark = click.style("\N{CHECK MARK}", fg="green") if one["done"] else click.style("\N{BALLOT X}", fg="red")
    click.echo(f"{mark} {one['text']}: {one['answer']}")


def _about(line: str | None, named: Mapping[str, str | None]) -> dict[str, object]:
    given = {about: name for about, name in named.items() if name is not None}
    if len(given) + (line is not None) > 1:
        raise UsageError("A comment is about one thing.", remedy="Name one of `--line`, `--plot`, `--slice`, `--row`.")
    if line is not None:
        path, _, number = line.rpartition(":")
        if not path or not number.isdecimal():
            raise UsageError(f"{line!r} names no line.", remedy="Write it as FILE:LINE, such as `src/train.py:12`.")
        return {"about": "line", "name": path, "line": int(number)}
    return next(({"about": about, "name": name} for about, name in given.items()), {})


def _place(anchor: Mapping[str, Any]) -> str:
    if anchor["about"] == "change":
        return ""
    gone = "" if anchor["is_there"] else ", which is not there any more"
    if anchor["about"] != "line":
        return f" on the {anchor['about']} {anchor['name']}{gone}"
    return f" on {anchor['name']}:{anchor['line_now'] or anchor['line']}{gone}"


def _key() -> str:
    return secrets.token_hex(16)
