"""A sample: parameters of `ci.feature.params` put over the commit's, in the checkout alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from roadworthy.errors import NotFound, UsageError
from roadworthy.ledger.objects.write import write_bytes
from roadworthy.ledger.repo.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PARAMS = "params.yaml"
_MOST = 1 << 20  # bytes of the file


def overlay(place: Path, commit: str, sample: Mapping[str, object]) -> None:
    """Write the parameters of *commit* with *sample* over them into the checkout at *place*.

    Raises:
        UsageError: The commit has no such parameters, or its file of them cannot be read.
    """
    try:
        # As git has it: the file in the checkout may be a link to another.
        params = yaml.safe_load(Repository(place).show(commit, PARAMS, at_most=_MOST))
    except (NotFound, yaml.YAMLError) as fault:
        raise _wrong(f"{PARAMS} cannot be read") from fault
    for name, value in sample.items():
        _put(params, name, value)
    write_bytes(place / PARAMS, yaml.safe_dump(params, sort_keys=False).encode(), aside=place / ".roadworthy")


def _put(params: Any, name: str, value: object) -> None:
    *folders, last = name.split(".")
    inside = params
    for folder in folders:
        inside = inside.get(folder) if isinstance(inside, dict) else None
    if not isinstance(inside, dict) or last not in inside:
        raise _wrong(f"{PARAMS} has no {name}")
    inside[last] = value


def _wrong(why: str) -> UsageError:
    return UsageError(
        f"No sample can be run: {why}.",
        remedy="Name parameters that there are under `ci.feature.params` in profile.yaml.",
    )
