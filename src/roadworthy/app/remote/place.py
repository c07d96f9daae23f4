"""Which platform, and which project on it, a working tree belongs to: as git's remotes say."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit, urlunsplit

from roadworthy.errors import NotFound
from roadworthy.ledger.repo.git import try_git

if TYPE_CHECKING:
    from pathlib import Path

_REPOSITORY = re.compile(r"(?P<before>.*)/git/(?P<project>[A-Za-z0-9][A-Za-z0-9._-]{0,99})\.git/?")


@dataclass(frozen=True, slots=True)
class Place:
    """A project on a platform.

    Attributes:
        url: The platform's address, without a slash at its end.
        project: The project's name there; empty for the platform as a whole.
        token: A token that stands in the remote's address; None when none does.
    """

    url: str
    project: str = ""
    token: str | None = field(default=None, repr=False)


def of_remotes(folder: Path) -> Place | None:
    """Return the place that a remote of the repository at *folder* names, `origin` first; None when none does."""
    done = try_git(folder, "config", "--null", "--get-regexp", r"^remote\..*\.url$")
    found = {}
    for line in done.stdout.decode("utf-8", "replace").split("\0"):
        name, _, url = line.partition("\n")
        if (place := of_url(url)) is not None:
            found[name] = place
    return found.get("remote.origin.url") or next(iter(found.values()), None)


def of_url(url: str) -> Place | None:
    """Return the place that a git address names; None when it is not a platform's."""
    parts = urlsplit(url)
    match = _REPOSITORY.fullmatch(parts.path)
    if parts.scheme not in {"http", "https"} or not parts.hostname or match is None:
        return None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    where = host if parts.port is None else f"{host}:{parts.port}"
    token = unquote(parts.password) if parts.password else None
    return Place(urlunsplit((parts.scheme, where, match["before"], "", "")), match["project"], token)


def require(folder: Path, url: str | None, project: str | None) -> Place:
    """Return the place that was named, or that the remotes of *folder* name.

    Raises:
        NotFound: Neither names a platform, or a project on it.
    """
    found = of_remotes(folder)
    if url is not None:
        same = found is not None and found.url == url.rstrip("/")
        found = Place(url.rstrip("/"), project or (found.project if same and found else ""))
    elif found is not None and project:
        found = Place(found.url, project, found.token)
    if found is None:
        raise NotFound(
            "No remote of this repository is a project on a platform.",
            remedy="Name one, `--platform URL --project NAME`; or add it: `git remote add origin URL/git/NAME.git`.",
        )
    return found
