"""`roadworthy change`: proposes merges, shows what speaks against them, and has the platform make them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from roadworthy.cli.feedback import tell_feedback
from roadworthy.cli.platform import asked, moment, on_platform, show, state
from roadworthy.cli.talk import COMMANDS, tell_review
from roadworthy.errors import NotFound, UsageError
from roadworthy.ledger.repo.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Mapping


@click.group("change")
def command() -> None:
    """Propose, review, discuss and merge changes on a platform."""


@command.command("open")
@click.option("--from", "branch", metavar="BRANCH", help="What is proposed; by default the branch that is checked out.")
@click.option("--to", "target", metavar="BRANCH", help="Where it is to go; by default as the rules say.")
@click.option("--title", help="What it is about, in a sentence; by default the last commit's.")
@on_platform
def propose(
    branch: str | None, target: str | None, title: str | None, url: str | None, project: str | None, *, as_json: bool
) -> None:
    """Propose to merge a branch that was pushed. One that is proposed already is shown."""
    remote, name = asked(url, project)
    branch = branch or _checked_out()
    body = {"branch": branch, "target": target, "title": title or _subject(branch)}
    made = remote.post("projects", name, "changes", body=body)
    if as_json:
        show(made)
        return
    click.secho(f"Change {made['number']}: {made['branch']} into {made['target']}", bold=True)
    click.echo(made["title"])


@command.command("list")
@click.option("--state", "which", type=click.Choice(["open", "merged", "closed"]), help="Those in this state alone.")
@on_platform
def listed(which: str | None, url: str | None, project: str | None, *, as_json: bool) -> None:
    """List changes, the newest first."""
    remote, name = asked(url, project)
    found = remote.get("projects", name, "changes", state=which)
    if as_json:
        show(found)
        return
    for one in found:
        click.echo(f"{one['number']:>5}  {state(one['state']):<8} {one['branch']} into {one['target']}: {one['title']}")
    if not found:
        click.echo("There is none.", err=True)


@command.command("show")
@click.argument("number", type=click.IntRange(1))
@click.option("--markdown", is_flag=True, help="Print the feedback on it as Markdown instead, for a comment elsewhere.")
@on_platform
def one(number: int, url: str | None, project: str | None, *, as_json: bool, markdown: bool) -> None:
    """Show a change: what its check says, the feedback on it, and everything that keeps it from being merged."""
    remote, name = asked(url, project)
    found = remote.get("projects", name, "changes", number)
    review = remote.get("projects", name, "changes", number, "review")
    told = remote.get("projects", name, "changes", number, "feedback")
    if as_json:
        show({**found, "review": review, "feedback": told})
        return
    if markdown:
        _print_markdown(told, number)
        return
    _tell(found)
    tell_review(review)
    if told is not None:
        old = "" if told["is_current"] else ", an earlier one"
        click.secho(f"Feedback on {told['head'][:12]}{old}:", bold=True)
        tell_feedback(told["review"])


@command.command("merge")
@click.argument("number", type=click.IntRange(1))
@click.option("--reason", default="", help="Why without the approvals that are asked for; for maintainers.")
@click.option("--commit", metavar="COMMIT", help="The full id of the commit that you saw: no other is merged.")
@on_platform
def merge(number: int, reason: str, commit: str | None, url: str | None, project: str | None, *, as_json: bool) -> None:
    """Have the platform merge a change that nothing keeps from it; status 3 when something does."""
    remote, name = asked(url, project)
    body = {"reason": reason, "head": commit}
    done = remote.post("projects", name, "changes", number, "merge", body=body)
    if as_json:
        show(done)
        return
    mark = ", unreviewed" if done["unreviewed"] else ""
    click.secho(f"Change {number} is merged into {done['target']} as {done['merge_commit'][:12]}{mark}.", bold=True)


@command.command("close")
@click.argument("number", type=click.IntRange(1))
@on_platform
def close(number: int, url: str | None, project: str | None, *, as_json: bool) -> None:
    """Close a change without merging it."""
    remote, name = asked(url, project)
    done = remote.post("projects", name, "changes", number, "close")
    if as_json:
        show(done)
        return
    click.echo(f"Change {number} is closed.")


for _one in COMMANDS:
    command.add_command(_one)


def _tell(found: Mapping[str, Any]) -> None:
    change = found["change"]
    mark = " (unreviewed)" if change["unreviewed"] else ""
    click.secho(f"Change {change['number']}: {change['branch']} into {change['target']}", bold=True)
    click.echo(f"{change['title']}\nby {change['author']}, {moment(change['opened_at'])}; {change['state']}{mark}")
    click.echo(f"{state(found['verdict'])}: {found['why']}")
    for gate in found["gates"]:
        if gate["verdict"] != "passed":
            click.echo(f"  {state(gate['verdict'])} {gate['section']}, {gate['name']}: {gate['reason']}")
    for said in found["plan"]:
        click.echo(f"  profile.yaml asks for: {said}")
    for said in found["loosened"]:
        click.echo(f"  looser than {change['target']}: {said}")
    for said in found["obstacles"]:
        click.echo(f"  not to be merged: {said}")


def _print_markdown(told: Mapping[str, Any] | None, number: int) -> None:
    if told is None:
        raise NotFound(f"Change {number} has no feedback yet.", remedy="It has some once a check of it has ended.")
    click.echo(told["markdown"], nl=False)


def _checked_out() -> str:
    branch = Repository.open(Path.cwd()).branch()
    if branch is None:
        raise UsageError("No branch is checked out.", remedy="Name one: `--from BRANCH`.")
    return branch


def _subject(branch: str) -> str:
    return Repository.open(Path.cwd()).log(branch, limit=1)[0].subject[:250] or branch
