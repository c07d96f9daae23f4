"""Every error that Roadworthy raises on purpose.

A `RoadworthyError` means that the user can act: it is shown without a traceback, as a problem and its remedy. Anything
else that escapes is a bug of ours: exit status 70, a log file, and what to paste.

::

    RoadworthyError                 1  failed
    ├── UsageError                  2  the command cannot be read so
    │   └── InvalidDeclaration      2  a declared file has faults (all of them, with line and column): also a cycle, or
    │                                  two stages with one output
    ├── NotAProject                 1  no profile.yaml here or above
    ├── NotARepository              1  no git repository here or above
    ├── GitFailed                   1  git refused, in its own words
    ├── DirtyTree                   1  uncommitted changes where a clean commit is needed
    ├── NotFound                    1  a dataset, stage, version, record … that is not there
    ├── IntegrityError              1  stored bytes do not match their address, or a record its signature
    ├── StorageError                1  the disk is full, a folder is read-only
    ├── PipelineError               1  a missing dependency; what only shows once every `${…}` is filled in
    ├── StageFailed                 1  a stage failed, hung, was killed, or broke its declaration
    ├── EnvironmentFailed           1  a project's Python environment cannot be made
    ├── ModelError                  1  a model does not do what it declares
    │   ├── LoadFailed              1  its load raised
    │   ├── WorkerHung              1  no answer within the limit
    │   ├── WorkerDied              1  its process ended
    │   ├── PredictFailed           1  its predict raised
    │   └── BadPrediction           1  wrong length, order, columns, type, or NaN
    ├── TestsFailed                 3  a gate or test says no
    ├── NotAllowed                  4  this actor may not do that
    ├── Conflict                    5  somebody else was first; look again
    └── Unreachable                 6  a bucket, registry or server does not answer
"""

from __future__ import annotations

from typing import ClassVar


class RoadworthyError(Exception):
    """Something the user can mend: says what is wrong and what to do about it."""

    status: ClassVar[int] = 1

    def __init__(self, problem: str, *, remedy: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.remedy = remedy

    def __str__(self) -> str:
        # After several lines, such as a traceback, the remedy stands in a line of its own.
        return ("\n" if "\n" in self.problem else " ").join((self.problem, self.remedy))


class UsageError(RoadworthyError):
    """The command cannot be carried out as it was given."""

    status = 2


class InvalidDeclaration(UsageError):
    """A declared file has faults; *problem* lists every one with its file, line and column.

    A cycle of stages, and an output of two of them, are faults of the file where their paths are written out.
    """


class NotAProject(RoadworthyError):
    """There is no project here: no `profile.yaml` in this folder or above it."""


class NotARepository(RoadworthyError):
    """There is no git repository here or above."""


class GitFailed(RoadworthyError):
    """git refused what it was asked to do; its own words are the problem."""


class DirtyTree(RoadworthyError):
    """The working tree has uncommitted changes where a clean commit is needed."""


class NotFound(RoadworthyError):
    """What was asked for by name is not there."""


class IntegrityError(RoadworthyError):
    """Stored bytes do not match their address, or a record its signature."""


class StorageError(RoadworthyError):
    """Bytes cannot be written: the disk is full or the folder is read-only."""


class PipelineError(RoadworthyError):
    """The pipeline cannot be run: a dependency is missing, or what `${…}` stands for does not fit together."""


class StageFailed(RoadworthyError):
    """A stage failed, hung, was killed, or did something it did not declare."""


class EnvironmentFailed(RoadworthyError):
    """A project's Python environment cannot be made from its lock."""


class ModelError(RoadworthyError):
    """A model does not do what it declares."""


class LoadFailed(ModelError):
    """A model's `load` raised, or returned something without `predict`."""


class WorkerHung(ModelError):
    """A model's worker did not answer within its limit."""


class WorkerDied(ModelError):
    """A model's worker process ended before it answered."""


class PredictFailed(ModelError):
    """A model's `predict` raised."""


class BadPrediction(ModelError):
    """A model's answer has the wrong length, columns, order or type, or holds NaN."""


class TestsFailed(RoadworthyError):
    """A gate or a test says no."""

    status = 3
    __test__ = False  # not a test class, whatever its name begins with


class NotAllowed(RoadworthyError):
    """The actor may not do this."""

    status = 4


class Conflict(RoadworthyError):
    """Somebody else was first: nothing was changed; look again."""

    status = 5


class Unreachable(RoadworthyError):
    """A bucket, a registry or a server does not answer."""

    status = 6
