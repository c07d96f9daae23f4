"""Putting the previous version back: which one that is."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from roadworthy.ledger.versions.read import Deployment


def previous(deployments: Sequence[Deployment]) -> str | None:
    """Return the version to go back to, given the *deployments* of one environment, oldest first; None: there is none.

    A rollback takes away the version that it left: rolling back twice goes back two versions, and never to the one
    that was just left.
    """
    standing: list[str] = []
    for deployment in deployments:
        if deployment.rollback and deployment.version in standing:
            while standing[-1] != deployment.version:
                standing.pop()
        elif not standing or standing[-1] != deployment.version:
            standing.append(deployment.version)
    return standing[-2] if len(standing) > 1 else None
