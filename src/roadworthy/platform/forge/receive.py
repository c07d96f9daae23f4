"""What is let in: pure decisions over one ref and what is known of it. Every refusal says what to do."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from roadworthy.ledger.versions.names import DeploymentName, VersionName
from roadworthy.platform.forge.names import fault_of_ref, shown
from roadworthy.platform.forge.push import HEADS, TAGS, Refusal

if TYPE_CHECKING:
    from roadworthy.platform.forge.push import RefUpdate

_LISTED = 10  # paths in one refusal


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds for a project's branches.

    Attributes:
        protected: Patterns of branches that only merges change, such as `main` or `release/*`.
        first: The branches that the first push into an empty repository may make.
        exempt: Actors who push to protected branches all the same.
        excepted: Patterns within those that are pushed to all the same. Of two that match, the exact name counts
            before a pattern, and the longer pattern before the shorter, as in `branches` of the profile.
    """

    protected: tuple[str, ...] = ("main", "develop")
    first: tuple[str, ...] = ("main", "develop")
    exempt: frozenset[str] = frozenset()
    excepted: tuple[str, ...] = ()

    def protects(self, branch: str) -> bool:
        """Whether only merges change *branch*."""
        matching = [one for one in (*self.protected, *self.excepted) if one == branch or fnmatchcase(branch, one)]
        best = max(matching, key=lambda one: (one == branch, len(one), one), default=None)
        return best is not None and best in self.protected


@dataclass(frozen=True, slots=True)
class State:
    """What is known of one update of a ref.

    Attributes:
        rules: Those of the project.
        actor: Who pushes.
        empty: The repository has no branch yet.
        kind: What the ref is to name: `commit`, `tag`, `tree`, `blob`; None when it is removed or unknown.
        held: It is to name a commit that a protected branch holds already.
        forward: It is to name a successor of what it names now.
        missing: Pinned paths whose data the bucket lacks.
        unread: Why the pins cannot be read, or None.
        claim: Why the release or deployment that the tag claims does not count, or None.
    """

    rules: Rules
    actor: str
    empty: bool = False
    kind: str | None = "commit"
    held: bool = False
    forward: bool = True
    missing: tuple[str, ...] = ()
    unread: str | None = None
    claim: str | None = None


def judge(update: RefUpdate, state: State) -> Refusal | None:
    """Return why *update* is not let in, or None."""
    for rule in (_name, _branch, _tag, _data):
        if (refusal := rule(update, state)) is not None:
            return refusal
    return None


def is_claim(tag: str) -> bool:
    """Whether *tag* is named as a version or a deployment is."""
    return VersionName.parse(tag) is not None or DeploymentName.parse(tag) is not None


def _name(update: RefUpdate, _: State) -> Refusal | None:
    name = update.branch if update.branch is not None else update.tag
    if name is None:
        return Refusal(
            update.ref,
            "only branches and tags are kept here.",
            f"Push to {HEADS}NAME or to {TAGS}NAME; leave out `--mirror`.",
        )
    fault = fault_of_ref(name)
    if fault is not None and update.after is not None:
        return Refusal(update.ref, fault, "Give it another name, such as feature/wind-speed, and push that.")
    return None


def _branch(update: RefUpdate, state: State) -> Refusal | None:
    branch = update.branch
    if branch is None:
        return None
    if update.after is not None and state.kind != "commit":
        return Refusal(update.ref, "a branch names a commit, and this is none.", "Push a commit to it.")
    if not state.rules.protects(branch):
        return None
    if update.after is None:
        problem = "it is protected, and is not removed."
        return Refusal(update.ref, problem, "Leave it, or change `branches` of profile.yaml by a change first.")
    if update.before is not None and not state.forward:
        return Refusal(
            update.ref,
            "it is protected, and its history is not written anew.",
            "Undo what is unwanted by a commit (`git revert`) on a branch of its own, and open a change.",
        )
    return None if _may_push(update, branch, state) else _protected(update)


def _may_push(update: RefUpdate, branch: str, state: State) -> bool:
    if state.actor in state.rules.exempt:
        return True
    is_first = state.empty and branch in state.rules.first
    return update.before is None and (is_first or state.held)


def _protected(update: RefUpdate) -> Refusal:
    if update.before is None:
        return Refusal(
            update.ref,
            "it is protected: it begins at a commit that a protected branch holds.",
            "Make it from one, or push your commits to a branch of their own and open a change.",
        )
    return Refusal(
        update.ref,
        "it is protected: it is changed by merges, not by pushes.",
        "Push a branch, `git push origin HEAD:feature/NAME`, and ask for a merge: `roadworthy change open`.",
    )


def _tag(update: RefUpdate, state: State) -> Refusal | None:
    return _claim(update, state) if update.tag is not None and is_claim(update.tag) else None


def _claim(update: RefUpdate, state: State) -> Refusal | None:
    if update.before is not None:
        problem = "it is the tag of a version or a deployment, which is neither moved nor removed."
        return Refusal(update.ref, problem, "Make the next one: `roadworthy release`, `roadworthy deploy`.")
    if state.claim is not None:
        return Refusal(
            update.ref,
            f"it claims a release or a deployment that no record of this platform bears out: {state.claim}",
            "Remove the tag, and let the platform make it: merge to the branch that releases, or `roadworthy deploy`.",
        )
    return None


def _data(update: RefUpdate, state: State) -> Refusal | None:
    if state.unread is not None:
        return Refusal(update.ref, state.unread, "Mend it, commit, and push again.")
    if not state.missing:
        return None
    named = ", ".join(shown(path) for path in state.missing[:_LISTED])
    more = len(state.missing) - _LISTED
    return Refusal(
        update.ref,
        f"the bucket lacks the data of {named}{f' and {more} more' if more > 0 else ''}.",
        "Run `roadworthy data push`, then push again.",
    )
