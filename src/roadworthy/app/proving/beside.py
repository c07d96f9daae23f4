"""Work done beside other work."""

from __future__ import annotations

from concurrent.futures import Future
from threading import Thread
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Answer = TypeVar("Answer")


def beside(work: Callable[[], Answer]) -> Future[Answer]:
    """Begin *work* in a thread of its own and return where its answer, or what it raises, will be.

    The thread is a daemon: who is interrupted does not wait for it.
    """
    future: Future[Answer] = Future()

    def do() -> None:
        try:
            future.set_result(work())
        except BaseException as fault:  # noqa: BLE001 - raised where the answer is asked for
            future.set_exception(fault)

    Thread(target=do, daemon=True).start()
    return future
