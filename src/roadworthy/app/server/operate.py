"""The jobs that the server does itself: apply a profile, make a version, deploy it. It runs no project's code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from roadworthy.app.release import Into, Wanted, deploy_at, release_at, rollback_at
from roadworthy.app.server.at_commit import commit_of, declared_at, on_platform
from roadworthy.app.server.children.serving import Place
from roadworthy.app.server.context import Reading
from roadworthy.app.server.index import note
from roadworthy.app.server.platform import SPEAKER
from roadworthy.app.server.projects import creator
from roadworthy.errors import InvalidDeclaration, NotFound, RoadworthyError
from roadworthy.ledger.versions.read import history
from roadworthy.platform.automate import lease
from roadworthy.platform.identity.audit import Entry
from roadworthy.platform.workspace.apply import apply
from roadworthy.platform.workspace.keep import (
    APPLY,
    MEND,
    IndexHost,
    is_removed,
    is_stated,
    last_applied,
    number_of,
    state_applied,
    there,
)
from roadworthy.platform.workspace.plan import Add, Remove, line, plan
from roadworthy.platform.workspace.resource import Resource, wanted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from roadworthy.app.local import Local
    from roadworthy.app.server.platform import Platform
    from roadworthy.declare.profile import Profile
    from roadworthy.declare.project import Declared
    from roadworthy.ledger.versions.read import History
    from roadworthy.operate.release.deploy import Deployed
    from roadworthy.platform.automate.job import Job
    from roadworthy.platform.workspace.plan import Step

LEASE = 600.0  # seconds: reading every byte of a large version takes a while
Result = dict[str, object]


def do_next(platform: Platform) -> bool:
    """Do one job of the server's, and return whether there was one."""
    job = lease.claim(platform.database, "server", tuple(_KINDS), LEASE)
    if job is None:
        return False
    try:
        result = _KINDS[job.kind](platform, job)
    except RoadworthyError as fault:
        platform.say(f"Job {job.id} ({job.kind} of {job.project}) could not be done: {fault.problem}")
        lease.fail(platform.database, job.id, job.fence, f"{fault.problem} {fault.remedy}", again=_may_help(fault))
        return True
    with platform.database.write() as connection:
        lease.complete(connection, job.id, job.fence, "passed", result)
    return True


def _may_help(fault: RoadworthyError) -> bool:
    return fault.status in {5, 6}  # somebody was first, or something did not answer


def planned(platform: Platform, project: str, commit: str) -> tuple[Step, ...]:
    """Return the steps from what the workspace of *project* is to what *commit* asks for.

    Raises:
        NotFound: The commit holds no profile.yaml.
        InvalidDeclaration: It has faults.
    """
    resources = asked_for(platform, project, Reading(platform, project).profile(commit))
    with platform.database.read() as connection:
        return plan(resources, there(connection, platform.home.ledger(project, SPEAKER), project))


def asked_for(platform: Platform, project: str, profile: Profile) -> tuple[Resource, ...]:
    """Return what *profile* asks for; where it names no maintainer who is here, who made the project stays one."""
    found = wanted(profile)
    here = {account.name for account in platform.identity.accounts.all()}
    maintainers = {one.name for one in found if one.kind == "member" and one.value["role"] == "maintainer"}
    if maintainers & here or any(name.startswith("group:") for name in maintainers):
        return found
    first = creator(platform, project)
    rest = tuple(one for one in found if one.key != ("member", first))
    return (*rest, Resource("member", first, {"role": "maintainer"}))


def _apply(platform: Platform, job: Job) -> Result:
    steps = apply_profile(platform, job.project, str(job.payload["commit"]))
    return {"steps": [line(step) for step in steps]}


def apply_profile(platform: Platform, project: str, commit: str) -> tuple[Step, ...]:
    """Make the workspace of *project* what *commit* asks for, and return the steps that it took. May be repeated.

    Raises:
        NotFound: The commit holds no profile.yaml.
        InvalidDeclaration, UsageError: It has faults, or is of another project.
    """
    resources = asked_for(platform, project, Reading(platform, project).profile(commit))
    ledger = platform.home.ledger(project, SPEAKER)
    with platform.database.write() as connection:
        steps = plan(resources, there(connection, ledger, project))
        if steps and not is_stated(ledger, resources):
            note(connection, project, ledger, state_applied(ledger, commit, resources))
        if steps:
            apply(steps, IndexHost(connection, project))
            what = MEND if all(step.drift for step in steps) else APPLY
            number = number_of(last_applied(ledger))
            detail = {"commit": commit, "number": number, "steps": [line(step) for step in steps]}
            platform.audit.state(connection, Entry(SPEAKER, what, project, project, detail))
            for one in (step for step in steps if step.kind == "member"):
                platform.audit.state(connection, _role(one, project, commit))
    for step in steps:
        if step.kind == "environment":
            serve(platform, project, step.name)
    return steps


def _role(step: Step, project: str, commit: str) -> Entry:
    """Return what the audit is told of a step that changes somebody's role."""
    before = None if isinstance(step, Add) else step.before.get("role")
    after = None if isinstance(step, Remove) else step.value.get("role")
    detail = {"before": before, "after": after, "commit": commit}
    return Entry(SPEAKER, "role.change", step.name, project, detail)


def _release(platform: Platform, job: Job) -> Result:
    commit = str(job.payload["commit"])
    local = on_platform(platform.home, job.project, SPEAKER)
    with declared_at(local, commit) as project:
        if project.requirements is None:
            return {"note": "There is no requirements.yaml, so there is no model to release."}
        version = release_at(local, project, Wanted(commit)).released.version
    with platform.database.write() as connection:
        note(connection, job.project, local.ledger, version.record)
        detail = {"commit": commit, "tag": version.tag}
        platform.audit.once(connection, Entry(SPEAKER, "version.release", version.name, job.project, detail), "tag")
    return {"version": version.name, "tag": version.tag}


def _deploy(platform: Platform, job: Job) -> Result:
    commit, environment = str(job.payload["commit"]), str(job.payload["environment"])
    local = on_platform(platform.home, job.project, SPEAKER)
    seen = seen_at(local, commit)
    name = next((one.name for one in (seen.versions if seen else ()) if one.commit == commit), None)
    if name is None:
        return {"note": f"No version was made of {commit[:12]}, so nothing is deployed."}
    return {"deployment": deploy(platform, job.project, Into(name, environment), SPEAKER).deployment.tag}


def seen_at(local: Local, commit: str) -> History | None:
    """Return the history of the model that *commit* declares; None when it declares none."""
    with declared_at(local, commit) as project:
        model = None if project.requirements is None else project.requirements.model
    return None if model is None else history(local.repo, local.ledger, model, folder=local.prefix)


def deploy(platform: Platform, project: str, into: Into, actor: str) -> Deployed:
    """Put a version into an environment for *actor*, and let its service follow.

    Raises:
        NotFound, NotAllowed, Conflict, UsageError: As `deploy_at` says.
    """
    return _placed(platform, project, actor, into.environment, lambda local, at: deploy_at(local, at, into))


def roll_back(platform: Platform, project: str, environment: str, expect: str | None, actor: str) -> Deployed:
    """Put the version before the current one back for *actor*, and let its service follow.

    Raises:
        NotFound, Conflict: As `rollback_at` says.
    """
    return _placed(platform, project, actor, environment, lambda local, at: rollback_at(local, at, environment, expect))


def _placed(
    platform: Platform, project: str, actor: str, environment: str, do: Callable[[Local, Declared], Deployed]
) -> Deployed:
    local = on_platform(platform.home, project, actor)
    with declared_at(local, commit_of(local, project, "main")) as declared:
        done = do(local, declared)
    made = done.deployment
    with platform.database.write() as connection:
        note(connection, project, local.ledger, made.record)
        what = "deployment.rollback" if made.rollback else "deployment.deploy"
        detail = {"version": made.version, "tag": made.tag}
        platform.audit.once(connection, Entry(actor, what, environment, project, detail), "tag")
    serve(platform, project, environment)
    platform.wake.set()
    return done


@dataclass(frozen=True, slots=True)
class InPlace:
    """What is deployed in an environment, and where it answers."""

    environment: str
    version: str
    tag: str
    commit: str


def in_place(platform: Platform, project: str) -> tuple[InPlace, ...]:
    """Return what is deployed in each environment of *project*."""
    local = on_platform(platform.home, project, SPEAKER)
    try:
        seen = seen_at(local, local.repo.resolve("main"))
    except (NotFound, InvalidDeclaration):
        return ()
    return tuple(
        InPlace(name, current.version, current.tag, current.commit)
        for name in (seen.environments if seen else ())
        if seen is not None and (current := seen.current(name)) is not None
    )


def serve(platform: Platform, project: str, environment: str) -> None:
    """Let the service of an environment follow what is deployed there; end it when the profile has removed it."""
    with platform.database.read() as connection:
        if is_removed(connection, project, environment):
            platform.services.drop(project, environment)
            return
    there_now = {one.environment: one for one in in_place(platform, project)}
    found = there_now.get(environment)
    if found is not None:
        platform.services.follow(Place(project, environment), found.commit)


_KINDS: Mapping[str, Callable[[Platform, Job], Result]] = {"apply": _apply, "release": _release, "deploy": _deploy}
