"""What was refused, as the audit tells of it: at once when it is new, else counted, so that nobody makes it grow.

Whoever guesses passwords may do so for ever, under any name and from many addresses; an entry of the audit stays for
ever too. So what is refused again within a while is one more of the same, and of what is new only so much is told by
itself. What is not told by itself is told together, by project and kind, with its number.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from roadworthy.platform.identity.audit import Entry
from roadworthy.platform.identity.limit import Limit

if TYPE_CHECKING:
    from collections.abc import Callable

WHILE: Final = 600.0  # seconds
SEVERAL: Final = "several"
_NAMED: Final = 10  # who was refused most often, in an entry that tells of several
_KINDS: Final = 500  # of project and action, that are counted apart
_WAITING: Final = 200  # entries


@dataclass(slots=True)
class _Rest:
    """What is to be told together."""

    times: int = 0
    who: Counter[str] = field(default_factory=Counter)


class Refused:
    """Takes what was refused, and gives the entries that tell of it; kept in memory until then."""

    def __init__(
        self, rate: float = 12 / 3600, burst: int = 30, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Let *burst* new ones be told by themselves at once, and *rate* a second after that."""
        self._new = Limit(rate, burst, clock=clock)
        self._same = Limit(1 / WHILE, 1, clock=clock)
        self._clock = clock
        self._told = clock()
        self._waiting: list[Entry] = []
        self._rest: dict[tuple[str | None, str], _Rest] = {}
        self._lock = threading.Lock()

    def note(self, entry: Entry, address: str = "") -> None:
        """Take what *entry* says, which came from *address* if that is known. Writes nothing: it takes no time."""
        who = " from ".join(filter(None, (entry.target, address)))
        with self._lock:
            new = self._same.take(f"{entry.project} {entry.action} {entry.actor} {who}") == 0.0
            if new and len(self._waiting) < _WAITING and self._new.take("") == 0.0:
                detail = {"from": address, **entry.detail} if address else entry.detail
                self._waiting.append(replace(entry, detail=detail))
                return
            key = (entry.project, entry.action)
            rest = self._rest.setdefault(key if len(self._rest) < _KINDS else (None, entry.action), _Rest())
            rest.times += 1
            if who in rest.who or len(rest.who) < _KINDS:
                rest.who[who] += 1

    def due(self, *, all_of_it: bool = False) -> tuple[Entry, ...]:
        """Return what is to be told now, and forget it; what is told together, once in a while unless it is the end."""
        with self._lock:
            found, self._waiting = self._waiting, []
            if self._rest and (all_of_it or self._clock() - self._told >= WHILE):
                found += [_together(*key, rest) for key, rest in self._rest.items()]
                self._rest, self._told = {}, self._clock()
            return tuple(found)


def _together(project: str | None, action: str, rest: _Rest) -> Entry:
    most = dict(rest.who.most_common(_NAMED))
    return Entry("platform", action, SEVERAL, project, {"times": rest.times, "most often": most})
