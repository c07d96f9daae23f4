"""The discussion of a change: comments with what they are about, answers to them, and whether each is resolved."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, Self, get_args

from roadworthy.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from roadworthy.platform.change.said import Said

About = Literal["change", "line", "plot", "slice", "row"]
ABOUTS: tuple[About, ...] = get_args(About)
LONGEST = 20_000  # characters of a comment
_AROUND = 2  # lines before and after the one that a comment is about
_NAME = 500  # characters


@dataclass(frozen=True, slots=True)
class Anchor:
    """What a comment is about, by its content, so that it is found again after a change or another run.

    Attributes:
        about: Which kind of thing.
        name: Of a line its file; of a plot or slice its name; of a row its key.
        line: Of a line: its number when it was commented, from 1.
        text: Of a line: what it says.
        before: The lines before it.
        after: Those after it.
    """

    about: About = "change"
    name: str = ""
    line: int = 0
    text: str = ""
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Self:
        """Return what the body of a record says."""
        return cls(body["about"], body["name"], body["line"], body["text"], tuple(body["before"]), tuple(body["after"]))

    def as_json(self) -> dict[str, Any]:
        """Return it as records and the API have it."""
        return {**asdict(self), "before": list(self.before), "after": list(self.after)}


EVERYTHING: Final = Anchor()  # the change as a whole


def anchored(path: str, line: int, lines: Sequence[str]) -> Anchor:
    """Return the anchor of a line of a file.

    Raises:
        UsageError: The file has no such line.
    """
    if not 1 <= line <= len(lines):
        raise UsageError(f"{path} has {len(lines)} lines, and no line {line}.", remedy="Name a line that it has.")
    at = line - 1
    return Anchor(
        "line", path, line, lines[at], tuple(lines[max(0, at - _AROUND) : at]), tuple(lines[at + 1 : at + 1 + _AROUND])
    )


def place_of(anchor: Anchor, lines: Sequence[str]) -> int | None:
    """Return the number of the line that *anchor* is about in what its file says now; None when it is gone.

    Of several lines that say the same, the one whose neighbours do counts, and then the nearest.
    """
    same = [at for at, text in enumerate(lines) if text == anchor.text]
    if not same:
        return None

    def likeness(at: int) -> tuple[int, int]:
        before = lines[max(0, at - len(anchor.before)) : at]
        after = lines[at + 1 : at + 1 + len(anchor.after)]
        alike = sum(one == other for one, other in zip(reversed(before), reversed(anchor.before), strict=False))
        alike += sum(one == other for one, other in zip(after, anchor.after, strict=False))
        return alike, -abs(at + 1 - anchor.line)

    return max(same, key=likeness) + 1


def refuse_text(text: str) -> None:
    """Refuse a comment that says nothing, or too much.

    Raises:
        UsageError: So it does.
    """
    if not text.strip() or len(text) > LONGEST or "\0" in text:
        raise UsageError(f"A comment has 1 to {LONGEST:,} characters.", remedy="Say it in so many, or link to a file.")


def refuse_name(anchor: Anchor, *, rows: bool) -> None:
    """Refuse what a comment cannot be about.

    Raises:
        UsageError: It names nothing; or it names a row, of which the project wants nothing said.
    """
    if anchor.about != "change" and (
        not anchor.name.strip() or len(anchor.name) > _NAME or not anchor.name.isprintable()
    ):
        raise UsageError(f"A comment on a {anchor.about} names it.", remedy=f"Give the name of the {anchor.about}.")
    if anchor.about == "row" and not rows:
        raise UsageError(
            "Rows are not named in comments: profile.yaml says `review: {rows: never}`.",
            remedy="Comment on the slice that the row is in.",
        )


def resolved(all_said: Iterable[Said]) -> dict[str, Said]:
    """Return the comments that were resolved, and not opened again, with who resolved them."""
    found: dict[str, Said] = {}
    for one in all_said:
        found.pop(one.body["comment"], None)
        if one.body["state"] == "resolved":
            found[one.body["comment"]] = one
    return found
