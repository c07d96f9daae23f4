"""From the actions of an event to the jobs that carry them out, and to what is told about each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from roadworthy.platform.automate.job import NewJob
from roadworthy.platform.automate.rules.action import Apply, Check, Deploy, Nothing, Release, Violation, short, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from roadworthy.platform.automate.rules.action import Action

Told = dict[str, Any]  # {did, why, job, after?} or {why_not, fix}
PRIORITY = {"sampled": 2, "feature": 0, "full": 5, "gates": 10}
SERVER = 20  # what the server does is short, and others wait for it


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked for at once, what follows it inside, and what is told."""

    jobs: tuple[NewJob, ...]
    told: tuple[Told, ...]


def plan(project: str, event: int, before: str | None, actions: Sequence[Action]) -> Plan:
    """Return the jobs of *actions*: what waits for a check stands inside it, so that nothing is asked for too early.

    A check, and a version, is named by its commit, and made once however often a branch comes back to it. What makes
    something so, the workspace or an environment, is named by the event: a branch that goes back makes it so again.
    """
    checks = [_check(project, before, one) for one in actions if isinstance(one, Check)]
    releases = [_release(project, one) for one in actions if isinstance(one, Release)]
    deploys = tuple(_deploy(project, event, one) for one in actions if isinstance(one, Deploy) and one.deploy == "auto")
    chain = deploys
    for one in reversed([*checks, *releases]):
        chain = (replace(one, then=chain),)
    applies = tuple(_apply(project, event, one) for one in actions if isinstance(one, Apply))
    last = [one.key for one in (*checks, *releases)]
    return Plan((*applies, *chain), tuple(_told(project, event, one, last) for one in actions))


def payload_of(one: Check, before: str | None) -> dict[str, Any]:
    """Return what a runner is told of a check; *before* is the commit that the branch had."""
    return {
        "commit": one.commit, "branch": one.branch, "target": one.target, "domain": one.domain, "scope": one.scope,
        "before": before, **({"sample": dict(one.sample)} if one.sample else {}),
    }  # fmt: skip


def _check(project: str, before: str | None, one: Check) -> NewJob:
    return NewJob(project, _key(project, one), "check", payload_of(one, before), PRIORITY[one.scope])


def _release(project: str, one: Release) -> NewJob:
    return NewJob(project, _key(project, one), "release", {"commit": one.commit}, SERVER)


def _deploy(project: str, event: int, one: Deploy) -> NewJob:
    payload = {"environment": one.environment, "commit": one.commit, "event": event}
    return NewJob(project, _key(project, one, event), "deploy", payload, SERVER)


def _apply(project: str, event: int, one: Apply) -> NewJob:
    return NewJob(project, _key(project, one, event), "apply", {"commit": one.commit, "event": event}, SERVER)


def _key(project: str, one: Check | Apply | Release | Deploy, event: int = 0) -> str:
    match one:
        case Check(commit=commit, target=target, domain=domain, scope=scope):
            return f"{project}/check/{commit}/{domain}/{scope}/{target}"
        case Release(commit=commit):
            return f"{project}/release/{commit}"
        case Deploy(environment=environment):
            return f"{project}/deploy/{event}/{environment}"
        case Apply():
            return f"{project}/apply/{event}"


def _told(project: str, event: int, one: Action, waited_for: list[str]) -> Told:
    match one:
        case Nothing() | Violation():
            return {"why_not": one.reason, "fix": one.fix}
        case Check():
            did = f"check {short(one.commit)} against {shown(one.target)} ({one.scope})"
            return {"did": did, "why": one.reason, "job": _key(project, one)}
        case Apply():
            did = f"apply the profile.yaml of {short(one.commit)}"
            return {"did": did, "why": one.reason, "job": _key(project, one, event)}
        case Release():
            did = f"make a version of {short(one.commit)}"
            return {"did": did, "why": one.reason, "job": _key(project, one), "after": waited_for[0]}
        case Deploy(deploy="auto"):
            did = f"deploy {short(one.commit)} to {one.environment}"
            return {"did": did, "why": one.reason, "job": _key(project, one, event), "after": waited_for[-1]}
        case Deploy():
            fix = f"When it may: `roadworthy deploy VERSION --to {one.environment}`, or the project's page."
            return {"why_not": one.reason, "fix": fix}
