"""What is known of one end of a change: what its commit declares, what its run did, and what its proof says."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from roadworthy.prove.gate.acceptance import NOBODY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from roadworthy.build.data.profile import Profile
    from roadworthy.build.pipeline.key import Parts
    from roadworthy.build.pipeline.record import Run
    from roadworthy.declare.pin import Pin
    from roadworthy.declare.project import Declared
    from roadworthy.ledger.objects.address import Address
    from roadworthy.ledger.objects.item import Item
    from roadworthy.prove.gate.acceptance import Accepted
    from roadworthy.prove.proof import Proof
    from roadworthy.prove.review.comparison import Side


@dataclass(frozen=True, slots=True)
class Evidence:
    """One end of the change.

    Attributes:
        side: Its name and commit.
        declared: What its commit declares; None when it held no project yet.
        proof: The proof of its run; None when it was not tested.
        run: The run that was tested; None when its record is not here.
        seconds: How long each stage took when it last ran, by name.
        parts: What each stage's outputs depended on, by name, for stages that have a record.
        pins: The pins of its commit: path of the data → pin.
        distributions: The locked dependencies: name → version.
        definitions: The functions and classes of its code: name → file.
        artifacts: Addresses of the models it was tested against, by role.
        deployed: The version that is in production now; None when none is.
        unheeded: Newer deployments to production that do not count, and why, in sentences.
        only_dirty: Whether all proofs of it are of a tree that differed from its commit, and so are not taken.
        accepted: Which of its regressions are accepted, and which acceptances are stale.
        behind: Commits that the branch it is to go into has gained since.
    """

    side: Side
    declared: Declared | None = None
    proof: Proof | None = None
    run: Run | None = None
    seconds: Mapping[str, float] = field(default_factory=dict)
    parts: Mapping[str, Parts] = field(default_factory=dict)
    pins: Mapping[str, Pin] = field(default_factory=dict)
    distributions: Mapping[str, str] = field(default_factory=dict)
    definitions: Mapping[str, str] = field(default_factory=dict)
    artifacts: Mapping[str, Address] = field(default_factory=dict)
    deployed: str | None = None
    unheeded: tuple[str, ...] = ()
    only_dirty: bool = False
    accepted: Accepted = NOBODY
    behind: int = 0


@dataclass(frozen=True, slots=True)
class Held:
    """A named dataset as a run had it: its file, its bytes; and what is in it, where that was looked at, or why not."""

    path: str
    item: Item
    profile: Profile | None = None
    why_not: str = ""
