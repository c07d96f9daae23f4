"""A job, as a value: what is asked for, what follows it, and where it stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Self

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Row

State = Literal["queued", "running", "done", "failed", "cancelled"]
Outcome = Literal["passed", "failed"]  # of the work: `failed` means that it was done and says no
_THEN = "then"


@dataclass(frozen=True, slots=True)
class NewJob:
    """Work that is asked for.

    Attributes:
        key: Names the work: a second job of the same key is not made.
        kind: Who does it: `check` a runner, `apply`, `release`, `deploy` and `alert` the server.
        payload: What it is about, as JSON.
        priority: Among the jobs of its project, the greater first.
        run_at: Milliseconds since 1970; None for at once.
        then: What is asked for when this one has passed, in the transaction that says so.
    """

    project: str
    key: str
    kind: str
    payload: Mapping[str, Any]
    priority: int = 0
    run_at: int | None = None
    then: tuple[NewJob, ...] = ()

    def document(self) -> dict[str, Any]:
        """Return the payload as it is kept, with what follows inside."""
        follows = {_THEN: [_as_json(one) for one in self.then]} if self.then else {}
        return {**self.payload, **follows}

    @classmethod
    def follows(cls, project: str, document: Mapping[str, Any]) -> tuple[Self, ...]:
        """Return what follows the job whose kept payload is *document*."""
        return tuple(
            cls(project, one["key"], one["kind"], _payload(one["payload"]), one["priority"],
                then=cls.follows(project, one["payload"]))
            for one in document.get(_THEN, ())
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Job:
    """Work, and where it stands.

    Attributes:
        state: `done` when there is a verdict, whatever it is; `failed` when it could not be done.
        run_at: When it may begin; of one that was claimed, when it last began.
        fence: How often it was claimed: whoever writes for it must know the last number.
        cancel: Whether it was asked to stop.
        result: What came of it: `outcome` is `passed` or `failed`.
        reason: Why it stands where it does, in words.
    """

    id: int
    project: str
    key: str
    kind: str
    payload: Mapping[str, Any]
    cause: int | None
    state: State
    priority: int
    run_at: int
    attempts: int
    fence: int
    owner: str | None
    lease_until: int | None
    cancel: bool
    result: Mapping[str, Any] | None
    reason: str | None
    created_at: int
    finished_at: int | None
    then: tuple[NewJob, ...] = field(default=(), repr=False)

    @classmethod
    def of(cls, row: Row[Any]) -> Self:
        """Return the job of a *row* of the table."""
        values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it
        document = values.pop("payload")
        values["cancel"] = bool(values["cancel"])
        return cls(**values, payload=_payload(document), then=NewJob.follows(values["project"], document))

    @property
    def passed(self) -> bool:
        """Whether it was done, and says yes."""
        return self.state == "done" and (self.result or {}).get("outcome") == "passed"


def _payload(document: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name != _THEN}


def _as_json(new: NewJob) -> dict[str, Any]:
    return {"key": new.key, "kind": new.kind, "priority": new.priority, "payload": new.document()}
