"""The server's half of the runner protocol: jobs given out, leases kept, logs filled, results accepted."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from roadworthy.app.server.accept import accept
from roadworthy.app.server.alerting.happened import ended
from roadworthy.app.server.at_commit import declared_at, on_platform
from roadworthy.app.server.index import note
from roadworthy.app.server.judging.measured import measured
from roadworthy.app.server.judging.secrets import given_to
from roadworthy.app.server.operate import seen_at
from roadworthy.build.data.pins import ENDING
from roadworthy.build.pipeline.grammar.expand import PARAMS
from roadworthy.errors import Conflict, InvalidDeclaration, NotAProject
from roadworthy.platform.automate import lease
from roadworthy.platform.automate.rules.action import shown
from roadworthy.platform.change.verdict import Checked, agreeing, state_checked
from roadworthy.platform.rebuild.facts import catch_up
from roadworthy.prove.review.gates import COMMIT, gates
from roadworthy.prove.review.text import plural

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from roadworthy.app.local import Local
    from roadworthy.app.server.accept import Accepted
    from roadworthy.app.server.platform import Platform
    from roadworthy.build.pipeline.record import Run
    from roadworthy.ledger.objects.address import Address
    from roadworthy.platform.automate.job import Job, NewJob, Outcome
    from roadworthy.prove.proof import Check, Proof
    from roadworthy.prove.review.comparison import Gate

LOG_LIMIT = 9 << 20  # bytes of a job's log
_PRODUCTION = "production"


def claim(platform: Platform, owner: str, kinds: Sequence[str]) -> dict[str, object] | None:
    """Return the next job for the runner *owner* with all that it needs, or None when there is none."""
    job = lease.claim(platform.database, owner, kinds, platform.lease)
    if job is None:
        return None
    refs = platform.forge.refs(job.project)
    target = job.payload.get("target")
    base = refs.get(f"refs/heads/{target}") if target != job.payload.get("branch") else None
    platform.home.job_log(job.id).write_bytes(b"")
    return {
        "id": job.id,
        "fence": job.fence,
        "lease": platform.lease,
        "project": job.project,
        "payload": {**job.payload, "base": base},
        "repository": str(platform.forge.path(job.project)),
        "bucket": str(platform.home.bucket(job.project)),
        "key": platform.home.public_key(),
        "secrets": given_to(platform, job),
    }


def beat(platform: Platform, number: int, fence: int) -> bool:
    """Keep a lease up, and return whether the job is to stop.

    Raises:
        Conflict: It is not held under that fence any more.
    """
    return lease.heartbeat(platform.database, number, fence, platform.lease)


def add_to_log(platform: Platform, number: int, fence: int, piece: tuple[int, str]) -> None:
    """Add a *piece*, (offset, text), to a job's log; one that is there already is left.

    Raises:
        Conflict: The job is not held under that fence any more, or the piece before is missing.
    """
    with platform.database.read() as connection:
        lease.held(connection, number, fence)
    offset, text = piece
    data = text.encode("utf-8", "replace")
    with platform.home.job_log(number).open("r+b") as log:
        there = log.seek(0, os.SEEK_END)
        if offset > there:
            raise Conflict(f"The log of job {number} has {there} bytes, not {offset}.", remedy="Send the rest first.")
        log.write(data[there - offset :][: max(0, LOG_LIMIT - there)])


def complete(platform: Platform, number: int, fence: int, handed: Mapping[str, object]) -> Job:
    """Accept what a runner hands in for a job: check the fence, state the facts, then end the job.

    The verdict is ours: it follows from the proof, with the rules of what is deployed now, whatever the runner says.

    Raises:
        Conflict: The job is not held under that fence any more: nothing of it is stated.
        IntegrityError: What was handed in does not fit.
    """
    with platform.database.read() as connection:
        job = lease.held(connection, number, fence)
    platform.known(job.project)
    if handed.get("outcome") == "error":
        again = not handed.get("ours")
        said = str(handed.get("summary") or "No reason.")
        return lease.fail(platform.database, number, fence, said, again=again, also=ended)
    commit = str(job.payload["commit"])
    local = on_platform(platform.home, job.project, f"job {job.id}")
    base = _target_now(platform, job)
    sample = cast("Mapping[str, object]", job.payload.get("sample") or {})

    def ours(run: Run, proof: Proof) -> tuple[Proof, tuple[Check, ...]]:
        return measured(local, run, replace(proof, sampled=sample), base)

    found = accept(local.ledger, job.project, commit, handed, ours)
    judged = _judged(local, commit, found, handed)
    if sample:
        said = ", ".join(f"{name} = {value}" for name, value in sample.items())
        judged |= {"sampled": dict(sample), "summary": f"On a sample ({said}): {judged['summary']}"}
    if base is not None and found is not None and found.proved is not None:
        judged["gates"] = [*cast("list[object]", judged["gates"]), *_by_target(job, found)]
    outcome: Outcome = "passed" if judged.pop("passes") else "failed"
    with platform.database.read() as connection:
        lease.held(connection, number, fence)  # reading all bytes may have taken longer than the lease
    stated = _stated(platform, local, job, _checked(job, outcome, judged))
    with platform.database.write() as connection:
        for address in (*_facts(found), stated):
            note(connection, job.project, local.ledger, address)
        done = lease.complete(connection, number, fence, outcome, judged)
        ended(connection, done)
    platform.judged.add(job.project)
    platform.wake.set()
    return done


def _target_now(platform: Platform, job: Job) -> str | None:
    """Return the commit that the target of a check has now; None where the branch is its own."""
    target = job.payload.get("target")
    return None if target == job.payload["branch"] else platform.forge.refs(job.project).get(f"refs/heads/{target}")


def _by_target(job: Job, found: Accepted) -> Iterator[dict[str, object]]:
    """Yield how the metrics stand by those bounds of the target that the commit does not set itself."""
    own = {check.name for check in (found.proved.checks if found.proved else ())}
    section = f"Rules of {shown(str(job.payload['target']))}"
    for check in found.by_target:
        if check.name not in own:
            yield {"section": section, "name": check.name, "verdict": check.verdict, "reason": check.summary}


def _stated(platform: Platform, local: Local, job: Job, checked: Checked) -> Address:
    """State the verdict, unless an attempt before did whose end a crash kept from being noted."""
    if job.fence > 1:
        with platform.database.write() as connection:
            catch_up(connection, job.project, local.ledger)
            before = agreeing(connection, checked, job.created_at)
        if before is not None:
            return before
    return state_checked(local.ledger, checked)


def _checked(job: Job, outcome: Outcome, judged: Mapping[str, object]) -> Checked:
    payload, then = job.payload, tuple(_follows(job.then))
    run, proof = judged.get("run"), judged.get("proof")
    return Checked(
        project=job.project,
        commit=str(payload["commit"]),
        branch=str(payload["branch"]),
        target=str(payload["target"]),
        scope=str(payload["scope"]),
        outcome=outcome,
        why=str(judged["summary"]),
        run=None if run is None else str(run),
        proof=None if proof is None else str(proof),
        reports=cast("Mapping[str, str]", judged.get("reports") or {}),
        releases=any(one.kind == "release" for one in then),
        deploys=tuple(str(one.payload["environment"]) for one in then if one.kind == "deploy"),
        gates=tuple(cast("list[Mapping[str, str]]", judged.get("gates") or [])),
    )


def _follows(then: Sequence[NewJob]) -> Iterator[NewJob]:
    for one in then:
        yield one
        yield from _follows(one.then)


def _facts(found: Accepted | None) -> list[Address]:
    return [] if found is None else [one for one in (found.run.address, found.proof) if one is not None]


def _judged(local: Local, commit: str, found: Accepted | None, handed: Mapping[str, object]) -> dict[str, object]:
    """Return the result of a check: whether it passes, its gates, and what it names."""
    said = str(handed.get("summary") or "")
    if found is None or found.proved is None:
        ran = found is not None and handed.get("outcome") == "passed"
        return {"passes": ran, "summary": said, "run": None if found is None else found.run.address}
    seen = _gates(local, commit, found)
    seen = tuple(gate for gate in seen if not (gate.section == COMMIT and _is_sample(found)))
    against = [gate for gate in seen if gate.verdict == "failed" and not _only_unpinned(gate, found)]
    summary = "Every test holds." if not against else f"{plural(len(against), 'gate')} failed: {against[0].name}."
    if not against and found.run.dirty and not _is_sample(found):
        summary += f" {', '.join(found.run.dirty)} must be committed before it can be released."
    return {
        "passes": not against,
        "summary": summary,
        "gates": [{"section": g.section, "name": g.name, "verdict": g.verdict, "reason": g.reason} for g in seen],
        "run": found.run.address,
        "proof": found.proof,
        "reports": dict(found.reports),
    }


def _is_sample(found: Accepted) -> bool:
    """Whether the run differs from its commit by the sample's parameters, and by pins that are not committed."""
    proof, allowed = found.proved, {PARAMS}
    others = (path for path in found.run.dirty if path not in allowed and not path.endswith(ENDING))
    return proof is not None and bool(proof.sampled) and not any(others)


def _only_unpinned(gate: Gate, found: Accepted) -> bool:
    """Whether a gate fails because pins are not committed yet: tests hold all the same, and a release is refused."""
    return gate.section == COMMIT and all(path.endswith(ENDING) for path in found.run.dirty)


def _gates(local: Local, commit: str, found: Accepted) -> tuple[Gate, ...]:
    if found.proved is None:
        return ()
    deployed, primary = None, None
    try:
        seen = seen_at(local, commit)
        with declared_at(local, commit) as project:
            quality = project.requirements.quality if project.requirements else ()
            primary = quality[0] if quality else None
    except (NotAProject, InvalidDeclaration):
        seen = None
    current = None if seen is None else seen.current(_PRODUCTION)
    deployed = None if current is None else current.version
    return gates(found.proved, deployed, primary)
