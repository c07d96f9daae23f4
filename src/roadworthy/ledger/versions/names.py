"""The names of version and deployment tags, in GTO's grammar: `delay@v1.4.0`, `folder=delay#production#8`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

from roadworthy.errors import UsageError

_NAME = r"[A-Za-z0-9][A-Za-z0-9_-]*"
_FOLDER = r"(?:(?P<folder>[A-Za-z0-9_][A-Za-z0-9_./-]*)=)?"
_NUMBER = r"(?:0|[1-9][0-9]*)"
_VERSION = re.compile(rf"v(?P<major>{_NUMBER})\.(?P<minor>{_NUMBER})\.(?P<patch>{_NUMBER})")
_VERSION_TAG = re.compile(rf"{_FOLDER}(?P<model>{_NAME})@(?P<version>{_VERSION.pattern})")
_DEPLOYMENT_TAG = re.compile(rf"{_FOLDER}(?P<model>{_NAME})#(?P<environment>{_NAME})#(?P<number>[1-9][0-9]*)")

Number = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class VersionName:
    """The name of a version: `str` is its tag."""

    model: str
    number: Number
    folder: str = ""

    def __str__(self) -> str:
        return _checked(f"{_prefix(self.folder)}{self.model}@{format_number(self.number)}", _VERSION_TAG)

    @classmethod
    def parse(cls, tag: str) -> Self | None:
        """Return the name that *tag* bears, or None when it is no version's."""
        found = _VERSION_TAG.fullmatch(tag)
        if found is None:
            return None
        return cls(
            found["model"], (int(found["major"]), int(found["minor"]), int(found["patch"])), found["folder"] or ""
        )


@dataclass(frozen=True, slots=True)
class DeploymentName:
    """The name of a deployment: `str` is its tag."""

    model: str
    environment: str
    number: int
    folder: str = ""

    def __str__(self) -> str:
        return _checked(f"{_prefix(self.folder)}{self.model}#{self.environment}#{self.number}", _DEPLOYMENT_TAG)

    @classmethod
    def parse(cls, tag: str) -> Self | None:
        """Return the name that *tag* bears, or None when it is no deployment's."""
        found = _DEPLOYMENT_TAG.fullmatch(tag)
        if found is None:
            return None
        return cls(found["model"], found["environment"], int(found["number"]), found["folder"] or "")


def parse_number(text: str) -> Number:
    """Return the number of a version that a user wrote: `v1.2.3` or `1.2.3`.

    Raises:
        UsageError: It is not of that form.
    """
    found = _VERSION.fullmatch(text if text.startswith("v") else f"v{text}")
    if found is None:
        raise UsageError(f"{text!r} is not a version.", remedy="Write it as v1.2.3; `roadworthy history` lists them.")
    return int(found["major"]), int(found["minor"]), int(found["patch"])


def format_number(number: Number) -> str:
    """Return `v1.2.3` for `(1, 2, 3)`."""
    return "v" + ".".join(str(part) for part in number)


def _prefix(folder: str) -> str:
    return f"{folder}=" if folder else ""


def _checked(tag: str, form: re.Pattern[str]) -> str:
    if not form.fullmatch(tag) or ".." in tag or "//" in tag or "/." in tag or "/=" in tag:
        raise UsageError(
            f"{tag!r} cannot be the name of a tag.",
            remedy="Name the model, the environment and the project's folder in letters, digits, `-` and `_`.",
        )
    return tag
