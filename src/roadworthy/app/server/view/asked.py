"""What a project asks for: the steps to it, and what each push would do."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from roadworthy.app.server.alerting.channels import warned
from roadworthy.app.server.at_commit import commit_of, on_platform
from roadworthy.app.server.context import Reading, profile_now
from roadworthy.app.server.operate import planned
from roadworthy.app.server.platform import SPEAKER
from roadworthy.errors import NotFound
from roadworthy.ledger.objects.address import Address
from roadworthy.ledger.objects.folder import addresses_in, open_plain
from roadworthy.platform.automate.rules.branch import rules_of
from roadworthy.platform.automate.rules.show import show
from roadworthy.platform.workspace.plan import line

if TYPE_CHECKING:
    from roadworthy.app.server.platform import Platform

Json = dict[str, Any]


def plan(platform: Platform, name: str, revision: str) -> tuple[str, list[dict[str, str]]]:
    """Return the commit that *revision* names, and the steps to what it asks for.

    Raises:
        NotFound: There is no such commit, or no profile in it.
        InvalidDeclaration: Its profile has faults.
    """
    platform.known(name)
    commit = commit_of(on_platform(platform.home, name, SPEAKER), name, revision)
    steps = warned(platform, name, planned(platform, name, commit))
    return commit, [
        {"sign": one.sign, "kind": one.kind, "name": one.name, "why": one.why, "line": line(one)} for one in steps
    ]


def rules(platform: Platform, name: str) -> list[Json]:
    """Return what each push would do, by the profile of the default branch.

    Raises:
        NotFound: There is no profile yet.
    """
    platform.known(name)
    reading = Reading(platform, name)
    profile = profile_now(reading)
    if profile is None:
        raise NotFound(f"{name} has no profile.yaml on main yet.", remedy="Push one: `roadworthy new` makes it.")
    return [asdict(one) for one in show(rules_of(profile, reading.default()))]


def records(platform: Platform, name: str) -> list[str]:
    """Return the address of every record that the bucket of a project keeps, in order."""
    platform.known(name)
    return sorted(addresses_in(platform.home.bucket(name) / "records", ".json"))


def some_records(platform: Platform, name: str, addresses: list[str]) -> dict[str, str]:
    """Return those of the records *addresses* that the bucket of a project keeps, as signed envelopes."""
    platform.known(name)
    kept = platform.home.ledger(name, SPEAKER).records
    found = {}
    for address in addresses:
        with suppress(FileNotFoundError), open_plain(kept.path(Address(address))) as file:
            found[address] = file.read().decode("utf-8", "replace")
    return found
