"""The number of the next version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, assert_never

if TYPE_CHECKING:
    from collections.abc import Sequence

Bump = Literal["major", "minor", "patch"]
Number = tuple[int, int, int]

_NONE: Number = (0, 0, 0)
_FIRST_MODEL: Number = (1, 0, 0)


def next_number(released: Sequence[Number], bump: Bump | None, *, is_baseline: bool) -> Number:
    """Return the number after the highest of *released*.

    Unless *bump* says otherwise, the first baseline is 0.1.0 and the first other model 1.0.0; after that the minor
    number rises.

    Source:
        Semantic Versioning 2.0.0; what is compatible is for the team to say.
    """
    highest = max(released, default=_NONE)
    return _raise(highest, bump or ("minor" if is_baseline or highest >= _FIRST_MODEL else "major"))


def _raise(number: Number, bump: Bump) -> Number:
    major, minor, patch = number
    match bump:
        case "major":
            return (major + 1, 0, 0)
        case "minor":
            return (major, minor + 1, 0)
        case "patch":
            return (major, minor, patch + 1)
        case _:
            assert_never(bump)
