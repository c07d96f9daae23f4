"""Makes a version from its bytes to its tag, again and again, killed at each next thing that it does to the disk.

Run as a script with a folder; prints JSON: how many such things there are, and what was wrong after which.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from roadworthy.ledger import ledger
from roadworthy.ledger.objects import tree
from roadworthy.ledger.objects.address import Address
from roadworthy.ledger.objects.fetch import is_whole
from roadworthy.ledger.objects.item import Item
from roadworthy.ledger.records import seal  # imported now, so that no import is counted later
from roadworthy.ledger.records.record import Record
from roadworthy.ledger.repo.repository import Repository
from roadworthy.ledger.versions.read import history, record_line

if TYPE_CHECKING:
    from collections.abc import Iterator

AT = datetime(2026, 1, 31, 12, tzinfo=UTC)
TAG, NAME, CACHED = "delay@v1.0.0", "stage/abc", "last"
FILES = {"a": b"1" * 5000, "b/c": b"2"}
# What changes names on the disk; an `open` counts when it is for writing.
CHANGES = {"os.rename", "os.link", "os.mkdir", "os.remove", "sqlite3.connect", "subprocess.Popen"}


def make(top: Path) -> Address:
    """Keep the bytes, write the record, claim the name, make the tag, note it in the index: in this order."""
    kept, repo = ledger.open(top / ".roadworthy"), Repository.open(top)
    item = tree.add(top / "data", kept.objects, kept.files)
    body = {"model": "delay", "version": "v1.0.0", "tag": TAG, "commit": repo.head(), "files": item.files}
    record = kept.records.write(
        Record("version", body, "Ada <ada@example.com>", "2026-01-31T12:00:00Z", {"data": item.address})
    )
    kept.names.claim(NAME, record)
    if TAG not in {tag.name for tag in repo.tags()}:
        repo.create_tag(TAG, "HEAD", record_line(record), AT)
    kept.cache.put(CACHED, record.encode())
    kept.close()
    return record


def killed_at(top: Path, number: int) -> bool:
    """Make the version in a child that is killed before its change *number*; return whether it came so far."""
    child = os.fork()
    if child == 0:
        seen = 0

        def hook(event: str, arguments: tuple[object, ...]) -> None:
            nonlocal seen
            flags = arguments[2] if event == "open" else 0
            if event in CHANGES or (isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR)):
                seen += 1
                if seen == number:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(hook)
        make(top)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


def wrong(top: Path) -> Iterator[str]:
    """Yield what may not be seen after a kill: a half-written thing, or a later step without the earlier ones."""
    kept, repo = ledger.open(top / ".roadworthy"), Repository.open(top)
    yield from (f"damaged object {one}" for one in kept.objects if not kept.objects.holds(one))
    yield from (f"{one}: {reason}" for one, reason in kept.records.faults())
    for address, record in kept.records.all("version"):
        item = Item(record.subject["data"], 5001, 2)
        if not is_whole(item, kept.objects):
            yield f"record {address} without its objects"
    named, cached = kept.names.resolve(NAME), kept.cache.get(CACHED)
    if named is not None and kept.records.read(named).body["tag"] != TAG:
        yield "a name without its record"
    if repo.tags() and named is None:
        yield "a tag without the name before it"
    if cached is not None and (Address(cached.decode()) != named or not repo.tags()):
        yield "an index entry without the tag before it"
    yield from (f"{one.tag}: {one.reason}" for one in history(repo, kept, "delay").ignored)
    kept.close()


def unfinished(top: Path, record: Address) -> Iterator[str]:
    """Yield what is missing after the version was made again."""
    kept, repo = ledger.open(top / ".roadworthy"), Repository.open(top)
    found = history(repo, kept, "delay")
    if [one.record for one in found.versions] != [record] or found.ignored:
        yield f"the version does not count: {found}"
    if [address for address, _ in kept.records.all("version")] != [record] or kept.names.resolve(NAME) != record:
        yield "there is another record"
    item = tree.address_of(top / "data", kept.files)
    tree.checkout(item, top / "out", kept.objects, kept.files)
    if {
        path.relative_to(top / "out").as_posix(): path.read_bytes()
        for path in (top / "out").rglob("*")
        if path.is_file()
    } != FILES:
        yield "the bytes are others"
    kept.close()


def main(work: Path) -> None:
    """Kill at every change, and say what was wrong after which."""
    first = work / "first"
    for name, data in FILES.items():
        (first / "data" / name).parent.mkdir(parents=True, exist_ok=True)
        (first / "data" / name).write_bytes(data)
    for command in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--message", "first"]):
        subprocess.run(["git", *command], cwd=first, check=True)
    faults, number = [], 1
    while True:
        top = work / str(number)
        shutil.copytree(first, top)
        if not killed_at(top, number):
            break
        faults += [f"after {number}: {fault}" for fault in wrong(top)]
        faults += [f"made again after {number}: {fault}" for fault in unfinished(top, make(top))]
        shutil.rmtree(top)
        number += 1
    print(json.dumps({"changes": number - 1, "faults": faults, "sealed": seal.__name__}))  # noqa: T201 - the answer


if __name__ == "__main__":
    main(Path(sys.argv[1]))
