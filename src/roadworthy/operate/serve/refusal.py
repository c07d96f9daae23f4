"""What a request is answered when it gets no prediction: a status, what is wrong, and what to do about it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from roadworthy.errors import RoadworthyError, WorkerDied, WorkerHung

if TYPE_CHECKING:
    from collections.abc import Sequence

BAD, NOT_FOUND, OTHER_METHOD, TIMED_OUT, TOO_LARGE, OURS, BUSY, TOO_LATE = 400, 404, 405, 408, 413, 500, 503, 504
_SHOWN = 20
_FOLDERS = re.compile(r"(?<![\w.:/])/(?:[^\s/:'\"]+/)+")  # of an absolute path; the file's name stays


class Refusal(Exception):
    """A request that gets no prediction; never seen outside the service."""

    def __init__(self, status: int, problem: str, remedy: str, *, kind: str = "") -> None:
        super().__init__(problem)
        self.kind = kind  # the name of the model's error, for the log
        self.status = status
        self.problem = problem
        self.remedy = remedy

    def body(self) -> dict[str, str]:
        """Return what is answered; `error` is the Open Inference Protocol's."""
        return {"error": self.problem, "remedy": self.remedy}


def of(fault: RoadworthyError) -> Refusal:
    """Return what a request is told when the model failed it: without the traceback, which is for who runs it."""
    problem, kind = cause(fault), type(fault).__name__
    match fault:
        case WorkerHung():
            return Refusal(TOO_LATE, problem, "Try again; the model is being started anew.", kind=kind)
        case WorkerDied():
            return Refusal(BUSY, problem, "Try again; the model is being started anew.", kind=kind)
        case _:
            return Refusal(OURS, problem, fault.remedy, kind=kind)


def cause(fault: RoadworthyError) -> str:
    """Return what is wrong in one line: what a stranger may be told, without a traceback or a folder of this disk."""
    return _FOLDERS.sub("", fault.problem.partition("\n")[0])


def bad(problem: str, remedy: str) -> Refusal:
    """Return what a request is told that is wrong in itself."""
    return Refusal(BAD, problem, remedy)


def listed(names: Sequence[str]) -> str:
    """Return names as they are told; of very many, the first ones."""
    shown = [f"`{name[:80]}`" for name in names[:_SHOWN]]
    return ", ".join([*shown, "…"] if len(names) > _SHOWN else shown)
