"""Many checks at once: while a model answers for one, another is judged; they are told in the order they are given."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from roadworthy.prove.proof import Check

_MOST = 4  # each holds a changed copy of the rows


def made(makes: Sequence[Callable[[], Check]], say: Callable[[int], None] = lambda _: None) -> list[Check]:
    """Return the check of each of *makes*, which may be asked from several threads.

    Args:
        makes: Make the checks.
        say: Told how many are done, after each of them.

    Raises:
        BaseException: What the first of them raises that does; those not yet begun are then left out.
    """
    found: list[Check] = []
    pool = ThreadPoolExecutor(max_workers=min(_MOST, os.cpu_count() or 1))
    try:
        for making in [pool.submit(make) for make in makes]:
            found.append(making.result())
            say(len(found))
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)  # who is interrupted does not wait: the model's end ends them
        raise
    pool.shutdown()
    return found
