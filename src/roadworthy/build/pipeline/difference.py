"""Parameters and metrics of two revisions, side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from roadworthy.build.pipeline.grammar.values import READABLE, flatten, known
from roadworthy.build.pipeline.record import of_commit
from roadworthy.errors import IntegrityError, NotFound

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from roadworthy.ledger.index.cache import Cache
    from roadworthy.ledger.ledger import Ledger
    from roadworthy.ledger.objects.item import Item
    from roadworthy.ledger.repo.repository import Repository

_ABSENT = object()


@dataclass(frozen=True, slots=True)
class Difference:
    """One value that differs; None where it is absent.

    Attributes:
        file: Where it stands.
        name: Dotted.
        before: At the revision.
        after: In the working tree.
    """

    file: str
    name: str
    before: object
    after: object

    @property
    def change(self) -> float | None:
        """How much a number grew, or None for what is no number."""
        before, after = self.before, self.after
        is_number = isinstance(before, int | float) and isinstance(after, int | float)
        if not is_number or isinstance(before, bool) or isinstance(after, bool):
            return None
        return float(after) - float(before)  # type: ignore[arg-type]  # both are numbers: checked above


def differences(
    before: Mapping[str, object], after: Mapping[str, object], *, unchanged: bool = False
) -> tuple[Difference, ...]:
    """Return the values that differ between two sets of files, by file and name; with *unchanged* all of them.

    Args:
        before: File → its content, as JSON values.
        after: Likewise.
        unchanged: Whether to return equal values too.
    """
    return tuple(
        Difference(file, name, _shown(old.get(name, _ABSENT)), _shown(new.get(name, _ABSENT)))
        for file in dict.fromkeys((*before, *after))
        for old, new in [(flatten(before.get(file, {})), flatten(after.get(file, {})))]
        for name in dict.fromkeys((*old, *new))
        if unchanged or old.get(name, _ABSENT) != new.get(name, _ABSENT)
    )


def committed(repo: Repository, commit: str, prefix: str, paths: Iterable[str], cache: Cache) -> dict[str, object]:
    """Return the content of those of *paths*, in the project's folder *prefix*, that *commit* holds.

    Raises:
        InvalidDeclaration, PipelineError: One cannot be read.
    """
    return dict(_each(paths, lambda path: repo.show(commit, f"{prefix}/{path}" if prefix else path), cache))


def present(folder: Path, paths: Iterable[str], cache: Cache) -> dict[str, object]:
    """Return the content of those of *paths* that are in *folder*.

    Raises:
        InvalidDeclaration, PipelineError: One cannot be read.
    """
    there = [path for path in paths if (folder / path).is_file()]
    return dict(_each(there, lambda path: (folder / path).read_bytes(), cache))


def recorded(ledger: Ledger, commit: str, paths: Iterable[str]) -> dict[str, object]:
    """Return the content of those of *paths* that the newest clean run of *commit* wrote and the ledger holds.

    Raises:
        InvalidDeclaration, PipelineError: One cannot be read.
    """
    try:
        outputs: Mapping[str, Item] = of_commit(ledger, commit).outputs
    except NotFound:
        return {}
    kept = [path for path in paths if path in outputs]
    return dict(_each(kept, lambda path: ledger.objects.get(outputs[path].address), ledger.cache))


def _each(paths: Iterable[str], read: Callable[[str], bytes], cache: Cache) -> Iterator[tuple[str, object]]:
    for path in paths:
        if path.rpartition(".")[2].lower() not in READABLE:
            continue  # an image, a table: it has no values to compare
        try:
            data = read(path)
        except (NotFound, IntegrityError):
            continue  # not there, then: the other side shows it as new
        yield path, known(path, data, cache)


def _shown(value: object) -> object:
    return None if value is _ABSENT else value
