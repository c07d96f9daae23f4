"""Making a version: objects, then its signed record, then its tag; doing it again finishes what a crash cut short."""

from __future__ import annotations

import contextlib
import fcntl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from roadworthy.build.pipeline.record import item_to_json
from roadworthy.errors import Conflict, IntegrityError, NotFound
from roadworthy.ledger.objects.tree import keep_again, listing
from roadworthy.ledger.objects.write import storage_errors
from roadworthy.ledger.versions.names import DeploymentName, VersionName, format_number
from roadworthy.ledger.versions.read import history
from roadworthy.operate.release.number import next_number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from roadworthy.declare.pipeline import Model
    from roadworthy.ledger.ledger import Ledger
    from roadworthy.ledger.objects.address import Address
    from roadworthy.ledger.objects.item import Item
    from roadworthy.ledger.repo.repository import Repository
    from roadworthy.ledger.repo.tag import Tag
    from roadworthy.ledger.versions.read import History, Version
    from roadworthy.operate.release.number import Bump

_A_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Part:
    """A file or folder of the version: where it belongs in the project, and its content."""

    path: str
    item: Item


@dataclass(frozen=True, slots=True)
class Candidate:
    """What is to become a version: nothing that could refuse it is left to ask.

    Attributes:
        model: The model's name.
        folder: The project's folder in the repository; empty for the root.
        commit: The commit that it was run, tested and is released from.
        run: The record of the run.
        proof: The record of the proof.
        is_baseline: Whether the artifact is the baseline's.
        definition: How the artifact is loaded.
        artifact: The model itself.
        baseline: The baseline's artifact, kept with the version as what the guard may fall back to.
        reference: The rows it was tested on.
        lock: The content of the lock of its Python environment; None when there is none.
        python: The version of Python, e.g. `3.11`.
    """

    model: str
    folder: str
    commit: str
    run: Address
    proof: Address
    is_baseline: bool
    definition: Model
    artifact: Part
    baseline: Part | None
    reference: Part | None
    lock: bytes | None
    python: str


@dataclass(frozen=True, slots=True)
class Released:
    """A version, and whether it was made now or was there already."""

    version: Version
    created: bool


def release(repo: Repository, ledger: Ledger, candidate: Candidate, bump: Bump | None) -> Released:
    """Make *candidate* the next version, or return the one that its commit has.

    Raises:
        Conflict: The commit has another version, or somebody took the number first: nothing was changed.
        NotFound, IntegrityError: An object of the version is missing or damaged.
    """
    with _alone(ledger):
        before = history(repo, ledger, candidate.model, folder=candidate.folder)
        existing = next((one for one in before.versions if one.commit == candidate.commit), None)
        if existing is not None:
            _keep_objects(ledger, candidate)
            return Released(_same(ledger, existing, candidate), created=False)
        name = VersionName(candidate.model, _number(before, candidate, bump), candidate.folder)
        _keep_objects(ledger, candidate)
        lock = None if candidate.lock is None else ledger.objects.put(candidate.lock)
        record = ledger.keep("version", _body(candidate, name, lock, bump), _subject(candidate))
        at = after_all(repo.tags(), candidate.model, candidate.folder)
        repo.create_tag(str(name), candidate.commit, _message(candidate, name, record), at)
    version = history(repo, ledger, candidate.model, folder=candidate.folder).version(format_number(name.number))
    if version is None:
        raise IntegrityError(f"The tag {name} was made and does not count.", remedy="See why: `roadworthy history`.")
    return Released(version, created=True)


def after_all(tags: tuple[Tag, ...], model: str, folder: str) -> datetime:
    """Return the tagger's time for the next tag of *model*: now, and later than that of every tag it has.

    Others order by time what is ordered here by number, and a clock may have been set back.
    """
    times = [tag.at for tag in tags if tag.at is not None and _is_of(tag, model, folder)]
    now = datetime.now(UTC).replace(microsecond=0)
    return max([now, *(at + _A_SECOND for at in times)])


def _is_of(tag: Tag, model: str, folder: str) -> bool:
    name = VersionName.parse(tag.name) or DeploymentName.parse(tag.name)
    return name is not None and (name.model, name.folder) == (model, folder)


@contextlib.contextmanager
def _alone(ledger: Ledger) -> Iterator[None]:
    # One commit has one version: two releases of it at once, with different bumps, would make two.
    path = ledger.state / "work" / "locks" / "release.lock"
    with storage_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = path.open("w")
    with handle:
        fcntl.flock(handle, fcntl.LOCK_EX)  # released by the kernel, however this process ends
        yield


def _same(ledger: Ledger, existing: Version, candidate: Candidate) -> Version:
    body = ledger.records.read(existing.record).body
    if body["artifact"] != _part(candidate.artifact) or body["is_baseline"] != candidate.is_baseline:
        raise Conflict(
            f"The commit {candidate.commit[:12]} is {existing.tag} already, with another artifact.",
            remedy="A commit has one version of a model: commit what differs, run, test and release that.",
        )
    return existing


def _number(before: History, candidate: Candidate, bump: Bump | None) -> tuple[int, int, int]:
    # A tag that does not count has taken its number all the same.
    ignored = [name.number for one in before.ignored if (name := VersionName.parse(one.tag)) is not None]
    taken = [*ignored, *(version.number for version in before.versions)]
    return next_number(taken, bump, is_baseline=candidate.is_baseline)


def _keep_objects(ledger: Ledger, candidate: Candidate) -> None:
    parts = [part for part in (candidate.artifact, candidate.baseline, candidate.reference) if part is not None]
    for part in parts:
        _keep_from_home(ledger, part)
        files = listing(part.item, ledger.objects)
        damaged = [item for item in (*files.values(), part.item) if not ledger.objects.holds(item.address)]
        if damaged:
            raise NotFound(
                f"{part.path} is not whole in the ledger: {damaged[0].address} is missing or damaged.",
                remedy="Run `roadworthy run` to make it again; pinned data: `roadworthy data fetch` with its bucket.",
            )


def _keep_from_home(ledger: Ledger, part: Part) -> None:
    """Keep *part* as it is in the working tree, if it is still there.

    What git tracks was never put into the ledger, and what is damaged there is mended.
    """
    with contextlib.suppress(Conflict):  # it changes just now: the ledger must have it
        keep_again(ledger.state.parent / part.path, part.item, ledger.objects, ledger.files)


def _part(part: Part) -> dict[str, object]:
    return {"path": part.path, **item_to_json(part.item)}


def _body(candidate: Candidate, name: VersionName, lock: Address | None, bump: Bump | None) -> dict[str, object]:
    definition = candidate.definition
    return {
        "model": candidate.model,
        "version": format_number(name.number),
        "tag": str(name),
        "commit": candidate.commit,
        "run": candidate.run,
        "proof": candidate.proof,
        "is_baseline": candidate.is_baseline,
        "artifact": _part(candidate.artifact),
        "definition": {"load": definition.load, "format": definition.format, "frame": definition.frame},
        "baseline": None if candidate.baseline is None else _part(candidate.baseline),
        "reference": None if candidate.reference is None else _part(candidate.reference),
        "python_environment": {"lock": lock, "python": candidate.python},
        "project": candidate.folder,
        "bump": bump,
    }


def _subject(candidate: Candidate) -> dict[str, Address]:
    return {candidate.artifact.path: candidate.artifact.item.address, "run": candidate.run, "proof": candidate.proof}


def _message(candidate: Candidate, name: VersionName, record: Address) -> str:
    what = f"{candidate.model} {format_number(name.number)}{', the baseline' if candidate.is_baseline else ''}"
    lines = [f"Artifact: {candidate.artifact.item.address}", f"Run: {candidate.run}", f"Proof: {candidate.proof}"]
    return "\n".join([what, "", *lines, f"Record: {record}", ""])
