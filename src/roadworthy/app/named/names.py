"""What can be named in the project here: stages, versions, environments, revisions, data. For completion in a shell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from roadworthy.app.local import declared, open_local
from roadworthy.ledger.versions.names import DeploymentName, VersionName, format_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from roadworthy.app.local import Local


def stages() -> Sequence[str]:
    """Return the stages, as `run` names them, and the groups that some of them are in."""
    from roadworthy.app.run import graph_of

    local = open_local(recall=True)
    found = graph_of(declared(local), local.ledger).stages
    return tuple(dict.fromkeys((*found, *(stage.group for stage in found.values() if stage.group))))


def versions() -> Sequence[str]:
    """Return the versions that tags claim, the latest first; whether a tag counts is seen when it is used."""
    local = open_local(recall=True)
    names = [VersionName.parse(tag.name) for tag in local.repo.tags("*@*")]
    numbers = {name.number for name in names if name is not None and name.folder == local.prefix}
    return tuple(format_number(number) for number in sorted(numbers, reverse=True))


def environments() -> Sequence[str]:
    """Return the environments that the profile declares, and those in use."""
    local = open_local(recall=True)
    return tuple(dict.fromkeys((*declared(local).profile.environments, *_used(local))))


def revisions() -> Sequence[str]:
    """Return branches, those of remotes too, and the tags of versions."""
    names = open_local(recall=True).repo.references()
    return ("HEAD", *(name for name in names if DeploymentName.parse(name) is None))


def models() -> Sequence[str]:
    """Return the models that were released, or are to be."""
    from roadworthy.app.history import models_of

    return sorted(models_of(open_local(recall=True)))


def sources() -> Sequence[str]:
    """Return the sources that pipeline.yaml declares."""
    return tuple(declared(open_local(recall=True)).pipeline.sources)


def data() -> Sequence[str]:
    """Return the data that is pinned."""
    from roadworthy.app.data import pinned_here

    return pinned_here(open_local(recall=True))


def _used(local: Local) -> Sequence[str]:
    names = [DeploymentName.parse(tag.name) for tag in local.repo.tags("*#*")]
    return [name.environment for name in names if name is not None and name.folder == local.prefix]
