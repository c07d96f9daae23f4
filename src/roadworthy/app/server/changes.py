"""Changes on the platform: opened at the tip of a branch, held against the rules and the tests, merged by the forge."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from roadworthy.app.history import UNREVIEWED
from roadworthy.app.server.at_commit import on_platform
from roadworthy.app.server.context import Reading, profile_now
from roadworthy.app.server.index import note
from roadworthy.app.server.judging.rules import loosened_by
from roadworthy.app.server.platform import SPEAKER
from roadworthy.app.server.reading.seen import policy, seen
from roadworthy.app.server.sources import HomeSources
from roadworthy.errors import InvalidDeclaration, NotFound, UsageError
from roadworthy.ledger.objects.address import Address
from roadworthy.ledger.repo.git import git
from roadworthy.platform.automate import jobs
from roadworthy.platform.automate.deliver import deliver
from roadworthy.platform.automate.proposed import SAMPLED
from roadworthy.platform.automate.rules.branch import Rules, rules_of, targets_of, word_of
from roadworthy.platform.automate.rules.violations import wrong_target
from roadworthy.platform.change import merge as merging
from roadworthy.platform.change.approval import Opinion, Policy, approving, missing, opinions
from roadworthy.platform.change.change import Change, change, changes
from roadworthy.platform.change.hold import held
from roadworthy.platform.change.merge import Standing, Verdict, Wish, message
from roadworthy.platform.change.propose import Proposal, propose
from roadworthy.platform.change.propose import close as close_change
from roadworthy.platform.change.said import APPROVAL, HOLD, said
from roadworthy.platform.change.verdict import verdict_on
from roadworthy.platform.forge.forge import Merge, Person
from roadworthy.platform.identity.audit import Entry
from roadworthy.platform.rebuild.facts import catch_up
from roadworthy.platform.rebuild.rebuild import rebuild_project

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from roadworthy.app.server.platform import Platform
    from roadworthy.platform.automate.job import Job
    from roadworthy.platform.change.verdict import Checked

_HEADS = "refs/heads/"
_LOOKED_AT = 400  # jobs of a project that are looked at for the check of a commit


@dataclass(frozen=True, slots=True)
class Wanted:
    """A change that is wanted: from a branch, to a target (None: as the rules say), about something."""

    branch: str
    target: str | None
    title: str


def open_change(platform: Platform, project: str, wanted: Wanted, actor: str) -> Change:
    """Open a change, or return the one that is open from the same branch to the same target.

    Raises:
        NotFound: A branch is not there.
        UsageError: It makes no sense; or the rules name no target for that branch, and none is named.
        InvalidDeclaration: No target is named, and the profile of main, which would say, has faults.
    """
    refs = platform.forge.refs(project)
    target = wanted.target or target_by_rules(platform, project, wanted.branch)
    for branch in (wanted.branch, target):
        if _HEADS + branch not in refs:
            raise NotFound(f"{project} has no branch {branch!r}.", remedy="Push it first; see `git branch -a`.")
    ledger = platform.home.ledger(project, actor)
    head = refs[_HEADS + wanted.branch]
    made = propose(platform.database, ledger, Proposal(project, wanted.branch, target, wanted.title, actor, head))
    with platform.database.write() as connection:
        note(connection, project, ledger, Address(made.record))
        detail = {"record": made.record}
        platform.audit.once(
            connection, Entry(actor, "change.open", f"{project}/{made.number}", project, detail), "record"
        )
    platform.wake.set()
    return made


def target_by_rules(platform: Platform, project: str, branch: str) -> str:
    """Return the branch that a change from *branch* goes to, as the rules of the branches say.

    Raises:
        UsageError: They say nothing about it.
        InvalidDeclaration: The profile of main has faults.
    """
    reading = Reading(platform, project)
    profile = profile_now(reading)
    rules = Rules() if profile is None else rules_of(profile, reading.default())
    named = targets_of(rules, word_of(rules, branch) or "nothing")
    if not named:
        raise UsageError(
            f"The rules of {project} name no branch that a change from {branch} goes to.",
            remedy="Name one, `--to BRANCH`; see `roadworthy rules show`.",
        )
    return named[0]


def close(platform: Platform, project: str, number: int, actor: str) -> Change:
    """Close a change without merging it.

    Raises:
        NotFound: There is none of that number.
        Conflict: It was merged.
    """
    ledger = platform.home.ledger(project, actor)
    done = close_change(platform.database, ledger, project, number)
    with platform.database.write() as connection:
        catch_up(connection, project, ledger)
        detail = {"at": done.closed_at}
        platform.audit.once(connection, Entry(actor, "change.close", f"{project}/{number}", project, detail), "at")
    return done


def standing(platform: Platform, project: str, number: int) -> Standing:
    """Return how a change stands: its branch, its check, the rules of the branches, who approved it, who holds it.

    Raises:
        NotFound: There is none of that number.
    """
    with platform.database.read() as connection:
        found = change(connection, project, number)
        holds = held(said(connection, project, number, HOLD))
    tip = platform.forge.refs(project).get(_HEADS + found.branch)
    verdict, why = _verdict(platform, found, tip)
    judged, against = asked_of(platform, found, tip)
    last = views(platform, found, judged, tip)
    return Standing(
        found, tip, verdict, why, (*_rules(platform, found), *against),
        missing=missing(last, judged),
        holds=tuple(f"{one.actor} holds it{_because(one.body['reason'])}" for one in holds),
        approvals=tuple(one.said.record for one in approving(last).values()),
        exempt=bool(judged.reviewers) and not judged.needed,
        loosened=_loosened(platform, found, tip),
    )  # fmt: skip


def tip_of(platform: Platform, found: Change) -> str | None:
    """Return the commit that a change is about: the branch's last while it is open, else what it ended with."""
    return platform.forge.refs(found.project).get(_HEADS + found.branch) if found.state == "open" else found.head


def asked_of(platform: Platform, found: Change, tip: str | None) -> tuple[Policy, tuple[str, ...]]:
    """Return what the target's profile asks for, and what keeps it from being told."""
    try:
        return policy(platform, found, tip), ()
    except (InvalidDeclaration, UsageError) as fault:
        return Policy({}), (f"The profile.yaml of {found.target} has faults: {fault.problem}",)


def views(platform: Platform, found: Change, judged: Policy, tip: str | None) -> tuple[Opinion, ...]:
    """Return what everybody says of a change, and whether it stands for *tip*; nothing when the branch is gone."""
    if tip is None:
        return ()
    with platform.database.read() as connection:
        given = said(connection, found.project, found.number, APPROVAL)
    return opinions(given, seen(platform, found, tip), judged) if given else ()


def _because(reason: str) -> str:
    return f": {reason}" if reason else "."


def _loosened(platform: Platform, found: Change, tip: str | None) -> tuple[str, ...]:
    onto = platform.forge.refs(found.project).get(_HEADS + found.target)
    if tip is None or onto is None or found.state != "open":
        return ()
    return loosened_by(on_platform(platform.home, found.project, SPEAKER), tip, onto)


def merge(platform: Platform, project: str, number: int, wish: Wish) -> Change:
    """Merge a change that nothing keeps from it.

    Raises:
        TestsFailed: Something speaks against it.
        Conflict: Both sides changed the same lines, or somebody was first.
    """
    ledger = platform.home.ledger(project, wish.actor)
    with platform.moving:  # whoever reconciles sees the branch and the row moved, or neither
        stands = standing(platform, project, number)
        done = merging.merge(
            platform.database,
            ledger,
            stands,
            wish,
            lambda one, tip, record: _merged(platform, one, (tip, record), wish),
        )
        update = {"ref": _HEADS + done.target, "after": done.merge_commit}
        deliver(platform.database, project, "manual", {"actor": wish.actor, "updates": [update]})
    with platform.database.write() as connection:
        catch_up(connection, project, ledger)
        _audited(platform, connection, done, wish)
    platform.wake.set()
    return done


def settle(platform: Platform, project: str) -> None:
    """Note the merges whose rows a crash kept from being written: the target holds a merge that names the change."""
    with platform.moving:
        with platform.database.read() as connection:
            waiting = changes(connection, project, "open")
        if not any(_is_in(platform, one) for one in waiting):
            return
        rebuild_project(platform.database, HomeSources(platform.home, platform.own), project)
    with platform.database.write() as connection:
        for one in (change(connection, project, one.number) for one in waiting):
            if one.state == "merged":
                _audited(platform, connection, one, merging.merged_by(connection, one))


def _is_in(platform: Platform, one: Change) -> bool:
    """Whether the target of an open change holds a merge of its branch."""
    refs = platform.forge.refs(one.project)
    tip, onto = refs.get(_HEADS + one.branch), refs.get(_HEADS + one.target)
    return bool(tip and onto and _merge_of(platform, one.project, onto, tip))


def _audited(platform: Platform, connection: Connection, done: Change, wish: Wish) -> None:
    detail = {"commit": done.merge_commit, "unreviewed": done.unreviewed, "reason": wish.reason}
    entry = Entry(wish.actor, "change.merge", f"{done.project}/{done.number}", done.project, detail)
    platform.audit.once(connection, entry, "commit")


def check_of(platform: Platform, project: str, commit: str, target: str) -> Job | None:
    """Return the newest check of *commit* against *target*, one in full if there is one; others say nothing of it."""
    with platform.database.read() as connection:
        found = [
            one
            for one in jobs.listed(connection, project, limit=_LOOKED_AT)
            if one.kind == "check" and (one.payload.get("commit"), one.payload.get("target")) == (commit, target)
        ]
    return min(found, key=lambda one: one.payload.get("scope") == SAMPLED, default=None)


def _verdict(platform: Platform, found: Change, tip: str | None) -> tuple[Verdict, str]:
    job = None if tip is None else check_of(platform, found.project, tip, found.target)
    if job is None:
        return _stated(platform, found, tip or "")
    if job.state in {"queued", "running"}:
        return "running", f"job {job.id} is {job.state}."
    if job.state != "done":
        return "not_run", f"job {job.id} could not be done: {job.reason}"
    if job.passed and job.payload.get("scope") == SAMPLED:
        return "not_run", f"only a sample was run so far, and passed (job {job.id}): a merge needs the full run."
    # As its record has it, whatever becomes of the job.
    return ("passed" if job.passed else "failed"), str((job.result or {}).get("summary", ""))


def stated_of(platform: Platform, project: str, commit: str, target: str) -> Checked | None:
    """Return what the record of the last check of *commit* against *target* says, if there is one."""
    with platform.database.read() as connection:
        return verdict_on(connection, project, commit, target)


def _stated(platform: Platform, found: Change, tip: str) -> tuple[Verdict, str]:
    """Return what a record says of the check, where its job is not known any more."""
    stated = stated_of(platform, found.project, tip, found.target)
    if stated is None:
        why = f"no check was made of its last commit against {found.target} yet; see `roadworthy events list`."
        return "not_run", why
    return stated.outcome, stated.why


def _rules(platform: Platform, found: Change) -> tuple[str, ...]:
    reading = Reading(platform, found.project)
    try:
        profile = profile_now(reading)
    except (InvalidDeclaration, UsageError) as fault:
        return (f"The profile.yaml of main has faults: {fault.problem}",)
    if profile is None:
        return ()
    wrong = wrong_target(rules_of(profile, reading.default()), found.branch, found.target, found.number)
    return () if wrong is None else (f"{wrong.reason} {wrong.fix}",)


def _merged(platform: Platform, found: Change, of: tuple[str, Address], wish: Wish) -> str:
    """Have the forge merge, and return the merge commit; one that a crash kept from being noted is found again."""
    tip, record = of
    onto = platform.forge.refs(found.project).get(_HEADS + found.target)
    if onto is None:
        raise NotFound(f"{found.target} is gone.", remedy="Push it again, or close the change.")
    before = _merge_of(platform, found.project, onto, tip)
    if before is not None:
        return before
    person = Person(wish.actor, f"{wish.actor}@localhost")
    said = message(found, record)
    if platform.home.ledger(found.project, wish.actor).records.read(record).body["unreviewed"]:
        said += f"{UNREVIEWED}: yes\n"
    wanted = Merge(tip, found.target, onto, said, person, datetime.now(UTC).replace(microsecond=0))
    return platform.forge.merge(found.project, wanted)


def _merge_of(platform: Platform, project: str, onto: str, tip: str) -> str | None:
    """Return the commit of a branch's own line, at *onto*, that merged *tip*; None when none did."""
    said = git(platform.forge.path(project), "rev-list", "--first-parent", "--merges", "--parents", "-n", "500", onto)
    for line in said.decode().splitlines():
        commit, _, *merged = line.split()
        if tip in merged:
            return commit
    return None
