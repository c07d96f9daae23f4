"""Look at a push, and judge each of its refs by what is found."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from roadworthy.build.data.pins import ENDING, item_of
from roadworthy.declare.pinned import parse_pin
from roadworthy.errors import GitFailed, IntegrityError, InvalidDeclaration, NotFound, UsageError
from roadworthy.ledger.objects.address import Address
from roadworthy.ledger.versions.claim import claim_of, record_named
from roadworthy.platform.forge.names import shown
from roadworthy.platform.forge.push import Refusal
from roadworthy.platform.forge.pushed import Limits, Pushed, readable
from roadworthy.platform.forge.receive import State, is_claim, judge

if TYPE_CHECKING:
    from collections.abc import Mapping

    from roadworthy.ledger.objects.item import Item
    from roadworthy.ledger.records.record import Record
    from roadworthy.ledger.repo.tag import Tag
    from roadworthy.platform.forge.push import Push, RefUpdate
    from roadworthy.platform.forge.receive import Rules

_OURS = b"roadworthy/"


class Evidence(Protocol):
    """What is known of a project beside its repository. Everything here may be repeated."""

    def rules(self, project: str) -> Rules:
        """Return what holds for the project's branches."""

    def is_whole(self, project: str, item: Item) -> bool:
        """Whether the project's bucket keeps everything that *item* is made of."""

    def record(self, project: str, address: Address) -> Record:
        """Return a record that this platform signed.

        Raises NotFound when it is not kept; IntegrityError when it is damaged, or not signed by the platform.
        """


@dataclass(frozen=True, slots=True)
class Examiner:
    """Says of each push why it is not let in."""

    evidence: Evidence
    limits: Limits = field(default_factory=Limits)

    def __call__(self, push: Push) -> tuple[Refusal, ...]:
        """Return a refusal for each ref that is not let in; none when the push is."""
        if len(push.updates) > self.limits.updates:
            problem = f"it holds {len(push.updates)} refs, and {self.limits.updates} are taken at once."
            return (Refusal("this push", problem, "Push fewer branches and tags at a time."),)
        pushed = Pushed(push.repository, push.quarantine, self.limits)
        look = _Look(push, pushed, self.evidence.rules(push.project), pushed.branches(), self.evidence)
        return tuple(refusal for update in push.updates if (refusal := look.judge(update)) is not None)


@dataclass(frozen=True, slots=True)
class _Look:
    push: Push
    pushed: Pushed
    rules: Rules
    branches: Mapping[str, str]
    evidence: Evidence

    def judge(self, update: RefUpdate) -> Refusal | None:
        known = State(self.rules, self.push.actor, empty=not self.branches)
        if update.after is None:
            return judge(update, known)
        try:
            return judge(update, self._state(update, update.after))
        except (UsageError, GitFailed) as fault:
            # By name and namespace it may be refused for a better reason than that it cannot be read.
            return judge(update, known) or judge(update, State(self.rules, self.push.actor, unread=readable(fault)))

    def _state(self, update: RefUpdate, after: str) -> State:
        protected = update.branch is not None and self.rules.protects(update.branch)
        missing, unread = self._pins(after, update.before or self._default())
        return State(
            rules=self.rules,
            actor=self.push.actor,
            empty=not self.branches,
            kind=self.pushed.kind(after),
            held=protected and update.before is None and self._is_held(after),
            forward=update.before is None or not protected or self.pushed.is_ancestor(update.before, after),
            missing=missing,
            unread=unread,
            claim=None if update.tag is None or not is_claim(update.tag) else self._claim(update.tag, after),
        )

    def _default(self) -> str | None:
        return next((self.branches[name] for name in self.rules.first if name in self.branches), None)

    def _is_held(self, commit: str) -> bool:
        tips = [tip for name, tip in self.branches.items() if self.rules.protects(name)]
        return any(self.pushed.is_ancestor(commit, tip) for tip in tips)

    def _pins(self, tip: str, base: str | None) -> tuple[tuple[str, ...], str | None]:
        missing = []
        for path, data in self.pushed.pins(tip, base).items():
            if _OURS not in data:
                continue  # another tool's file that happens to end so
            try:
                item = item_of(parse_pin(data, Path(path)))
            except InvalidDeclaration:
                return (), f"{shown(path)} is not a pin that can be read; `roadworthy check` tells why."
            if not self.evidence.is_whole(self.push.project, item):
                missing.append(path.removesuffix(ENDING))
        return tuple(missing), None

    def _claim(self, ref: str, after: str) -> str | None:
        tag = self.pushed.tag(ref, after)
        claim, address = claim_of(tag), record_named(tag)
        if claim is None:
            return None
        if address is None:
            return "its annotation names no record."
        try:
            record = self._record(address)
            fault = claim.fault(record)
            if fault is None and claim.kind == "deployment":
                fault = self._fault_of_deployed(tag, record)
        except (NotFound, IntegrityError) as told:
            return shown(told.problem)
        return None if fault is None else shown(fault)

    def _fault_of_deployed(self, tag: Tag, record: Record) -> str | None:
        try:
            version = self._record(Address(str(record.body.get("version_record"))))
        except ValueError:
            return "its record names no version."
        if version.kind != "version" or version.body.get("commit") != tag.commit:
            return "its version was made from another commit."
        return None

    def _record(self, address: Address) -> Record:
        record = self.evidence.record(self.push.project, address)
        if record.authority != "platform":
            raise IntegrityError(
                f"The record {address} was stated by a machine for itself.", remedy="Let the platform state it."
            )
        return record
