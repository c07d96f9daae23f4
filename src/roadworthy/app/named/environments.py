"""Which environments a project has: those its profile declares, or, where it declares none, those in use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from roadworthy.declare.fault import did_you_mean
from roadworthy.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Sequence

    from roadworthy.declare.project import Declared


def refuse_undeclared(project: Declared, name: str) -> None:
    """Raise when the profile declares environments, and *name* is none of them.

    Raises:
        NotFound: So it is.
    """
    declared = project.profile.environments
    if not declared or name in declared:
        return
    near = did_you_mean(name, declared)
    raise NotFound(
        f"profile.yaml declares no environment {name}{f': did you mean {near}?' if near else '.'}",
        remedy=f"It declares: {', '.join(declared)}.",
    )


def undeclared(project: Declared, name: str, used: Sequence[str]) -> str | None:
    """Return what somebody who deploys to *name* should know where the profile declares no environments, or None.

    Args:
        project: The project.
        name: The environment.
        used: The environments that something was deployed to before.
    """
    if project.profile.environments:
        return None
    near = None if name in used else did_you_mean(name, used)
    meant = f" Did you mean {near}, where something is deployed?" if near else ""
    return (
        f"profile.yaml declares no environments, so {name} is taken as it was written.{meant} To have others refused, "
        f"declare it there: `environments: {{{name}: {{from: main}}}}`."
    )


def where_else(name: str, used: Sequence[str], otherwise: str) -> str:
    """Return the remedy for an environment where nothing is deployed: the one that was meant, or else *otherwise*."""
    near = did_you_mean(name, [one for one in used if one != name])
    return f"Did you mean {near}? {otherwise}" if near else otherwise
