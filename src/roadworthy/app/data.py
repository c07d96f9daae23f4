"""What the data commands do: sources, buckets and the project's data, joined."""

from __future__ import annotations

import difflib
import os
import urllib.parse
from pathlib import Path
from typing import TYPE_CHECKING

from roadworthy.app.local import confinement, declared
from roadworthy.build.data import difference, pins, restore, status, update
from roadworthy.build.data.add import add
from roadworthy.declare.pinned import parse_pin
from roadworthy.errors import NotFound, Unreachable, UsageError
from roadworthy.ledger.objects.folder import DirectoryStore
from roadworthy.ledger.objects.push import Moved, push
from roadworthy.ledger.objects.write import storage_errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from roadworthy.app.local import Local
    from roadworthy.build.data.difference import DataChange
    from roadworthy.build.data.source import Source
    from roadworthy.build.data.status import DataStatus
    from roadworthy.build.data.update import Updated
    from roadworthy.declare import pipeline
    from roadworthy.declare.pin import Pin
    from roadworthy.ledger.objects.store import ObjectStore

BUCKET = "ROADWORTHY_BUCKET"
PINNED = "pinned data"
NOTHING_PINNED = (
    "Nothing is pinned in this project yet: `roadworthy data add PATH` pins a file or a folder, "
    "`roadworthy data update` what the sources in pipeline.yaml give."
)
NO_SOURCES = (
    "No sources are declared in pipeline.yaml: declare one under `sources`, or pin a file with "
    "`roadworthy data add PATH`."
)


def add_data(local: Local, paths: Sequence[Path]) -> Mapping[str, Pin]:
    """Keep and pin each of *paths*; return the pins by name. Raises as `build.data.add` does."""
    return {name: add(local.ledger, local.repo, local.folder, name) for name in (name_of(local, one) for one in paths)}


def status_of(local: Local) -> tuple[DataStatus, ...]:
    """Return how all of the project's data stands."""
    return status.status(local.ledger, local.folder, declared(local).pipeline.sources)


def update_data(local: Local, wanted: Sequence[str]) -> Iterable[Updated]:
    """Fetch the sources *wanted* (by name or path; all when none is) one after another.

    Raises:
        NotFound: There is no such source.
    """
    sources = declared(local).pipeline.sources
    for name in _chosen(wanted, sources, {source.to: name for name, source in sources.items()}, "source"):
        yield update.update(local.ledger, local.folder, sources[name], source_of(local, sources[name]))


def fetch_data(
    local: Local, wanted: Sequence[str], bucket: str | None, tell: Callable[[int], None] | None = None
) -> Mapping[str, bool]:
    """Put the pinned data *wanted* (all when none is) in its place; return, by name, whether anything was done."""
    known, place = pins.pins_in(local.folder), bucket_at(bucket or _own(local, logged_in=True))
    return {
        name: restore.restore(local.ledger, local.folder, name, pins.item_of(known[name]), place, tell)
        for name in _chosen(wanted, known, {}, PINNED)
    }


def push_data(
    local: Local,
    wanted: Sequence[str],
    bucket: str | None,
    tell: Callable[[int], None] | None = None,
    *,
    create: bool = False,
) -> Moved:
    """Copy what the pins *wanted* (all when none is) name to the bucket; return what was copied.

    Args:
        local: The project.
        wanted: Names of pinned data.
        bucket: The bucket that was named, if one was.
        tell: Told how many bytes are done.
        create: Whether the bucket's folder is made when it is not there.

    Raises:
        UsageError: No bucket is named.
        Unreachable: Its folder is not there, and is not to be made.
    """
    known = pins.pins_in(local.folder)
    chosen = _chosen(wanted, known, {}, PINNED)
    if not chosen:
        return Moved()
    place = bucket_at(bucket or _own(local), make=create)
    if place is None:
        raise UsageError(
            "No bucket is named.", remedy=f"Give `--bucket PLACE`, set {BUCKET}, or add the platform as git's remote."
        )
    moved = Moved()
    for name in chosen:
        moved += push(pins.item_of(known[name]), local.ledger.objects, place, tell)
    return moved


def pinned_here(local: Local) -> tuple[str, ...]:
    """Return the names of the data that is pinned in the working tree."""
    return tuple(pins.pins_in(local.folder))


def diff_data(local: Local, revision: str) -> tuple[DataChange, ...]:
    """Return the data whose pins differ between *revision* and the working tree.

    Raises:
        NotFound: There is no such commit.
    """
    commit = local.repo.resolve(revision)
    before = {
        name.removesuffix(pins.ENDING): pins.item_of(
            parse_pin(local.repo.show(commit, _from_root(local, name)), Path(name))
        )
        for name in local.repo.files(commit, local.prefix)
        if name.endswith(pins.ENDING)
    }
    after = {name: pins.item_of(pin) for name, pin in pins.pins_in(local.folder).items()}
    return difference.difference(before, after, local.ledger.objects)


def ensure_data(local: Local, names: Sequence[str]) -> tuple[str, ...]:
    """Bring those of *names* that are absent to their place: from the ledger, the bucket, or their source.

    Returns the names of what was brought. What is neither pinned nor has a source is left to the caller.

    Raises:
        NotFound, Unreachable, IntegrityError, Conflict: It cannot be brought.
    """
    absent = [name for name in names if not os.path.lexists(local.folder / name)]
    if not absent:
        return ()
    known = pins.pins_in(local.folder)
    sources = {source.to: source for source in declared(local).pipeline.sources.values()}
    brought = [name for name in absent if name in known or name in sources]
    for name in brought:
        _bring(local, name, known.get(name), sources.get(name))
    return tuple(brought)


def source_of(local: Local, source: pipeline.Source) -> Source:
    """Return what fetches *source*.

    Raises:
        UsageError: This version fetches no sources of its kind.
    """
    if source.package is not None:
        from roadworthy.adapters.source.package import PackageSource

        return PackageSource(local.ledger.state / "packages", confinement(os.environ)())
    kind = next((one for one in ("path", "url", "sql") if getattr(source, one) is not None), "unknown")
    raise UsageError(
        f"The source of {source.to} is of the kind {kind!r}, which this version does not fetch.",
        remedy=f"Put the data at {source.to} yourself, and pin it with `roadworthy data add {source.to}`.",
    )


def bucket_at(named: str | None, *, make: bool = False) -> ObjectStore | None:
    """Return the objects of the bucket that is *named*, or that the environment names; None when neither does.

    Raises:
        UsageError: It is neither a folder, nor a `file://` address, nor that of a platform's bucket.
        Unreachable: The folder is not there, and is not to be made.
        NotAllowed: The user is not logged in to the platform.
    """
    named = named or os.environ.get(BUCKET)
    if not named:
        return None
    if named.startswith(("http://", "https://")):
        from roadworthy.app.remote.bucket import bucket_store

        return bucket_store(named)
    address = urllib.parse.urlsplit(named)
    if "://" in named and (address.scheme != "file" or address.netloc not in {"", "localhost"}):
        raise UsageError(
            f"{named!r} is not a bucket that this version can use.",
            remedy="Name a folder, file:///its/path, or https://PLATFORM/buckets/PROJECT.",
        )
    folder = Path(urllib.parse.unquote(address.path)) if "://" in named else Path(named).expanduser()
    if make and folder.parent.is_dir():
        with storage_errors(folder):
            folder.mkdir(exist_ok=True)
    if not folder.is_dir():
        raise Unreachable(
            f"The bucket {folder} is not there.",
            remedy="Check its name, and that its disk is mounted. `roadworthy data push --create` makes a new one.",
        )
    return DirectoryStore(folder.absolute() / "objects")


def name_of(local: Local, path: Path) -> str:
    """Return the name in the project of a path that the user wrote.

    Raises:
        UsageError: It lies outside.
    """
    whole = Path(os.path.abspath(path))  # noqa: PTH100 - resolve would follow the symlink that `inside` must see
    try:
        return whole.relative_to(local.folder).as_posix()
    except ValueError as fault:
        raise UsageError(
            f"{path} lies outside the project {local.folder}.", remedy="Move it into the project, or name another."
        ) from fault


def _own(local: Local, *, logged_in: bool = False) -> str | None:
    """Return the bucket of the platform that git's remote names, where the environment names none."""
    if os.environ.get(BUCKET):
        return None
    from roadworthy.app.remote.bucket import of_remote

    return of_remote(local.folder, logged_in=logged_in)


def _bring(local: Local, name: str, pin: Pin | None, source: pipeline.Source | None) -> None:
    if pin is None and source is not None:
        update.update(local.ledger, local.folder, source, source_of(local, source))
        return
    if pin is None:
        return
    try:
        restore.restore(local.ledger, local.folder, name, pins.item_of(pin), bucket_at(_own(local, logged_in=True)))
    except NotFound:
        if source is None:
            raise
        update.read_again(local.ledger, local.folder, source, source_of(local, source), pins.item_of(pin))


def _chosen(wanted: Sequence[str], known: Iterable[str], aliases: Mapping[str, str], what: str) -> list[str]:
    names = list(known)
    chosen = []
    for one in wanted or names:
        name = one if one in names else aliases.get(one)
        if name is None:
            near = difflib.get_close_matches(one, [*names, *aliases], n=1)
            raise NotFound(
                f"There is no {what} called {one!r}.",
                remedy=f"Did you mean {near[0]!r}?" if near else _there_is(names, what),
            )
        chosen.append(name)
    return chosen


def _there_is(names: Sequence[str], what: str) -> str:
    if names:
        return f"There is: {', '.join(names)}."
    return NOTHING_PINNED if what == PINNED else NO_SOURCES


def _from_root(local: Local, name: str) -> str:
    return f"{local.prefix}/{name}" if local.prefix else name
