"""Doing the steps of a plan: each may be repeated, and a crash between two is mended by planning again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from roadworthy.platform.workspace.plan import Remove

if TYPE_CHECKING:
    from collections.abc import Sequence

    from roadworthy.platform.workspace.plan import Step, Value
    from roadworthy.platform.workspace.resource import Kind


class Host(Protocol):
    """What a workspace is made on."""

    def put(self, kind: Kind, name: str, value: Value) -> None:
        """Make a resource so, or bring it back so. May be repeated.

        Raises:
            StorageError: The disk is full.
        """

    def remove(self, kind: Kind, name: str) -> None:
        """Put a resource away as a tombstone; nothing of its content is deleted. May be repeated."""


def apply(steps: Sequence[Step], host: Host) -> None:
    """Do *steps* in their order."""
    for step in steps:
        if isinstance(step, Remove):
            host.remove(step.kind, step.name)
        else:
            host.put(step.kind, step.name, step.value)
