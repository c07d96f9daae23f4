"""Where the working tree stands: commit, branch, and which files differ."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Status:
    """What `git status` knows.

    Attributes:
        head: The commit, or None before the first one.
        branch: The branch, or None when none is checked out.
        changed: Paths from the repository's root that differ from the commit or are untracked; ignored ones left out.
    """

    head: str | None
    branch: str | None
    changed: tuple[str, ...]


def parse_status(fields: tuple[str, ...]) -> Status:
    """Return what `git status --porcelain=v2 --branch -z --no-renames` printed."""
    about: dict[str, str] = {}
    changed = []
    for field in fields:
        match field[:1]:
            case "#":
                _, name, value = field.split(" ", 2)
                about[name] = value
            case "1":
                changed.append(field.split(" ", 8)[8])
            case "u":
                changed.append(field.split(" ", 10)[10])
            case "?":
                changed.append(field[2:])
            case _:
                continue
    head, branch = about.get("branch.oid"), about.get("branch.head")
    return Status(
        head=None if head == "(initial)" else head,
        branch=None if branch == "(detached)" else branch,
        changed=tuple(dict.fromkeys(changed)),  # what is untracked now and stands in the commit is told twice
    )
