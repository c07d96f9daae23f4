"""What a tag claims by its name and annotation, and whether a record bears it out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Self

from roadworthy.ledger.objects.address import Address
from roadworthy.ledger.versions.names import DeploymentName, VersionName, format_number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from roadworthy.ledger.records.record import Record
    from roadworthy.ledger.repo.tag import Tag

_RECORD_LINE = re.compile(r"^Record: (blake3:[0-9a-f]{64})$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Claim:
    """That there is a record of *kind* whose body says *wanted*."""

    kind: Literal["version", "deployment"]
    wanted: Mapping[str, object]

    @classmethod
    def of_version(cls, tag: Tag, name: VersionName) -> Self:
        """Return what *tag*, which bears the name of a version, claims."""
        version = format_number(name.number)
        return cls("version", {"tag": tag.name, "commit": tag.commit, "model": name.model, "version": version})

    @classmethod
    def of_deployment(cls, tag: Tag, name: DeploymentName) -> Self:
        """Return what *tag*, which bears the name of a deployment, claims."""
        where = {"model": name.model, "environment": name.environment, "number": name.number}
        return cls("deployment", {"tag": tag.name, **where})

    def fault(self, record: Record) -> str | None:
        """Return in which way *record* does not bear the claim out, or None when it does."""
        if record.kind != self.kind:
            return f"its record is of a {record.kind}, not of a {self.kind}."
        for name, value in self.wanted.items():
            if record.body.get(name) != value:
                return f"its record says {name} {record.body.get(name)!r}, and the tag {value!r}."
        return None


def claim_of(tag: Tag) -> Claim | None:
    """Return what *tag* claims, or None when its name is neither a version's nor a deployment's."""
    if (version := VersionName.parse(tag.name)) is not None:
        return Claim.of_version(tag, version)
    if (deployment := DeploymentName.parse(tag.name)) is not None:
        return Claim.of_deployment(tag, deployment)
    return None


def record_named(tag: Tag) -> Address | None:
    """Return the record that the annotation of *tag* names, or None."""
    named = _RECORD_LINE.findall(tag.message)
    return Address(named[-1]) if named else None
