"""What a review is about: the addresses of what is seen, the files that changed, and what the target asks for."""

from __future__ import annotations

import os
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from roadworthy.app.server.context import Reading, profile_now
from roadworthy.build.data.pins import ENDING
from roadworthy.errors import InvalidDeclaration, NotFound, UsageError
from roadworthy.ledger.objects.address import Address
from roadworthy.ledger.records.canonical import canonical
from roadworthy.ledger.repo.git import git, try_git
from roadworthy.platform.automate.rules.branch import is_protected, rules_of
from roadworthy.platform.change.approval import Policy, Seen
from roadworthy.platform.change.perspective import asked_for, needed, word_for
from roadworthy.platform.change.verdict import verdict_on
from roadworthy.platform.store import schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from roadworthy.app.server.platform import Platform
    from roadworthy.declare.profile import Profile
    from roadworthy.platform.change.change import Change
    from roadworthy.platform.change.verdict import Checked

_COMMIT = re.compile(r"[0-9a-f]{40}")
_HEADS = "refs/heads/"
_PATCH = 200_000  # characters of a difference
_LONGEST = 1_000  # commits of a change whose authors are looked at


def target_profile(platform: Platform, found: Change) -> Profile | None:
    """Return the profile of the branch that a change goes to; of main, where that branch has none; None without any.

    Raises:
        InvalidDeclaration: It has faults.
        UsageError: It is of another project.
    """
    reading = Reading(platform, found.project)
    head = reading.refs().get(_HEADS + found.target)
    try:
        return profile_now(reading) if head is None else reading.profile(head)
    except NotFound:
        return profile_now(reading)


def policy(platform: Platform, found: Change, tip: str | None) -> Policy:
    """Return what the profile of the target asks for, of this change at *tip*; of a faulty profile, nothing is known.

    Raises:
        InvalidDeclaration, UsageError: The profile cannot be read.
    """
    profile = target_profile(platform, found)
    if profile is None or tip is None:
        return Policy({}, authors=frozenset({found.author}))
    named = profile.reviewers
    asked = asked_for(named.software, named.analysis)
    entries = {"software": named.software, "analysis": named.analysis}
    return Policy(
        {name: entries[name] for name in asked},
        needed(files(platform, found, tip), asked, profile.review.paths),
        authors(platform, found, tip),
        rows=profile.review.rows == "allowed",
    )


def files(platform: Platform, found: Change, tip: str) -> tuple[str, ...]:
    """Return the paths that differ between where the change left its target and *tip*."""
    base = base_of(platform, found, tip)
    return () if base is None else between(platform, found.project, base, tip) or ()


def between(platform: Platform, project: str, before: str, after: str) -> tuple[str, ...] | None:
    """Return the paths that differ between two commits; None when one of them is gone."""
    options = ("diff", "--name-only", "-z", "--no-renames", "--end-of-options")
    done = try_git(platform.forge.path(project), *options, before, after)
    return None if done.returncode != 0 else tuple(os.fsdecode(one) for one in done.stdout.split(b"\0") if one)


def patch(platform: Platform, project: str, before: str, after: str) -> str | None:
    """Return the lines that differ between two commits, at most 200,000 characters; None when one of them is gone."""
    options = ("diff", "--no-color", "--no-ext-diff", "--no-textconv", "--end-of-options")
    done = try_git(platform.forge.path(project), *options, before, after)
    return None if done.returncode != 0 else done.stdout.decode("utf-8", "replace")[:_PATCH]


def base_of(platform: Platform, found: Change, tip: str) -> str | None:
    """Return the commit at which the change left its target; None when there is none, or the target is gone."""
    place = platform.forge.path(found.project)
    # A merged change is held against what its target was before.
    onto = f"{found.merge_commit}^1" if found.merge_commit else _HEADS + found.target
    done = try_git(place, "merge-base", "--end-of-options", onto, tip)
    return done.stdout.decode().strip() or None if done.returncode == 0 else None


def authors(platform: Platform, found: Change, tip: str) -> frozenset[str]:
    """Return who made a change: who opened it, who pushed its commits, and whoever wrote them by their own word.

    What is on a protected branch came there by changes of their own: there, whoever opened this one made it.
    """
    opened, base = frozenset({found.author}), base_of(platform, found, tip)
    profile = target_profile(platform, found)
    if base is None or (profile is not None and is_protected(rules_of(profile, "main"), found.branch)):
        return opened
    place = platform.forge.path(found.project)
    said = git(
        place, "log", "-z", "--format=%H%x00%an%x00%ae", f"--max-count={_LONGEST}", "--end-of-options", f"{base}..{tip}"
    )
    words = said.decode("utf-8", "replace").split("\0")
    commits, names, addresses = set(words[0::3]), words[1::3], words[2::3]
    wrote = {one.lower() for one in (*names, *(address.partition("@")[0] for address in addresses))}
    table = schema.event
    pushed = (table.c.project == found.project) & (table.c.ref == _HEADS + found.branch) & table.c.after.in_(commits)
    with platform.database.read() as connection:
        pushers = set(connection.execute(select(table.c.actor).where(pushed)).scalars())
    known = {account.name for account in platform.identity.accounts.all()}
    return opened | (known & (wrote | {one for one in pushers if one}))


def checked(platform: Platform, found: Change, tip: str) -> tuple[Checked | None, Mapping[str, Any] | None]:
    """Return the last verdict on *tip* against the target of the change, and what its proof says."""
    with platform.database.read() as connection:
        verdict = verdict_on(connection, found.project, tip, found.target)
        address = None if verdict is None else verdict.proof
        table = schema.fact
        asked = select(table.c.body).where(table.c.project == found.project, table.c.address == address)
        body = None if address is None else connection.execute(asked).scalar_one_or_none()
    return verdict, body


def seen(platform: Platform, found: Change, tip: str) -> Seen:
    """Return the addresses of what a reviewer of *tip* sees."""
    try:
        profile = target_profile(platform, found)
    except (InvalidDeclaration, UsageError):
        profile = None
    paths = tuple((profile.review.paths if profile else {}).items())
    code, data = _content(platform.forge.path(found.project), tip, paths)
    _, proof = checked(platform, found, tip)
    return Seen(code, data, None if proof is None else str(proof["candidate"]), None if proof is None else _told(proof))


@lru_cache(maxsize=512)
def _content(place: Path, commit: str, paths: tuple[tuple[str, str], ...]) -> tuple[str, str]:
    """Return the addresses of a commit's code, without what needs no review, and of its pins."""
    lines = git(place, "ls-tree", "-r", "-z", "--end-of-options", commit).split(b"\0")
    entries = [(line.partition(b"\t"), line) for line in lines if line]
    pins = [line for (_, _, path), line in entries if path.endswith(ENDING.encode())]
    rules = dict(paths)
    code = [
        line for (_, _, path), line in entries
        if not path.endswith(ENDING.encode()) and word_for(os.fsdecode(path), rules) != "none"
    ]  # fmt: skip
    return _address(code), _address(pins)


def _address(lines: Iterable[bytes]) -> str:
    return str(Address.of(b"\0".join(lines)))


def _told(proof: Mapping[str, Any]) -> str:
    """Return the address of what a proof says, without what differs between two runs of the same: times and records."""
    checks = [[one["section"], one["name"], one["verdict"]] for one in proof["checks"]]
    said = {
        "checks": checks,
        **{name: proof[name] for name in ("predictions", "reference", "production", "is_baseline")},
    }
    return str(Address.of(canonical(said)))


def is_commit(platform: Platform, project: str, commit: str) -> bool:
    """Whether the repository holds the commit of that full id."""
    place = platform.forge.path(project)
    return bool(_COMMIT.fullmatch(commit)) and try_git(place, "cat-file", "-e", f"{commit}^{{commit}}").returncode == 0


def text_at(platform: Platform, project: str, commit: str, path: str) -> list[str] | None:
    """Return the lines of a file as *commit* has it; None when it has none, or it is no text."""
    done = try_git(platform.forge.path(project), "cat-file", "blob", f"{commit}:{path}")
    if done.returncode != 0 or b"\0" in done.stdout[:8000]:
        return None
    return done.stdout.decode("utf-8", "replace").splitlines()
