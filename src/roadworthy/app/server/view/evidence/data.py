"""Data: what is pinned on main, each version that it had, what differs between two, and what its tests said."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from roadworthy.app.server.platform import SPEAKER
from roadworthy.app.server.view import runs as view
from roadworthy.app.server.view.evidence.declared import head, said
from roadworthy.app.server.view.evidence.shelf import lines
from roadworthy.build.data.difference import difference
from roadworthy.build.data.pins import ENDING, is_pin, item_of
from roadworthy.declare.pinned import parse_pin
from roadworthy.errors import InvalidDeclaration, NotFound
from roadworthy.ledger.objects.address import Address
from roadworthy.ledger.repo.git import git, try_git

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from roadworthy.app.server.platform import Platform
    from roadworthy.declare.pin import Pin
    from roadworthy.ledger.objects.item import Item

Json = dict[str, Any]
_LONGEST: Final = 1_000  # commits of main that changed pins
_MOST: Final = 200  # pins that are looked at
_FORM = "%x00%H%x00%ct%x00%an%x00%s"
_NONE = "0" * 40


@dataclass(frozen=True, slots=True)
class Version:
    """A pin as one commit of main wrote it; None for the pin when that commit removed it, or it cannot be read."""

    path: str
    commit: str
    at: int
    author: str
    subject: str
    pin: Pin | None


def data(platform: Platform, name: str) -> list[Json]:
    """Return what is pinned on main: its last version, how many it had, and in which datasets and runs it is used."""
    commit = head(platform, name)
    found: dict[str, list[Version]] = {}
    for one in () if commit is None else _read(platform.forge.path(name), commit, _pinned(platform, name, commit)):
        found.setdefault(one.path, []).append(one)
    pipeline = said(platform, name, commit).pipeline
    named = {} if pipeline is None else {one.path: key for key, one in pipeline.datasets.items()}
    sources = {} if pipeline is None else {one.to: key for key, one in pipeline.sources.items()}
    return [
        {**_json(each[0]), "versions": len(each), "dataset": named.get(path), "source": sources.get(path)}
        for path, each in sorted(found.items())
        if each[0].pin is not None
    ]


def versions(platform: Platform, name: str, path: str) -> list[Json]:
    """Return the versions that the data at *path* had on main, the newest first, each with the runs that read it.

    Raises:
        NotFound: It was never pinned there.
    """
    found = _versions_of(platform, name, path)
    if not found:
        raise NotFound(f"{path!r} is not pinned on main of {name}.", remedy="`roadworthy data add PATH` pins it.")
    return [_json(one) for one in found]


def changed(platform: Platform, name: str, path: str, before: str, after: str) -> Json:
    """Return what differs between two versions of the data at *path*, by the addresses that its pins name.

    Raises:
        NotFound: It never had one of them.
    """
    known = {one.pin.address: one.pin for one in _versions_of(platform, name, path) if one.pin is not None}
    missing = next((one for one in (before, after) if one not in known), None)
    if missing is not None:
        raise NotFound(f"{path!r} never was {missing[:19]} on main of {name}.", remedy="Choose two of its versions.")
    old, new = (item_of(known[one]) for one in (before, after))
    found = difference({path: old}, {path: new}, platform.home.ledger(name, SPEAKER).objects)
    change = next(iter(found), None)
    files = {} if change is None else {key: list(getattr(change, key)) for key in ("added", "removed", "changed")}
    return {"path": path, "before": _item(old), "after": _item(new), "is_same": change is None, **files}


def tests(platform: Platform, name: str) -> Json:
    """Return what the data tests said: of main as it is now, else of its newest tested run, else of the newest."""
    commit = head(platform, name)
    tested = [one for one in lines(platform, name) if one.proof]
    of_main = [one for one in tested if one.commit == commit] or [one for one in tested if one.branch == "main"]
    newest = next(iter(of_main or tested), None)
    proof = None if newest is None else view.proof(platform, name, {"proof": newest.proof})
    checks = [] if proof is None else [one for one in proof["checks"] if one["section"] == "data"]
    return {
        "run": None if newest is None else newest.run,
        "commit": None if newest is None else newest.commit,
        "contracts": list(said(platform, name, commit).contracts),
        "checks": [{key: one[key] for key in ("name", "verdict", "summary")} for one in checks],
    }


def _versions_of(platform: Platform, name: str, path: str) -> tuple[Version, ...]:
    commit, pin = head(platform, name), f"{path}{ENDING}"
    if commit is None or "\0" in path or not is_pin(pin):
        return ()
    return _read(platform.forge.path(name), commit, (pin,))


def _pinned(platform: Platform, name: str, commit: str) -> tuple[str, ...]:
    """Return the paths of the pins in *commit*."""
    said = git(platform.forge.path(name), "ls-tree", "-r", "-z", "--name-only", "--end-of-options", commit)
    return tuple(path for path in os.fsdecode(said).split("\0") if is_pin(path))[:_MOST]


@lru_cache(maxsize=64)
def _read(place: Path, commit: str, pins: tuple[str, ...]) -> tuple[Version, ...]:
    """Return each version of some pins in the history of *commit*, the newest first."""
    if not pins:
        return ()
    options = ("log", "-z", "--raw", "--abbrev=40", "--no-renames", "-m", "--first-parent", f"--format={_FORM}")
    said = git(place, *options, f"--max-count={_LONGEST}", "--end-of-options", commit, "--", *pins)
    return tuple(_parsed(place, os.fsdecode(said).split("\0")))


def _parsed(place: Path, words: Sequence[str]) -> Iterator[Version]:
    """Yield the versions in what git printed: after an empty word a commit in four, then each pin in two."""
    at, commit, facts = 0, "", ("", "", "")
    while at < len(words):
        word = words[at].lstrip("\n")
        if word.startswith(":"):
            path, blob = words[at + 1], word.split(" ")[3]
            pin = None if blob == _NONE else _pin(place, blob, path)
            yield Version(path.removesuffix(ENDING), commit, int(facts[0]) * 1000, facts[1], facts[2], pin)
            at += 2
        elif word == "" and at + 4 < len(words):
            commit, facts = words[at + 1], (words[at + 2], words[at + 3], words[at + 4])
            at += 5
        else:
            at += 1


def _pin(place: Path, blob: str, path: str) -> Pin | None:
    done = try_git(place, "cat-file", "blob", blob)
    try:
        return parse_pin(done.stdout, Path(path)) if done.returncode == 0 else None
    except InvalidDeclaration:
        return None


def _json(one: Version) -> Json:
    pin = one.pin
    return {
        "path": one.path, "commit": one.commit, "at": one.at, "author": one.author, "subject": one.subject,
        "address": None if pin is None else pin.address, "size": None if pin is None else pin.size,
        "files": None if pin is None else pin.files, "from": {} if pin is None else dict(pin.source),
    }  # fmt: skip


def _item(item: Item) -> Json:
    return {"address": Address(item.address), "size": item.size, "files": item.files}
