"""How many bytes a folder keeps, and who may add to them: counted from the folder itself, which alone is the truth."""

from __future__ import annotations

import os
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from roadworthy.ledger.objects.folder import shelves
from roadworthy.ledger.objects.write import sweep

if TYPE_CHECKING:
    from collections.abc import Callable

    from roadworthy.ledger.objects.address import Address
    from roadworthy.ledger.objects.folder import DirectoryStore

_SETTLED_NS: Final = 2_000_000_000  # a folder that changed so lately may change again within one tick of its clock
_AGAIN_S: Final = 1.0  # between two counts, when somebody is refused


@dataclass(frozen=True, slots=True, eq=False)
class Claim:
    """Room for an object that is on its way."""

    address: Address
    size: int


class Usage:
    """What *store* keeps, in bytes, and what is on its way into it. Safe for many threads.

    What is settled here is known at once. Others write to the folder as well, so it is counted again after *fresh_s*
    seconds, and before anybody is refused: only the shelves that changed are read. A restart counts anew.
    """

    def __init__(self, store: DirectoryStore, fresh_s: float = 60.0) -> None:
        self._store = store
        self._fresh_s = fresh_s
        self._lock = threading.Lock()
        self._shelves: dict[str, tuple[int, int]] = {}  # name → when it changed, what it keeps
        self._claims: set[Claim] = set()
        self._kept = 0
        self._counted_at = float("-inf")

    def used(self) -> int:
        """Return how many bytes are kept."""
        with self._lock:
            self._count(self._fresh_s)
            return self._kept

    def claim(self, address: Address, size: int, allowed: int | None) -> Claim | None:
        """Return a claim on *size* bytes for *address*; None when they do not fit into the bytes *allowed*.

        An object that is kept already takes no room, and one that is sent by two at once takes it once.
        """
        claim = Claim(address, size)
        with self._lock:
            self._count(self._fresh_s)
            if not self._fits(claim, allowed):
                self._count(_AGAIN_S)
                if not self._fits(claim, allowed):
                    return None
            self._claims.add(claim)
            return claim

    def settle(self, claim: Claim, settle: Callable[[], bool]) -> bool:
        """Put an object in its place by *settle*, which says whether it is new, and count it in the same step."""
        with self._lock:
            is_new = settle()
            self._kept += claim.size if is_new else 0
            self._claims.discard(claim)
        return is_new

    def release(self, claim: Claim) -> None:
        """Give the room of *claim* back; it may have been settled."""
        with self._lock:
            self._claims.discard(claim)

    def _fits(self, claim: Claim, allowed: int | None) -> bool:
        if allowed is None or claim.address in self._store:
            return True
        coming: dict[Address, int] = {}
        for one in (*self._claims, claim):
            if one.address not in self._store:
                coming[one.address] = max(one.size, coming.get(one.address, 0))
        return self._kept + sum(coming.values()) <= allowed

    def _count(self, fresh_s: float) -> None:
        if time.monotonic() - self._counted_at < fresh_s:
            return
        sweep(self._store.root / "aside")
        known, self._shelves, self._kept = self._shelves, {}, 0
        for shelf in shelves(self._store.root):
            now, changed = time.time_ns(), os.stat(shelf).st_mtime_ns  # noqa: PTH116 - the entry's own is remembered
            before = known.get(shelf.name)
            size = before[1] if before is not None and before[0] == changed else _size_of(shelf)
            if now - changed > _SETTLED_NS:
                self._shelves[shelf.name] = (changed, size)
            self._kept += size
        self._counted_at = time.monotonic()


def _size_of(shelf: os.DirEntry[str]) -> int:
    with os.scandir(shelf) as files:
        return sum(_size(file) for file in files)


def _size(file: os.DirEntry[str]) -> int:
    try:
        return file.stat(follow_symlinks=False).st_size
    except FileNotFoundError:  # set aside, since it was listed
        return 0
