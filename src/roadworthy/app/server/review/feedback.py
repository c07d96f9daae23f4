"""The feedback on a change: one for each verdict on its last commit, made from records alone.

No row of a table is looked into here: what was measured stands in the proof.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from roadworthy.app.server import changes
from roadworthy.app.server.at_commit import on_platform
from roadworthy.app.server.platform import SPEAKER
from roadworthy.app.server.review.say import Saying, say
from roadworthy.errors import RoadworthyError
from roadworthy.ledger.objects.address import Address
from roadworthy.platform.change.change import change
from roadworthy.platform.change.change import changes as listed_changes
from roadworthy.platform.change.said import FEEDBACK, said
from roadworthy.prove import keep as proofs
from roadworthy.prove.gate.verdicts import SAYS_NO, SECTIONS
from roadworthy.prove.review import keep
from roadworthy.prove.review.comparison import Comparison, Datasets, Gate, Side
from roadworthy.prove.review.feedback import markdown
from roadworthy.prove.review.feedback.document import document
from roadworthy.prove.review.feedback.findings import since

if TYPE_CHECKING:
    from collections.abc import Mapping

    from roadworthy.app.server.platform import Platform
    from roadworthy.platform.change.change import Change
    from roadworthy.platform.change.said import Said
    from roadworthy.platform.change.verdict import Checked
    from roadworthy.prove.review.comparison import Outcome

Json = dict[str, Any]
_ROWS = Datasets(why_not="their rows are not looked into here, and the report has what was found in them")


def give(platform: Platform, project: str) -> None:
    """Give each open change the feedback on the last verdict of its last commit, where it has none of it yet."""
    with platform.database.read() as connection:
        waiting = listed_changes(connection, project, "open")
    for one in waiting:
        try:
            _give(platform, one)
        except RoadworthyError as fault:  # the change stands all the same, and is shown without it
            platform.say(f"No feedback on change {one.number} of {project}: {fault.problem} {fault.remedy}")


def shown(platform: Platform, project: str, number: int) -> Json | None:
    """Return the feedback on a change as the API has it; None before a check of it has ended.

    Raises:
        NotFound: There is no such change, or what was said is not kept any more.
        IntegrityError: It is damaged.
    """
    with platform.database.read() as connection:
        found = change(connection, project, number)
        given = said(connection, project, number, FEEDBACK)
    tip = changes.tip_of(platform, found)
    verdict = None if tip is None else changes.stated_of(platform, project, tip, found.target)
    key = None if verdict is None else _key(verdict)
    one = next((one for one in given if one.key == key), given[-1] if given else None)
    if one is None:
        return None
    objects = platform.home.ledger(project, SPEAKER).objects
    told, text = (objects.get(Address(str(one.body[name]))) for name in ("document", "markdown"))
    return {
        "record": one.record,
        "at": one.at,
        "head": one.body["head"],
        "is_current": one.key == key,
        "review": json.loads(told),
        "markdown": text.decode("utf-8"),
    }


def _give(platform: Platform, found: Change) -> None:
    tip = changes.tip_of(platform, found)
    verdict = None if tip is None else changes.stated_of(platform, found.project, tip, found.target)
    if tip is None or verdict is None:
        return
    with platform.database.read() as connection:
        given = said(connection, found.project, found.number, FEEDBACK)
    if any(one.key == _key(verdict) for one in given):
        return
    comparison = _compared(platform, found, verdict)
    before = _before(given, comparison)
    news = None if before is None else since(before, comparison)
    objects = platform.home.ledger(found.project, SPEAKER).objects
    link = f"/projects/{found.project}/changes/{found.number}/review"
    told = {
        "head": tip,
        "outcome": comparison.outcome,
        "review": keep.body(comparison),
        "document": objects.put(json.dumps(document(comparison, news)).encode()),
        "markdown": objects.put(markdown.render(comparison, news, link).encode()),
    }
    say(platform, Saying(found.project, found.number, FEEDBACK, SPEAKER, _key(verdict)), lambda _: told)


def _key(verdict: Checked) -> str:
    """Return what the feedback on a verdict is known by: the same verdict is told once."""
    return Address.of(repr(verdict).encode()).digest[:32]


def _before(given: tuple[Said, ...], comparison: Comparison) -> Mapping[str, Any] | None:
    """Return the last review of the change that was of another commit, or of another proof of it."""
    now = (comparison.head.commit, comparison.head.proof)
    reviews = (one.body["review"] for one in reversed(given))
    return next((one for one in reviews if (one["head"]["commit"], one["head"]["proof"]) != now), None)


def _compared(platform: Platform, found: Change, verdict: Checked) -> Comparison:
    """Return the change held against its base, with the verdict and the gates that the platform itself came to."""
    # They load numpy and DuckDB, for which no server waits at its start.
    from roadworthy.app.evidence import gather
    from roadworthy.prove.review.compare import compare

    local = on_platform(platform.home, found.project, SPEAKER)
    onto = platform.forge.refs(found.project).get(f"refs/heads/{found.target}") or verdict.commit
    fork = local.repo.merge_base(onto, verdict.commit) or onto
    if verdict.proof is None:
        sides = (Side(found.target, fork), Side(found.branch, verdict.commit))
        return _judged(Comparison(found.project, "", "", "", "", 0, *sides, "ready", (), ()), verdict)
    address = Address(verdict.proof)
    head = gather(local, verdict.commit, found.branch, dirty=True, tested=(address, proofs.read(local.ledger, address)))
    base = gather(local, fork, found.target, dirty=False)
    files = local.repo.difference(fork, verdict.commit)
    return _judged(compare(base, head, files, datasets=_ROWS), verdict)


def _judged(comparison: Comparison, verdict: Checked) -> Comparison:
    """Put the platform's own verdict in the place of what follows from the proof alone."""
    passes = verdict.outcome == "passed"
    outcome: Outcome = "ready" if passes else "blocked"
    gates = tuple(
        Gate(one["section"], one["name"], one["verdict"], one["reason"], whole=one["section"] not in SECTIONS.values())  # type: ignore[arg-type] # as it was judged
        for one in verdict.gates
    )
    against = [gate for gate in gates if gate.verdict in SAYS_NO]
    if passes:  # what stands in the way of a release alone is no finding on the change
        notes = tuple(f"{gate.section}, {gate.name}: {gate.reason}" for gate in against)
        gates = tuple(gate for gate in gates if gate not in against)
    else:
        notes = ()
        gates += () if against else (Gate("Check", "the check of the commit", "failed", verdict.why, whole=True),)
    return replace(comparison, project=verdict.project, outcome=outcome, gates=gates, notes=(*notes, *comparison.notes))
