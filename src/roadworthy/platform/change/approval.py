"""An approval: a person's yes or no from one perspective, bound to what they saw, and stale once that has changed."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any, Literal, Self

from roadworthy.errors import Conflict, NotAllowed, UsageError
from roadworthy.platform.change.perspective import PERSPECTIVES, Perspective, listing

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from roadworthy.platform.change.said import Said

Says = Literal["yes", "no", "withdrawn"]


@dataclass(frozen=True, slots=True)
class Seen:
    """The addresses of what a reviewer sees of a commit.

    Attributes:
        code: Of its files, but for pins and for paths that need no review.
        data: Of its pins.
        model: The artifact of its run; None when it has no model.
        report: What its proof says: checks, verdicts, predictions, the version compared with; None without a proof.
    """

    code: str
    data: str
    model: str | None = None
    report: str | None = None

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Self:
        """Return what a record says was seen."""
        return cls(**{one.name: body[one.name] for one in fields(cls)})

    def changed(self, now: Seen) -> tuple[str, ...]:
        """Return the names of the parts that are others *now*."""
        return tuple(one.name for one in fields(self) if getattr(self, one.name) != getattr(now, one.name))

    def as_json(self) -> dict[str, str | None]:
        """Return it as records and the API have it."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Opinion:
    """What somebody said last from a perspective, and what has changed since.

    Attributes:
        said: The record.
        perspective: From which.
        says: Yes or no.
        changed: The parts of what they saw that are others now; empty when it stands.
        counts: Whether who gave it is still among the reviewers.
    """

    said: Said
    perspective: Perspective
    says: Says
    changed: tuple[str, ...]
    counts: bool

    @property
    def approves(self) -> bool:
        """Whether it is a yes that stands."""
        return self.says == "yes" and not self.changed and self.counts


@dataclass(frozen=True, slots=True)
class Policy:
    """What the profile of the target asks for, of one change.

    Attributes:
        reviewers: Who may speak from each perspective that the project asks for.
        needed: The perspectives that this change needs.
        authors: Who made it: they cannot approve it.
        rows: Whether values of rows may stand in comments.
    """

    reviewers: Mapping[Perspective, Sequence[str]]
    needed: tuple[Perspective, ...] = ()
    authors: frozenset[str] = frozenset()
    rows: bool = True


def opinions(all_said: Iterable[Said], now: Seen, policy: Policy) -> tuple[Opinion, ...]:
    """Return the last word of everybody from each perspective; what was withdrawn is left out."""
    last: dict[tuple[str, str], Said] = {}
    for one in all_said:
        last.pop(key := (one.body["perspective"], one.actor), None)
        last[key] = one
    found = (
        Opinion(
            one, one.body["perspective"], one.body["says"], Seen.of(one.body["seen"]).changed(now),
            counts=_counts(one, policy),
        )
        for one in last.values()
    )  # fmt: skip
    return tuple(one for one in found if one.says != "withdrawn")


def _counts(one: Said, policy: Policy) -> bool:
    return one.body["by"] in policy.reviewers.get(one.body["perspective"], ()) and one.actor not in policy.authors


def approving(found: Iterable[Opinion]) -> dict[Perspective, Opinion]:
    """Return the approval that counts from each perspective; one person's counts for one alone."""
    counted: dict[Perspective, Opinion] = {}
    for one in found:
        others = {other.said.actor for name, other in counted.items() if name != one.perspective}
        if one.approves and one.said.actor not in others:
            counted.setdefault(one.perspective, one)
    return counted


def missing(found: Sequence[Opinion], policy: Policy) -> tuple[str, ...]:
    """Return what of the approvals keeps the change from being merged, each with why; empty when nothing does."""
    return tuple(_missing(found, policy))


def _missing(found: Sequence[Opinion], policy: Policy) -> Iterator[str]:
    counted = approving(found)
    for one in found:
        if one.says == "no" and one.counts:
            note = one.said.body["note"]
            yield f"{one.said.actor} says no from the {one.perspective} perspective{f': {note}' if note else '.'}"
    for name in policy.needed:
        if name in counted:
            continue
        old = [one for one in found if one.perspective == name and one.says == "yes" and one.counts and one.changed]
        yield (
            f"The {name} approval of {old[-1].said.actor} is stale: the {_and(old[-1].changed)} changed since."
            if old
            else (f"Nobody approved it yet from the {name} perspective: {_and(policy.reviewers[name], 'or')} may.")
        )


def _and(words: Sequence[str], joint: str = "and") -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {joint} {words[-1]}"


def may_say(
    who: tuple[str, Collection[str]], perspective: Perspective, says: Says, policy: Policy, all_said: Sequence[Said]
) -> str:
    """Return the entry of `reviewers` by which somebody may speak from a perspective.

    Args:
        who: Their name, and their groups.
        perspective: From which they speak.
        says: What they say: what was said may be withdrawn by whoever said it.
        policy: Of the change.
        all_said: The approvals of the change so far.

    Raises:
        UsageError: The project asks for no such approval.
        NotAllowed: They made the change, or are no reviewers from there.
        Conflict: They approved it from the other perspective.
    """
    name, groups = who
    theirs = [one for one in all_said if one.actor == name]
    if says == "withdrawn":
        return _by_which(theirs, perspective)
    entries = policy.reviewers.get(perspective, ())
    if not entries:
        raise UsageError(
            f"The project asks for no {perspective} approval.",
            remedy=f"Name who gives it in the target's profile.yaml: `reviewers: {{{perspective}: [group:NAME]}}`.",
        )
    if name in policy.authors:
        raise NotAllowed(f"{name} made this change, and cannot approve it.", remedy=f"Ask {_and(entries, 'or')}.")
    by = listing(entries, name, groups)
    if by is None:
        raise NotAllowed(
            f"{name} is no {perspective} reviewer: {_and(entries, 'or')} may.",
            remedy="Reviewers stand in the profile.yaml of the branch that the change goes to.",
        )
    other = next(one for one in PERSPECTIVES if one != perspective)
    if says == "yes" and _last(theirs, other) == "yes":
        raise Conflict(
            f"{name} approved it from the {other} perspective already, and one person cannot give both.",
            remedy=f"Withdraw that first: `roadworthy change approve NUMBER {other} --withdraw`; or ask somebody else.",
        )
    return by


def _last(theirs: Sequence[Said], perspective: str) -> str | None:
    words = [one.body["says"] for one in theirs if one.body["perspective"] == perspective]
    return words[-1] if words else None


def _by_which(theirs: Sequence[Said], perspective: str) -> str:
    given = [one for one in theirs if one.body["perspective"] == perspective]
    if not given or given[-1].body["says"] == "withdrawn":
        raise Conflict(
            f"There is no {perspective} approval of yours to withdraw.", remedy="See `roadworthy change show`."
        )
    by: str = given[-1].body["by"]
    return by
