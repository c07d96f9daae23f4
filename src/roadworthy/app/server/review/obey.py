"""What each command does: one permission check for all, and the same functions that pages and the API call."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from roadworthy.app.release import Into
from roadworthy.app.server import changes, operate
from roadworthy.app.server.at_commit import commit_of, on_platform
from roadworthy.app.server.reading import seen
from roadworthy.app.server.review import opinion
from roadworthy.app.server.view import jobs, places
from roadworthy.errors import Conflict, NotAllowed, NotFound, TestsFailed, UsageError
from roadworthy.platform.change.merge import Wish, obstacles, refuse_moved
from roadworthy.platform.change.perspective import PERSPECTIVES
from roadworthy.platform.chat.command import COMMANDS
from roadworthy.platform.chat.grammar import understood
from roadworthy.platform.identity.permission import Permission, allowed
from roadworthy.platform.store import schema
from roadworthy.prove.review.text import number as shown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from roadworthy.app.server.platform import Platform
    from roadworthy.platform.change.merge import Standing
    from roadworthy.platform.chat.grammar import Asked
    from roadworthy.platform.identity.actor import Actor

Words = tuple[str, ...]
Answer = tuple[str, str]  # what is said, and a path on the platform


@dataclass(frozen=True, slots=True)
class Order:
    """Who gives commands, about what.

    Attributes:
        project: In which project.
        number: About which change; 0 for none.
        head: The commit that they were given for.
        actor: By whom.
        role: Of theirs in the project.
    """

    project: str
    number: int
    head: str | None
    actor: Actor
    role: str | None

    @property
    def maintains(self) -> bool:
        """Whether they may do what maintainers do."""
        return allowed(self.actor, Permission.MAINTAIN, self.role, self.project)

    @property
    def link(self) -> str:
        """Where the change is shown, or the project."""
        place = f"/projects/{self.project}"
        return f"{place}/changes/{self.number}" if self.number else place


def obey(platform: Platform, order: Order, asked: Asked) -> Answer:
    """Carry out a command, and return what is answered.

    Raises:
        RoadworthyError: It cannot be carried out: why, and what to do.
    """
    command, words = understood(asked)
    if not allowed(order.actor, command.needs, order.role, order.project):
        raise NotAllowed(
            f"{order.actor.name} may not give /{command.name}: it asks for a {_WHO[command.needs]} of {order.project}.",
            remedy="Ask one; roles stand in the project's profile.yaml.",
        )
    if command.instead:
        raise UsageError(f"/{command.name} is not there yet.", remedy=command.instead)
    return _DO[command.name](platform, order, words)


_WHO = {Permission.READ: "reader", Permission.CONTRIBUTE: "contributor", Permission.MAINTAIN: "maintainer"}


def _help(_: Platform, order: Order, __: Words) -> Answer:
    lines = [f"{one.usage}: {one.does}{' Not there yet.' if one.instead else ''}" for one in COMMANDS.values()]
    return "\n".join(lines), order.link


def _status(platform: Platform, order: Order, _: Words) -> Answer:
    stands = _standing(platform, order)
    if stands.change.state != "open":
        return f"Change {order.number} is {stands.change.state}.", order.link
    found = obstacles(stands, Wish(order.actor.name, is_maintainer=order.maintains))
    said = [f"{(stands.tip or 'gone')[:12]}: {stands.verdict.replace('_', ' ')}. {stands.why}"]
    said += [f"Not to be merged: {one}" for one in found] or ["It can be merged."]
    return "\n".join(said), order.link


def _test(platform: Platform, order: Order, _: Words) -> Answer:
    stands = _standing(platform, order)
    refuse_moved(stands, order.head)
    job = changes.check_of(platform, order.project, str(order.head), stands.change.target)
    if job is None:
        raise NotFound("No check of this commit is known.", remedy="`roadworthy events list` says why none was made.")
    link = f"/projects/{order.project}/jobs/{job.id}"
    if job.state in {"queued", "running"}:
        return f"Job {job.id} is {job.state} already.", link
    if job.passed:
        return f"Job {job.id} passed: the same commit gives the same result, so nothing is run again.", link
    jobs.retry(platform, order.project, job.id, order.actor.name)
    return f"Job {job.id} is queued again.", link


def _compare(platform: Platform, order: Order, words: Words) -> Answer:
    stands = _standing(platform, order)
    other = commit_of(on_platform(platform.home, order.project, order.actor.name), order.project, words[0])
    ours, theirs = (_measured(platform, order.project, one) for one in (str(order.head), other))
    lines = [
        f"{name}: {shown(theirs[name])} \N{RIGHTWARDS ARROW} {shown(ours[name])}"
        for name in ours if name in theirs
    ]  # fmt: skip
    head = f"{words[0]} ({other[:12]}) \N{RIGHTWARDS ARROW} {stands.change.branch} ({str(order.head)[:12]})"
    return "\n".join([head, *(lines or ["They have no metric in common."])]), order.link


def _measured(platform: Platform, project: str, commit: str) -> Mapping[str, float]:
    table = schema.fact
    asked = select(table.c.body).where(table.c.project == project, table.c.kind == "proof", table.c.commit == commit)
    with platform.database.read() as connection:
        found: list[dict[str, Any]] = list(connection.execute(asked).scalars())
    last = max(found, key=lambda body: str(body["made"]), default=None)
    if last is None:
        raise NotFound(f"The commit {commit[:12]} has no proof.", remedy="Name one that was checked here.")
    metrics = last["measures"].get("metrics", {}).get("candidate") or {}
    return {name: one["value"] for name, one in metrics.items()}


def _why(platform: Platform, order: Order, words: Words) -> Answer:
    stands = _standing(platform, order)
    _, proof = seen.checked(platform, stands.change, str(order.head))
    checks = [] if proof is None else proof["checks"]
    wanted = words[0].strip("\"'`").casefold()
    found = [one for one in checks if wanted in one["name"].casefold()]
    if found:
        return "\n".join(
            f"{one['name']}: {one['verdict'].replace('_', ' ')}. {one['summary']}" for one in found
        ), order.link
    near = get_close_matches(words[0], [one["name"] for one in checks], n=1)
    meant = f"Did you mean `/why {near[0]}`?" if near else f"It was: {stands.why}"
    raise NotFound(f"No check of {str(order.head)[:12]} is called {words[0]!r}.", remedy=meant)


def _approve(platform: Platform, order: Order, words: Words) -> Answer:
    if words[0] not in PERSPECTIVES:
        near = get_close_matches(words[0], PERSPECTIVES, n=1)
        meant = f"Did you mean `/approve {near[0]}`?" if near else "It is `/approve software` or `/approve analysis`."
        raise UsageError(f"There is no {words[0]} perspective.", remedy=meant)
    _standing(platform, order)
    wanted = opinion.Wanted(words[0], str(order.head))
    opinion.opine(platform, order.project, order.number, wanted, order.actor)
    return f"{order.actor.name} approves {str(order.head)[:12]} from the {words[0]} perspective.", order.link


def _hold(platform: Platform, order: Order, words: Words) -> Answer:
    _standing(platform, order)
    opinion.keep(platform, order.project, order.number, words[0] if words else "", (order.actor, ""))
    return "It is not merged until this is let go: `/unhold`.", order.link


def _unhold(platform: Platform, order: Order, _: Words) -> Answer:
    _standing(platform, order)
    done = opinion.let_go(platform, order.project, order.number, is_maintainer=order.maintains, of=(order.actor, ""))
    return f"Let go: what {' and '.join(done.body['of'])} held.", order.link


def _merge(platform: Platform, order: Order, _: Words) -> Answer:
    if _standing(platform, order).change.state == "merged":
        raise Conflict(f"Change {order.number} was merged before.", remedy="Nothing is to be done.")
    done = changes.merge(
        platform, order.project, order.number, Wish(order.actor.name, order.maintains, head=order.head)
    )
    return f"Merged into {done.target} as {(done.merge_commit or '')[:12]}.", order.link


def _deploy(platform: Platform, order: Order, words: Words) -> Answer:
    versions = places.seen(platform, order.project).versions
    if not versions:
        raise TestsFailed(f"{order.project} has no version yet.", remedy="One is made when a change is merged to main.")
    version = words[1] if len(words) > 1 else versions[-1].name
    done = operate.deploy(platform, order.project, Into(version, words[0]), order.actor.name)
    return f"{words[0]} is now {done.deployment.version} ({done.deployment.tag}).", f"/projects/{order.project}"


def _rollback(platform: Platform, order: Order, words: Words) -> Answer:
    done = operate.roll_back(platform, order.project, words[0], None, order.actor.name)
    return f"{words[0]} is back at {done.deployment.version} ({done.deployment.tag}).", f"/projects/{order.project}"


def _standing(platform: Platform, order: Order) -> Standing:
    if not order.number:
        raise UsageError("This is about a change, and none is named.", remedy="Name it: `roadworthy chat --change N`.")
    return changes.standing(platform, order.project, order.number)


_DO: Mapping[str, Callable[[Platform, Order, Words], Answer]] = {
    "help": _help, "status": _status, "test": _test, "compare": _compare, "why": _why, "approve": _approve,
    "hold": _hold, "unhold": _unhold, "merge": _merge, "deploy": _deploy, "rollback": _rollback,
}  # fmt: skip
