"""Versions and deployments, read from tags: a tag is a claim, and counts only when a signed record bears it out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from roadworthy.errors import IntegrityError, NotFound
from roadworthy.ledger.versions.claim import Claim, record_named
from roadworthy.ledger.versions.names import DeploymentName, Number, VersionName, format_number, parse_number

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from roadworthy.ledger.ledger import Ledger
    from roadworthy.ledger.objects.address import Address
    from roadworthy.ledger.records.record import Record
    from roadworthy.ledger.repo.repository import Repository
    from roadworthy.ledger.repo.tag import Tag


@dataclass(frozen=True, slots=True)
class Version:
    """A numbered model: its tag, the commit it was made from, and the record that bears it out."""

    model: str
    number: Number
    tag: str
    commit: str
    record: Address
    at: datetime

    @property
    def name(self) -> str:
        """The version as people write it: `v1.2.3`."""
        return format_number(self.number)


@dataclass(frozen=True, slots=True)
class Deployment:
    """A version put into an environment: the `number`-th there. `local`: made on a laptop, outside a platform."""

    model: str
    environment: str
    number: int
    version: str
    tag: str
    commit: str
    record: Address
    at: datetime
    local: bool
    rollback: bool


Cause = Literal["damaged", "absent", "untrue"]


@dataclass(frozen=True, slots=True)
class Ignored:
    """A tag that claims to be a version or a deployment and does not count, with the reason.

    Its record, or that of the version it deploys, is damaged here, or is not here, or does not bear it out.
    """

    tag: str
    reason: str
    cause: Cause = "untrue"


@dataclass(frozen=True, slots=True)
class History:
    """Every version (by number) and deployment (by environment and number) that counts, and the tags that do not."""

    versions: tuple[Version, ...]
    deployments: tuple[Deployment, ...]
    ignored: tuple[Ignored, ...]

    def version(self, name: str) -> Version | None:
        """Return the version called `v1.2.3`, or None."""
        number = parse_number(name)
        return next((one for one in self.versions if one.number == number), None)

    @property
    def environments(self) -> tuple[str, ...]:
        """Every environment that something was deployed to, or is claimed to have been."""
        claimed = [name.environment for one in self.ignored if (name := DeploymentName.parse(one.tag)) is not None]
        return tuple(dict.fromkeys((*(one.environment for one in self.deployments), *claimed)))

    def of(self, environment: str) -> tuple[Deployment, ...]:
        """Return the deployments to *environment*, oldest first."""
        return tuple(one for one in self.deployments if one.environment == environment)

    def current(self, environment: str) -> Deployment | None:
        """Return what is deployed in *environment*, or None."""
        return next(reversed(self.of(environment)), None)

    def newer(self, environment: str) -> tuple[Ignored, ...]:
        """Return the deployments to *environment* that do not count and claim to follow the current one, latest first.

        Of those with one cause the latest stands for all.
        """
        current = self.current(environment)
        least = 0 if current is None else current.number
        found = [(name.number, one) for one in self.ignored if (name := _claims(one, environment)) is not None]
        latest = {one.cause: one for number, one in sorted(found, key=lambda pair: pair[0]) if number > least}
        return tuple(one for _, one in sorted(found, key=lambda pair: -pair[0]) if one in latest.values())


def history(
    repo: Repository, ledger: Ledger, model: str, *, folder: str = "", as_of: datetime | None = None
) -> History:
    """Return the versions and deployments of *model* in the project *folder*, as they stood at *as_of* (or now)."""
    tags = [tag for tag in repo.tags() if as_of is None or (tag.at is not None and tag.at <= as_of)]
    versions = [
        _version(ledger, tag, name)
        for tag in tags
        if (name := VersionName.parse(tag.name)) is not None and (name.model, name.folder) == (model, folder)
    ]
    counting = {one.name: one for one in versions if isinstance(one, Version)}
    refused = {one.tag.rpartition("@")[2]: one for one in versions if isinstance(one, Ignored)}
    deployments = [
        _deployment(ledger, tag, place, (counting, refused))
        for tag in tags
        if (place := DeploymentName.parse(tag.name)) is not None and (place.model, place.folder) == (model, folder)
    ]
    return History(
        versions=tuple(sorted(counting.values(), key=lambda one: one.number)),
        deployments=tuple(
            sorted(
                (one for one in deployments if isinstance(one, Deployment)),
                key=lambda one: (one.environment, one.number),
            )
        ),
        ignored=tuple(one for one in (*versions, *deployments) if isinstance(one, Ignored)),
    )


def versions(repo: Repository, ledger: Ledger, model: str, *, folder: str = "") -> tuple[Version, ...]:
    """Return the versions of *model* that count, by number."""
    return history(repo, ledger, model, folder=folder).versions


def version(repo: Repository, ledger: Ledger, model: str, name: str, *, folder: str = "") -> Version:
    """Return the version of *model* called e.g. `v1.0.0`.

    Raises:
        NotFound: There is none, or its tag does not count; the reason is told.
        UsageError: *name* is not a version.
    """
    known = history(repo, ledger, model, folder=folder)
    found = known.version(name)
    if found is not None:
        return found
    tag = str(VersionName(model, parse_number(name), folder))
    reason = next((one.reason for one in known.ignored if one.tag == tag), "")
    raise NotFound(
        f"The tag {tag} does not count as a version: {reason}" if reason else f"There is no version {name} of {model}.",
        remedy="`roadworthy history` lists the versions that there are.",
    )


def deployments(
    repo: Repository, ledger: Ledger, model: str, environment: str, *, folder: str = ""
) -> tuple[Deployment, ...]:
    """Return the deployments of *model* to *environment* that count, oldest first."""
    return history(repo, ledger, model, folder=folder).of(environment)


def current(
    repo: Repository, ledger: Ledger, model: str, environment: str, *, folder: str = "", as_of: datetime | None = None
) -> Deployment | None:
    """Return what is deployed in *environment* now (or was at *as_of*), or None."""
    return history(repo, ledger, model, folder=folder, as_of=as_of).current(environment)


def record_line(record: Address) -> str:
    """Return the line of a tag's message that names the record that bears it out."""
    return f"Record: {record}"


def _version(ledger: Ledger, tag: Tag, name: VersionName) -> Version | Ignored:
    found = _borne_out(ledger, tag, Claim.of_version(tag, name))
    if isinstance(found, Ignored) or tag.at is None:
        return found if isinstance(found, Ignored) else _unannotated(tag)
    return Version(name.model, name.number, tag.name, tag.commit, found[0], tag.at)


def _deployment(
    ledger: Ledger, tag: Tag, name: DeploymentName, released: tuple[Mapping[str, Version], Mapping[str, Ignored]]
) -> Deployment | Ignored:
    found = _borne_out(ledger, tag, Claim.of_deployment(tag, name))
    if isinstance(found, Ignored) or tag.at is None:
        return found if isinstance(found, Ignored) else _unannotated(tag)
    address, record = found
    (counting, refused), number = released, str(record.body.get("version"))
    deployed, why = counting.get(number), refused.get(number)
    if deployed is None and why is not None:
        return Ignored(tag.name, f"it deploys {number}, which does not count: {why.reason}", why.cause)
    if deployed is None:
        return Ignored(tag.name, f"it deploys {number}, which is no version that counts.")
    if deployed.record != record.body.get("version_record") or deployed.commit != tag.commit:
        return Ignored(tag.name, f"it deploys another {deployed.name} than the one that counts.")
    return Deployment(
        model=name.model,
        environment=name.environment,
        number=name.number,
        version=deployed.name,
        tag=tag.name,
        commit=tag.commit,
        record=address,
        at=tag.at,
        local=record.authority == "local",
        rollback=bool(record.body.get("rollback")),
    )


def _borne_out(ledger: Ledger, tag: Tag, claim: Claim) -> tuple[Address, Record] | Ignored:
    """Return the record that bears *tag* out, or why none does."""
    address = record_named(tag)
    if address is None:
        return _unannotated(tag)
    try:
        record = ledger.records.read(address)
    except NotFound as fault:
        return Ignored(tag.name, fault.problem, "absent")
    except IntegrityError as fault:
        return Ignored(tag.name, fault.problem, "damaged" if ledger.records.is_damaged(address) else "untrue")
    fault_of_claim = claim.fault(record)
    return (address, record) if fault_of_claim is None else Ignored(tag.name, fault_of_claim)


def _claims(ignored: Ignored, environment: str) -> DeploymentName | None:
    name = DeploymentName.parse(ignored.tag)
    return name if name is not None and name.environment == environment else None


def _unannotated(tag: Tag) -> Ignored:
    return Ignored(tag.name, "its annotation names no record.")
