"""Putting a version into an environment: the next deployment there, which names the one it follows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from roadworthy.errors import Conflict, IntegrityError
from roadworthy.ledger.versions.names import DeploymentName
from roadworthy.ledger.versions.read import history
from roadworthy.operate.release.write import after_all

if TYPE_CHECKING:
    from collections.abc import Mapping

    from roadworthy.ledger.ledger import Ledger
    from roadworthy.ledger.objects.address import Address
    from roadworthy.ledger.repo.repository import Repository
    from roadworthy.ledger.versions.read import Deployment, History, Version


@dataclass(frozen=True, slots=True)
class Place:
    """Where a model is deployed: the project's folder in the repository, and the environment's name."""

    folder: str
    environment: str


@dataclass(frozen=True, slots=True)
class Deployed:
    """A deployment, the one before it, and whether it was made now or was there already."""

    deployment: Deployment
    before: Deployment | None
    created: bool


def deploy(
    repo: Repository, ledger: Ledger, version: Version, place: Place, seen: History, *, rollback: bool = False
) -> Deployed:
    """Make *version* the next deployment in *place*, after what *seen* shows as the current one.

    Returns:
        The deployment; the current one when that is of *version* already, and surely in place.

    Raises:
        Conflict: Another deployment came between *seen* and now: nothing was changed.
    """
    current = seen.current(place.environment)
    unsure = any(one.cause == "damaged" for one in seen.newer(place.environment))
    if current is not None and current.version == version.name and not unsure:
        return Deployed(current, current, created=False)
    name = DeploymentName(version.model, place.environment, _next(seen, version.model, place), place.folder)
    body = {**_body(name, version, current, rollback=rollback), "local": ledger.is_local}
    record = ledger.keep("deployment", body, {"version": version.record})
    try:
        repo.create_tag(
            str(name), version.commit, _message(name, version, record, body),
            after_all(repo.tags(), version.model, place.folder),
        )  # fmt: skip
    except Conflict as fault:
        raise Conflict(
            f"Somebody made {name} first: nothing was changed.",
            remedy="Look at `roadworthy history`, and deploy again if it is still wanted.",
        ) from fault
    return Deployed(_made(repo, ledger, name), current, created=True)


def _next(seen: History, model: str, place: Place) -> int:
    # A tag that does not count has taken its number all the same.
    ignored = [DeploymentName.parse(one.tag) for one in seen.ignored]
    taken = [one.number for one in seen.of(place.environment)]
    taken += [
        one.number for one in ignored if one is not None and (one.model, one.environment) == (model, place.environment)
    ]
    return max(taken, default=0) + 1


def _body(name: DeploymentName, version: Version, current: Deployment | None, *, rollback: bool) -> dict[str, object]:
    return {
        "model": name.model,
        "environment": name.environment,
        "number": name.number,
        "version": version.name,
        "tag": str(name),
        "version_record": version.record,
        "follows": None if current is None else current.record,
        "rollback": rollback,
    }


def _message(name: DeploymentName, version: Version, record: Address, body: Mapping[str, object]) -> str:
    verb, where = "rolled back to" if body["rollback"] else "is now", " (local)" if body["local"] else ""
    return f"{name.model} in {name.environment} {verb} {version.name}{where}\n\nRecord: {record}\n"


def _made(repo: Repository, ledger: Ledger, name: DeploymentName) -> Deployment:
    now = history(repo, ledger, name.model, folder=name.folder)
    for deployment in now.of(name.environment):
        if deployment.tag == str(name):
            return deployment
    raise IntegrityError(f"The tag {name} was made and does not count.", remedy="See why: `roadworthy history`.")
