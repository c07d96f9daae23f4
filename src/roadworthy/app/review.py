"""Reviewing a change of the project here: its evidence, the comparison, the page and the record."""

from __future__ import annotations

import gzip
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from roadworthy.app.evidence import gather, held
from roadworthy.app.local import open_local
from roadworthy.app.reviewing.data import looked_into
from roadworthy.app.reviewing.flips import flips_of
from roadworthy.app.reviewing.readiness import readiness_of
from roadworthy.app.reviewing.said import Said, curves_of
from roadworthy.app.reviewing.sources import sources_of
from roadworthy.errors import NotFound, UsageError
from roadworthy.ledger.objects.write import write_bytes
from roadworthy.prove.review import keep, page
from roadworthy.prove.review.changes import datasets
from roadworthy.prove.review.compare import compare
from roadworthy.prove.review.feedback import markdown
from roadworthy.prove.review.feedback.findings import since
from roadworthy.prove.review.pairing import NotPaired, moved, pair
from roadworthy.prove.review.rivals import measures_of
from roadworthy.prove.review.rows.pack import APART, packed

if TYPE_CHECKING:
    from pathlib import Path

    from roadworthy.app.local import Local
    from roadworthy.ledger.objects.address import Address
    from roadworthy.prove.proof import Proof
    from roadworthy.prove.review.comparison import Comparison
    from roadworthy.prove.review.evidence import Evidence
    from roadworthy.prove.review.feedback.findings import Since
    from roadworthy.prove.review.pairing import Paired


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A review: what it found, what of it is new, its record, and where its page and its summary were written."""

    comparison: Comparison
    since: Since | None
    record: Address
    html: Path
    markdown: Path


@dataclass(frozen=True, slots=True)
class Span:
    """The two ends of a change, as they were asked for and as commits; `behind`: commits of the base not in head."""

    base: str
    head: str
    base_commit: str
    head_commit: str
    behind: int = 0


def review_here(
    asked: str, *, html: Path | None, summary: Path | None, link: str = "", start: Path | None = None
) -> Reviewed:
    """Hold the change *asked* for (`BASE..HEAD`) against its base and production, and write its page.

    Args:
        asked: The change.
        html: Where to write the page; None for its place among the reports.
        summary: The same for the Markdown.
        link: Where the page will be found, for the Markdown.
        start: A folder of the project; the current one when it is None.

    Raises:
        UsageError: *asked* names no change.
        NotFound: A revision is not there, or the head has no proof.
        InvalidDeclaration: The declared files of a side have faults.
    """
    local = open_local(start)
    span = span_of(local, asked)
    comparison = compared(local, span)
    reports = local.ledger.state / "reports"
    places = (
        html or reports / f"review-{span.head_commit[:12]}.html",
        summary or reports / f"review-{span.head_commit[:12]}.md",
    )
    before = keep.before(local.ledger, comparison)
    news = None if before is None else since(before, comparison)
    _write(places[0], page.render(comparison).encode())
    _write(places[1], markdown.render(comparison, news, link).encode())
    _write_rows(reports / f"review-{span.head_commit[:12]}.rows.json.gz", comparison)
    return Reviewed(comparison, news, keep.write(local.ledger, comparison), *places)


def span_of(local: Local, asked: str, command: str = "review") -> Span:
    """Return the two ends of *asked*.

    Raises:
        UsageError: It names no change; the remedy says how it is asked of *command*.
        NotFound: A revision is not there.
    """
    base, dots, head = asked.partition("..")
    head = head.removeprefix(".") or "HEAD"
    if not base or not dots:
        raise UsageError(
            f"{asked!r} names no change.",
            remedy=f"Say what it is to be merged into: `roadworthy {command} main..HEAD`.",
        )
    tip, head_commit = local.repo.resolve(base), local.repo.resolve(head)
    if tip == head_commit:
        raise UsageError(
            f"{base} and {head} are the same commit: there is no change.",
            remedy="Commit the change on a branch of its own, and review it against the branch it is to go into.",
        )
    named = (local.repo.branch() or head) if head == "HEAD" else head
    fork = local.repo.merge_base(tip, head_commit) or tip
    if fork == head_commit:
        raise UsageError(
            f"{base} holds all of {head} already: there is no change.",
            remedy=f"Did you mean `roadworthy {command} {head}..{base}`?",
        )
    behind = 0 if fork == tip else _behind(local, tip, fork)
    return Span(base, named, fork, head_commit, behind)


def _behind(local: Local, tip: str, fork: str) -> int:
    since = [commit.id for commit in local.repo.log(tip, limit=1000)]
    return since.index(fork) if fork in since else len(since)


def compared(local: Local, span: Span) -> Comparison:
    """Return the comparison of the two ends of a change.

    Raises:
        NotFound: The head has no proof.
        InvalidDeclaration: The declared files of a side have faults.
    """
    head = gather(local, span.head_commit, span.head, dirty=True)
    if head.proof is None:
        raise NotFound(
            f"{span.head} ({span.head_commit[:12]}) has no proof: its model was not tested.",
            remedy=f"Check it out (`git switch {span.head}`), and run `roadworthy run` and `roadworthy test`.",
        )
    base = replace(gather(local, span.base_commit, span.base, dirty=False), behind=span.behind)
    files = local.repo.difference(span.base_commit, span.head_commit, local.prefix)
    said = Said(local, base, head)
    role, theirs = said.rival()
    found = moved(theirs, said.ours) if theirs and said.ours else None
    comparison = compare(
        base,
        head,
        files,
        paired=_paired(said),
        grids={} if found is None else {role: found},
        datasets=datasets(*held(local, base, head)),
    )
    return replace(
        comparison,
        datasets=looked_into(said, comparison.datasets),
        flipped=flips_of(said, comparison),
        curves=curves_of(said, comparison),
        costs=_costs(head),
        files=sources_of(local, (span.base_commit, span.head_commit), files, rows_shown=said.rows_shown),
        readiness=readiness_of(local, span.head_commit),
    )


def _costs(head: Evidence) -> tuple[float, float] | None:
    decision = head.declared.requirements.decision if head.declared and head.declared.requirements else None
    costs = decision.costs if decision else None
    return None if costs is None else (costs.get("miss", 1.0), costs.get("false_alarm", 1.0))


def _paired(said: Said) -> Paired | NotPaired | None:
    """Return the candidate held against the base's; None where the head's proof holds it against the same already."""
    base, head = said.base, said.head
    if base.proof is None or _held_already(base.proof, head):
        return None
    requirements = head.declared.requirements if head.declared else None
    if said.ours is None or said.of_base is None or requirements is None:
        return NotPaired("The predictions of the two are not both kept here, so they cannot be compared row by row.")
    return pair(said.of_base, said.ours, requirements.task, rows_shown=said.rows_shown)


def _held_already(proof: Proof, head: Evidence) -> bool:
    """Whether the head's own proof measured the base's model: as production's, or as the baseline."""
    measured = measures_of(head.proof)
    metrics = measured["metrics"] if measured else {}
    return any(address == proof.candidate and metrics.get(role) for role, address in head.artifacts.items())


def _write_rows(path: Path, comparison: Comparison) -> None:
    """Write all rows that flipped, which the page asks a platform for; none where the profile lets none be shown."""
    path.unlink(missing_ok=True)
    if comparison.flipped is not None and len(comparison.flipped):
        _write(path, gzip.compress(packed(comparison.flipped, APART).encode(), compresslevel=5, mtime=0))


def _write(path: Path, data: bytes) -> None:
    path = path.absolute()
    path.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(path, data, aside=path.parent)
