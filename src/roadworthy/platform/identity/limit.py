"""How often somebody may: a bucket of tries for each key, which fills again with time.

Kept in memory: a restart forgets it, which costs an attacker more than it gives.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from roadworthy.errors import NotAllowed, UsageError
from roadworthy.platform.identity import tokens

if TYPE_CHECKING:
    from collections.abc import Callable

    from roadworthy.platform.identity.actor import Actor
    from roadworthy.platform.identity.identity import Identity


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
            left = self._now(key, now)
            may = left >= 1
            self._left.pop(key, None)
            self._left[key] = (left - 1 if may else left, now)
            if len(self._left) > self._keys:
                self._left.popitem(last=False)
            return 0.0 if may else (1 - left) / self._rate

    def wait(self, key: str) -> float:
        """Return the seconds until the next try of *key*, 0.0 when there is one now; none is counted."""
        with self._lock:
            return max(0.0, (1 - self._now(key, self._clock())) / self._rate)

    def _now(self, key: str, now: float) -> float:
        left, at = self._left.get(key, (float(self._burst), now))
        return min(float(self._burst), left + max(0.0, now - at) * self._rate)

    def forgive(self, key: str) -> None:
        """Give *key* all its tries again."""
        with self._lock:
            self._left.pop(key, None)

    def __len__(self) -> int:
        return len(self._left)


@dataclass(frozen=True, slots=True)
class Limits:
    """How often one may ask, and try a password or a token."""

    requests: Limit = field(default_factory=lambda: Limit(50, 300))  # of an account; or of an address, for nobody
    tries: Limit = field(default_factory=lambda: Limit(0.1, 8))  # at one account, or one token, from one address
    crowd: Limit = field(default_factory=lambda: Limit(0.5, 60))  # at one account, and from one address


class TooOften(Exception):
    """There were too many tries: the next may be made in *seconds*."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


def let_in(identity: Identity, limits: Limits, text: str, address: str) -> Actor:
    """Return who the token *text* stands for, which somebody at *address* shows.

    Only tries that fail are counted: at the token that is guessed, whose owner waits with whoever guesses it from the
    same address; and of the address, where everybody else's tokens stay good.

    Raises:
        NotAllowed: It is none, or good no longer.
        TooOften: It was guessed at too often from there, or too many tokens were.
    """
    guessed = f"token {tokens.named(text)} from {address}"
    if (seconds := limits.tries.wait(guessed)) > 0:
        raise TooOften(seconds)
    try:
        return identity.by_token(text)
    except NotAllowed as fault:
        limits.tries.take(guessed)
        if (seconds := limits.crowd.take(f"tokens from {address}")) > 0:
            raise TooOften(seconds) from fault
        raise
