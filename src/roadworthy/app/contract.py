"""Contracts by themselves: drafted from data, held against it without a run, and data held against other data."""

from __future__ import annotations

import contextlib
import difflib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from roadworthy.app.data import ensure_data, name_of
from roadworthy.app.local import declared
from roadworthy.app.proving.contracts import data_of, files_of
from roadworthy.build.data import pins
from roadworthy.build.pipeline import record
from roadworthy.build.pipeline.named import found_in
from roadworthy.declare.pinned import parse_pin
from roadworthy.errors import Conflict, NotFound
from roadworthy.ledger.objects import tree
from roadworthy.ledger.objects.inside import inside
from roadworthy.ledger.objects.write import write_bytes
from roadworthy.prove import keep
from roadworthy.prove.contract.check import Data, check
from roadworthy.prove.contract.draft.differ import differ
from roadworthy.prove.contract.draft.infer import draft
from roadworthy.prove.junit import junit_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from roadworthy.app.local import Local
    from roadworthy.declare.project import Declared
    from roadworthy.ledger.objects.item import Item
    from roadworthy.prove.contract.draft.differ import Change
    from roadworthy.prove.proof import Check

JUNIT = "reports/contracts.xml"  # under .roadworthy
HERE = "."  # the revision that the working tree is


def infer(local: Local, dataset: str, memory: int) -> str:
    """Return the draft of a contract for *dataset*: the name of a dataset or source, or a path.

    Raises:
        NotFound: There is no such dataset, or its file is not here.
        UsageError: It is no table, or has no rows.
    """
    project = declared(local)
    files = files_of(project, local.folder)
    if dataset not in files:
        dataset = _path(local, dataset, files)
    ensure_data(local, [(files.get(dataset) or local.folder / dataset).relative_to(local.folder).as_posix()])
    named, source = project.pipeline.datasets.get(dataset), project.pipeline.sources.get(dataset)
    key = named.key if named else source.key if source else ()
    data = Data(files.get(dataset) or local.folder / dataset, key=tuple(key), time=named.time if named else None)
    return draft(dataset, data, named.label if named else None, memory)


def write_draft(local: Local, name: str, text: str, *, force: bool) -> Path:
    """Write the draft *text* as the contract *name*, and return its path.

    Raises:
        Conflict: There is one already, and it is not to be replaced by *force*.
    """
    path = inside(local.folder, f"contracts/{name}.yaml")
    if path.exists() and not force:
        raise Conflict(
            f"contracts/{name}.yaml is there already, and somebody may have reviewed it.",
            remedy="Print the draft with `--print` and compare, or replace the file with `--force`.",
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(path, text.encode("utf-8"), aside=path.parent)
    return path


def test_contracts(
    local: Local, names: Sequence[str], junit_path: Path | None, memory: int, say: Callable[[str], None]
) -> tuple[tuple[Check, ...], Path]:
    """Hold the contracts *names* (all when none is) against the data in the working tree.

    Returns:
        A check for each rule, and where the JUnit XML is.

    Raises:
        NotFound: There is no such contract, or none at all.
    """
    project = declared(local)
    found: list[Check] = []
    for name in _chosen(names, project):
        say(name)
        data = data_of(project, local.folder, name)
        ensure_data(local, _below(local, [data.path, *_others(project, name, data)]))
        found += check(name, project.contracts[name], data, memory)
    if project.profile.review.rows == "never":
        found = [keep.without_rows(one) for one in found]
    place = junit_path or local.ledger.state / JUNIT
    place.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(place, junit_of("contracts", found), aside=place.parent)
    return tuple(found), place


def diff_files(before: Path, after: Path, memory: int) -> Change:
    """Return how the table *after* differs from *before*. Raises as `differ` does."""
    return differ(before, after, memory)


def diff_revisions(
    local: Local, revisions: tuple[str, str], datasets: Sequence[str], memory: int
) -> Mapping[str, Change | None]:
    """Return how *datasets* (those with a contract, when none is named) differ between two revisions.

    Args:
        local: The project here.
        revisions: Commits, branches or tags; `.` for the working tree.
        datasets: Names of datasets and sources, or paths.
        memory: Bytes of the data that are held at once.

    Returns:
        By name; None where nothing differs, byte for byte.

    Raises:
        NotFound: There is no such revision or dataset, or a revision's data is not kept here.
        UsageError: One is no table.
    """
    project = declared(local)
    files = files_of(project, local.folder)
    wanted = datasets or list(dict.fromkeys(rules.dataset for rules in project.contracts.values())) or list(files)
    found: dict[str, Change | None] = {}
    for name in wanted:
        whole = files.get(name) or local.folder / _path(local, name, files)
        path = whole.relative_to(local.folder).as_posix()
        with tempfile.TemporaryDirectory(prefix="roadworthy-") as aside:
            sides = [_at(local, revision, path, Path(aside) / str(side)) for side, revision in enumerate(revisions)]
            same = tree.address_of(sides[0], local.ledger.files) == tree.address_of(sides[1], local.ledger.files)
            found[name] = None if same else differ(sides[0], sides[1], memory)
    return found


def _at(local: Local, revision: str, path: str, aside: Path) -> Path:
    """Return where the file or folder *path* lies as it was at *revision*: here, or put *aside*.

    Raises:
        NotFound: The revision names none, or its bytes are not kept here.
    """
    if revision == HERE:
        ensure_data(local, [path])
        return local.folder / path
    commit = local.repo.resolve(revision)
    tracked = local.repo.files(commit, local.prefix)
    to = aside / Path(path).name
    aside.mkdir(parents=True)
    if path in tracked:
        to.write_bytes(local.repo.show(commit, _from_root(local, path)))
        return to
    tree.checkout(_item(local, commit, path, tracked), to, local.ledger.objects, local.ledger.files)
    return to


def _item(local: Local, commit: str, path: str, tracked: Iterable[str]) -> Item:
    pin = f"{path}{pins.ENDING}"
    if pin in tracked:
        return pins.item_of(parse_pin(local.repo.show(commit, _from_root(local, pin)), Path(pin)))
    item = None
    with contextlib.suppress(NotFound):  # there may be no run of it here
        run = record.of_commit(local.ledger, commit)
        item = found_in({**run.inputs, **run.outputs}, path, local.ledger.objects)
    if item is None:
        raise NotFound(
            f"{path} is not known at {commit[:12]}: git does not track it, no pin names it, and no clean run that is "
            "recorded here wrote it.",
            remedy=f"Make a run of it: `git checkout {commit[:12]}`, then `roadworthy run`; or compare two files.",
        )
    return item


def _from_root(local: Local, path: str) -> str:
    return f"{local.prefix}/{path}" if local.prefix else path


def _path(local: Local, dataset: str, files: Mapping[str, Path]) -> str:
    path = Path(dataset)
    if not path.exists() and not (local.folder / path).exists():
        near = difflib.get_close_matches(dataset, files, n=1)
        raise NotFound(
            f"There is no dataset, source or file called {dataset!r}.",
            remedy=f"Did you mean {near[0]!r}?" if near else f"pipeline.yaml names: {', '.join(files) or 'none'}.",
        )
    return name_of(local, path if path.exists() else local.folder / path)


def _chosen(names: Sequence[str], project: Declared) -> Sequence[str]:
    if not project.contracts:
        raise NotFound(
            "There are no contracts.", remedy="Draft one with `roadworthy contract infer DATASET`, and review it."
        )
    for name in names:
        if name not in project.contracts:
            near = difflib.get_close_matches(name, project.contracts, n=1)
            raise NotFound(
                f"There is no contract {name!r} in contracts/.",
                remedy=f"Did you mean {near[0]!r}?" if near else f"There is: {', '.join(project.contracts)}.",
            )
    return names or list(project.contracts)


def _others(project: Declared, name: str, data: Data) -> list[Path]:
    rules = project.contracts[name]
    named = [foreign.in_ for foreign in rules.table.foreign_keys]
    named += [] if rules.splits is None else [rules.splits.training, rules.splits.test]
    named += [] if rules.like is None else [rules.like.dataset]
    return [data.others[one] for one in named if one in data.others]


def _below(local: Local, paths: Sequence[Path]) -> list[str]:
    return [path.relative_to(local.folder).as_posix() for path in paths if path.is_relative_to(local.folder)]
