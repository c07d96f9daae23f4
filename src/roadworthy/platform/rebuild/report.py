"""What a rebuild did, or would do: rows by table, records that were refused, and what could not be restored."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

TRACES = (
    "Deliveries, events and jobs, with their numbers: they are traces. Branches with unfinished work are found again.",
    "Jobs' logs stay in the home's logs/jobs under numbers of jobs that are no longer known.",
    "Accounts, tokens and sessions are in identity.db, which is not touched: restore it from its own copy.",
)


@dataclass(frozen=True, slots=True)
class Count:
    """What becomes of a table's rows: `same` are left as they are."""

    same: int = 0
    added: int = 0
    changed: int = 0
    removed: int = 0

    def __add__(self, other: Count) -> Count:
        return Count(
            self.same + other.same, self.added + other.added, self.changed + other.changed, self.removed + other.removed
        )

    @property
    def differs(self) -> bool:
        """Whether any row is written."""
        return bool(self.added or self.changed or self.removed)

    def __str__(self) -> str:
        said = {"as they were": self.same, "added": self.added, "changed": self.changed, "removed": self.removed}
        return ", ".join(f"{count} {what}" for what, count in said.items() if count) or "none"


@dataclass(frozen=True, slots=True)
class Rejected:
    """A record that is kept and not believed: nothing of it is in the index. `project` is None for the platform's."""

    project: str | None
    address: str
    reason: str


@dataclass(frozen=True, slots=True)
class Lost:
    """Something that could not be restored, and why."""

    project: str | None
    what: str
    reason: str


@dataclass(frozen=True, slots=True)
class Report:
    """What a rebuild came to.

    Attributes:
        tables: What became of the rows of each table.
        rejected: Records that were refused.
        lost: What could not be restored, beyond the traces.
        unfinished: Project and branch of what the next reconciling will find, and give its jobs again.
    """

    tables: Mapping[str, Count] = field(default_factory=dict)
    rejected: tuple[Rejected, ...] = ()
    lost: tuple[Lost, ...] = ()
    unfinished: tuple[tuple[str, str], ...] = ()

    def __add__(self, other: Report) -> Report:
        names = dict.fromkeys((*self.tables, *other.tables))
        return Report(
            {name: self.tables.get(name, Count()) + other.tables.get(name, Count()) for name in names},
            (*self.rejected, *other.rejected), (*self.lost, *other.lost), (*self.unfinished, *other.unfinished),
        )  # fmt: skip

    @property
    def differs(self) -> bool:
        """Whether any row is written."""
        return any(count.differs for count in self.tables.values())

    def as_json(self) -> dict[str, object]:
        """Return it as JSON values."""
        return {**asdict(self), "traces": list(TRACES)}

    def lines(self) -> Iterator[str]:
        """Yield it as text, a line each."""
        yield from (f"{name}: {count}" for name, count in self.tables.items())
        yield from (f"refused {_of(one.project)}{one.address}: {one.reason}" for one in self.rejected)
        yield from (f"not restored {_of(one.project)}{one.what}: {one.reason}" for one in self.lost)
        yield from (f"to be done again {_of(project)}{branch}" for project, branch in self.unfinished)
        yield from (f"not restored {one}" for one in TRACES)


def _of(project: str | None) -> str:
    return "" if project is None else f"{project}: "
