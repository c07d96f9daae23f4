"""Reviewing a change of the project here: its evidence, the comparison, the page and the record."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from roadworthy.app.evidence import answers, gather, held, rows_of
from roadworthy.app.local import open_local
from roadworthy.errors import NotFound, UsageError
from roadworthy.ledger.objects.write import write_bytes
from roadworthy.prove.review import keep, page
from roadworthy.prove.review.changes import datasets
from roadworthy.prove.review.compare import compare
from roadworthy.prove.review.feedback import markdown
from roadworthy.prove.review.feedback.findings import since
from roadworthy.prove.review.pairing import NotPaired, moved, pair
from roadworthy.prove.review.rivals import measures_of

if TYPE_CHECKING:
    from pathlib import Path

    from roadworthy.app.evidence import Rows
    from roadworthy.app.local import Local
    from roadworthy.ledger.objects.address import Address
    from roadworthy.prove.proof import Proof
    from roadworthy.prove.review.comparison import Comparison
    from roadworthy.prove.review.evidence import Answers, Evidence
    from roadworthy.prove.review.feedback.findings import Since
    from roadworthy.prove.review.pairing import Grid, Paired


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
    _write(places[0], page.render(comparison))
    before = keep.before(local.ledger, comparison)
    news = None if before is None else since(before, comparison)
    _write(places[1], markdown.render(comparison, news, link))
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
    rows = rows_of(local, head)
    ours = answers(local, head, rows)
    return compare(
        base,
        head,
        files,
        paired=_paired(local, base, head, ours),
        grids=_grids(local, base, head, rows, ours),
        datasets=datasets(*held(local, base, head)),
    )


def _paired(local: Local, base: Evidence, head: Evidence, ours: Answers | None) -> Paired | NotPaired | None:
    """Return the candidate held against the base's; None where the head's proof holds it against the same already."""
    if base.proof is None or _held_already(base.proof, head):
        return None
    theirs = answers(local, base, rows_of(local, base))
    requirements = head.declared.requirements if head.declared else None
    if ours is None or theirs is None or requirements is None:
        return NotPaired("The predictions of the two are not both kept here, so they cannot be compared row by row.")
    shown = head.declared is None or head.declared.profile.review.rows == "allowed"
    return pair(theirs, ours, requirements.task, rows_shown=shown)


def _held_already(proof: Proof, head: Evidence) -> bool:
    """Whether the head's own proof measured the base's model: as production's, or as the baseline."""
    measured = measures_of(head.proof)
    metrics = measured["metrics"] if measured else {}
    return any(address == proof.candidate and metrics.get(role) for role, address in head.artifacts.items())


def _grids(local: Local, base: Evidence, head: Evidence, rows: Rows | None, ours: Answers | None) -> dict[str, Grid]:
    """Return how scores moved from production's, by the role; before there is one, from the baseline's.

    Where production was asked about rows of its own, the base knows what it said if it is the same model.
    """
    if ours is None:
        return {}
    in_production = head.proof is not None and head.proof.production is not None
    role = "production" if in_production else "baseline"
    theirs = answers(local, head, rows, role)
    if theirs is None and base.proof is not None and head.artifacts.get(role) == base.proof.candidate:
        theirs = answers(local, base, rows_of(local, base))
    found = moved(theirs, ours) if theirs else None
    return {} if found is None else {role: found}


def _write(path: Path, text: str) -> None:
    path = path.absolute()
    path.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(path, text.encode("utf-8"), aside=path.parent)
