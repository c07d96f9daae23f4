"""How often somebody may: a bucket of tries for each key, which fills again with time.

Kept in memory: a restart forgets it, which costs an attacker more than it gives.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from typing import TYPE_CHECKING

from roadworthy.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable


class Limit:
    """Lets each key have *burst* tries at once, and *rate* a second after that.

    At most *keys* of them are remembered: the one that was idle longest is forgotten first.
    """

    def __init__(
        self, rate: float, burst: int, *, keys: int = 20_000, clock: Callable[[], float] = time.monotonic
    ) -> None:
        if rate <= 0 or burst < 1 or keys < 1:
            raise UsageError("A limit lets nothing through.", remedy="Give it a rate, a burst and room for keys.")
        self._rate = rate
        self._burst = burst
        self._keys = keys
        self._clock = clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()  # key: (tries left, when that was so)
        self._lock = threading.Lock()

    def take(self, key: str) -> float:
        """Return 0.0 and count a try of *key*; or the seconds until the next one, when there is none left."""
        with self._lock:
            now = self._clock()
            left, at = self._left.pop(key, (float(self._burst), now))
            left = min(float(self._burst), left + max(0.0, now - at) * self._rate)
            may = left >= 1
            self._left[key] = (left - 1 if may else left, now)
            if len(self._left) > self._keys:
                self._left.popitem(last=False)
            return 0.0 if may else (1 - left) / self._rate

    def forgive(self, key: str) -> None:
        """Give *key* all its tries again."""
        with self._lock:
            self._left.pop(key, None)

    def __len__(self) -> int:
        return len(self._left)
