"""Releasing, deploying and rolling back in the project here."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from roadworthy.app.history import unheeded
from roadworthy.app.local import declared, open_local
from roadworthy.app.named.environments import refuse_undeclared, undeclared, where_else
from roadworthy.build.environment.lock import Lock
from roadworthy.build.pipeline import record
from roadworthy.declare.requirements import HOW_TO_BEGIN
from roadworthy.errors import Conflict, NotAllowed, NotFound, UsageError
from roadworthy.ledger.versions.names import VersionName, format_number, parse_number
from roadworthy.ledger.versions.read import history
from roadworthy.operate.release.deploy import Place, deploy
from roadworthy.operate.release.parts import Origin, parts_of
from roadworthy.operate.release.refuse import Asked, refusals, refuse
from roadworthy.operate.release.rollback import previous
from roadworthy.operate.release.write import Candidate, release
from roadworthy.prove import keep
from roadworthy.prove.gate.acceptance import NOBODY, find

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from roadworthy.app.local import Local
    from roadworthy.build.pipeline.record import Run
    from roadworthy.declare.project import Declared
    from roadworthy.declare.requirements import Requirements
    from roadworthy.ledger.objects.address import Address
    from roadworthy.ledger.versions.read import History, Version
    from roadworthy.operate.release.deploy import Deployed
    from roadworthy.operate.release.number import Bump
    from roadworthy.operate.release.parts import Parts
    from roadworthy.operate.release.write import Part, Released
    from roadworthy.prove.proof import Check, Proof

    Warn = Callable[[str], None]


def quiet(_: str) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A version, and the checks of its proof."""

    released: Released
    checks: tuple[Check, ...]

    @property
    def not_run(self) -> tuple[Check, ...]:
        """The checks that were not run, each with its reason."""
        return tuple(check for check in self.checks if check.verdict == "not_run")


def release_here(bump: Bump | None, *, as_baseline: bool, start: Path | None = None) -> Outcome:
    """Make a version of the model that was tested at the commit that is checked out.

    Raises:
        RoadworthyError: It is refused; the problem holds every reason.
        Conflict: The commit has another version, or somebody took the number first.
    """
    local = open_local(start)
    status = local.repo.status(local.folder)
    return release_at(local, declared(local), Wanted(status.head, status.changed, bump, as_baseline=as_baseline))


@dataclass(frozen=True, slots=True)
class Wanted:
    """A release that is asked for.

    Attributes:
        commit: What is to be released; None before the first commit.
        changed: Files that differ from it where it was asked.
        bump: Which part of the number goes up.
        as_baseline: Whether it is to be the neutral first launch; None to take it for what its proof says.
    """

    commit: str | None
    changed: tuple[str, ...] = ()
    bump: Bump | None = None
    as_baseline: bool | None = None


def release_at(local: Local, project: Declared, wanted: Wanted) -> Outcome:
    """Make a version of the model that was tested at a commit, where *project* is what that commit declares.

    Raises:
        RoadworthyError: It is refused; the problem holds every reason.
        Conflict: The commit has another version, or somebody took the number first.
    """
    requirements = _requirements(project)
    tested = _tested(local, wanted.commit)
    run = _run_of(local, wanted.commit, tested)
    proof = tested[1] if tested else None
    is_baseline = proof is not None and proof.is_baseline
    origin = Origin(local.repo, local.ledger.objects, local.prefix)
    parts = None if run is None or proof is None else parts_of(origin, project, run, proof)
    asked = Asked(
        model=requirements.model,
        commit=wanted.commit,
        changed=wanted.changed,
        run=run,
        proof=proof,
        as_baseline=is_baseline if wanted.as_baseline is None else wanted.as_baseline,
        primary=requirements.quality[0] if requirements.quality else None,
        unmade=() if parts is None else parts.unmade,
        accepted=NOBODY if proof is None else find(local.ledger, proof),
    )
    refuse(refusals(asked))
    if tested is None or run is None or parts is None or parts.model is None:
        raise NotFound("There is nothing to release.", remedy="Run `roadworthy run` and `roadworthy test`.")
    candidate = _candidate(local, project, run, tested, (parts.model, parts))
    released = release(local.repo, local.ledger, candidate, wanted.bump)
    return Outcome(released, tested[1].checks)


def deploy_here(
    name: str, environment: str, *, expect: str | None, start: Path | None = None, warn: Warn = quiet
) -> Deployed:
    """Put the version called *name* into *environment*; *warn* is told of deployments there that do not count.

    Raises:
        NotFound: There is no such version or environment.
        NotAllowed: The profile does not let the version's commit into the environment.
        Conflict: Not *expect* is deployed there, or somebody was first.
    """
    local = open_local(start)
    return deploy_at(local, declared(local), Into(name, environment, expect), warn)


@dataclass(frozen=True, slots=True)
class Into:
    """A deployment that is asked for: a version by its name, the environment, and the version expected there now."""

    version: str
    environment: str
    expect: str | None = None


def deploy_at(local: Local, project: Declared, into: Into, warn: Warn = quiet) -> Deployed:
    """Put a version into an environment, where *project* is what holds for it; see `deploy_here`."""
    seen = _seen(local, project, into.environment, warn)
    version = _version(seen, _by_number(local, project, into.version))
    _allowed(local, project, version, into.environment)
    _expected(seen, into.environment, into.expect)
    said = undeclared(project, into.environment, seen.environments)
    if said:
        warn(said)
    return deploy(local.repo, local.ledger, version, Place(local.prefix, into.environment), seen)


def rollback_here(environment: str, *, expect: str | None, start: Path | None = None, warn: Warn = quiet) -> Deployed:
    """Put the version before the current one back into *environment*; *warn* is told as with `deploy_here`.

    Raises:
        NotFound: Nothing is deployed there, or nothing was before it.
        Conflict: Not *expect* is deployed there, or somebody was first.
    """
    local = open_local(start)
    return rollback_at(local, declared(local), environment, expect, warn)


def rollback_at(local: Local, project: Declared, environment: str, expect: str | None, warn: Warn = quiet) -> Deployed:
    """Put the version before the current one back, where *project* is what holds for it; see `rollback_here`."""
    seen = _seen(local, project, environment, warn)
    if not seen.of(environment):
        refuse_undeclared(project, environment)
    _expected(seen, environment, expect)
    back = previous(seen.of(environment))
    if back is None:
        current = seen.current(environment)
        what = f"Before {current.version}, nothing was deployed in" if current else "Nothing is deployed in"
        otherwise = "See `roadworthy history`, and deploy a version by its number."
        remedy = otherwise if current else where_else(environment, seen.environments, otherwise)
        raise NotFound(f"{what} {environment}.", remedy=remedy)
    place = Place(local.prefix, environment)
    return deploy(local.repo, local.ledger, _version(seen, back), place, seen, rollback=True)


def _requirements(project: Declared) -> Requirements:
    if project.requirements is None:
        raise NotFound(
            "There is no requirements.yaml, so nothing says which model is released and what must hold for it.",
            remedy=HOW_TO_BEGIN,
        )
    return project.requirements


def _seen(local: Local, project: Declared, environment: str, warn: Warn) -> History:
    seen = history(local.repo, local.ledger, _requirements(project).model, folder=local.prefix)
    for said in unheeded(seen, environment):
        warn(said)
    return seen


def _tested(local: Local, commit: str | None) -> tuple[Address, Proof] | None:
    if commit is None:
        return None
    return keep.find(local.ledger, commit) or keep.find(local.ledger, commit, dirty=True)


def _run_of(local: Local, commit: str | None, tested: tuple[Address, Proof] | None) -> Run | None:
    if tested is not None:
        return record.load(local.ledger, tested[1].run)
    for dirty in (False, True):
        with contextlib.suppress(NotFound):
            return None if commit is None else record.of_commit(local.ledger, commit, dirty=dirty)
    return None


def _candidate(
    local: Local, project: Declared, run: Run, tested: tuple[Address, Proof], parts: tuple[Part, Parts]
) -> Candidate:
    (address, proof), (artifact, rest) = tested, parts
    requirements = _requirements(project)
    return Candidate(
        model=requirements.model,
        folder=local.prefix,
        commit=run.commit,
        run=proof.run,
        proof=address,
        is_baseline=proof.is_baseline,
        definition=project.pipeline.models[requirements.model],
        artifact=artifact,
        baseline=rest.baseline,
        reference=rest.reference,
        lock=_lock(local, project, run.commit),
        python=str(run.python_environment.get("python", "")),
    )


def _lock(local: Local, project: Declared, commit: str) -> bytes | None:
    environment = project.profile.environment
    path = f"{local.prefix}/{environment.lock}" if local.prefix else environment.lock
    if not environment.managed:
        return None
    try:
        text = local.repo.show(commit, path)
    except NotFound as fault:
        raise NotFound(
            f"A release needs a lock file (`environment.lock`), and {path} is not in the commit {commit[:12]}.",
            remedy=f"Commit {environment.lock} with pinned requirements; or, for a model that runs in the active "
            "interpreter, write `environment: {managed: false}` in profile.yaml. Then run, test and release again.",
        ) from fault
    loose = Lock(local.folder / environment.lock, text.decode("utf-8", "replace")).loose
    if loose:
        raise UsageError(
            f"{path} is no lock: another day would bring another version of {', '.join(loose)}.",
            remedy="Pin each as NAME==VERSION, as `uv pip compile` and `pip freeze` do; commit, run, test and release "
            "again.",
        )
    return text


def _by_number(local: Local, project: Declared, name: str) -> str:
    """Return what a version is called, given its tag, which a release prints, or *name* as it is."""
    tag = VersionName.parse(name)
    own = tag is not None and (tag.model, tag.folder) == (_requirements(project).model, local.prefix)
    return format_number(tag.number) if tag is not None and own else name


def _version(seen: History, name: str) -> Version:
    version = seen.version(name)
    if version is not None:
        return version
    number = ".".join(str(part) for part in parse_number(name))
    ignored = [one for one in seen.ignored if one.tag.endswith(f"@v{number}")]
    if ignored:
        raise NotFound(f"{ignored[0].tag} does not count: {ignored[0].reason}", remedy="Release it here, or another.")
    there = ", ".join(one.name for one in seen.versions[-5:]) or "none"
    raise NotFound(f"There is no version v{number} (there is: {there}).", remedy="See `roadworthy history`.")


def _allowed(local: Local, project: Declared, version: Version, name: str) -> None:
    refuse_undeclared(project, name)
    environments = project.profile.environments
    if not environments:
        return
    branch = environments[name].from_
    heads = [head for head in (branch, f"origin/{branch}") if _exists(local, head)]
    if not any(local.repo.is_ancestor(version.commit, head) for head in heads):
        raise NotAllowed(
            f"{name} takes versions of the branch {branch} alone, and {version.name} was made from another.",
            remedy=f"Merge {version.commit[:12]} into {branch}, or change `environments` in profile.yaml.",
        )


def _exists(local: Local, head: str) -> bool:
    try:
        return bool(local.repo.resolve(head))
    except NotFound:
        return False


def _expected(seen: History, environment: str, expect: str | None) -> None:
    if expect is None:
        return
    current = seen.current(environment)
    wanted = seen.version(expect)
    if wanted is None:
        raise UsageError(f"There is no version {expect}.", remedy="See `roadworthy history`.")
    if current is None or current.version != wanted.name:
        found = current.version if current else "nothing"
        raise Conflict(
            f"{environment} has {found}, not {wanted.name}: nothing was changed.", remedy="See `roadworthy history`."
        )
