"""`NAME.pin`: the committed file that names a dataset's exact bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from roadworthy.declare.form import Digest


@dataclass(frozen=True)
class Pin:
    """The whole of a pin: `files` is left out for a single file; `source` says what it was read from, and when."""

    apiVersion: Literal["roadworthy/v1alpha1"]
    address: Digest
    size: int
    files: int | None = None
    source: Mapping[str, str] = field(default_factory=dict)
