"""Who states a fact on this machine: the user as git knows them."""

from __future__ import annotations

import getpass
import os
from typing import TYPE_CHECKING

from roadworthy.ledger.repo.git import try_git

if TYPE_CHECKING:
    from pathlib import Path


def actor_of(folder: Path) -> str:
    """Return e.g. `Ada <ada@example.com>`; without a name in git's configuration, the login and the machine."""
    done = try_git(folder, "config", "--null", "--get-regexp", r"^user\.(name|email)$")
    said = dict(line.partition("\n")[::2] for line in done.stdout.decode("utf-8", "replace").split("\0") if line)
    name, email = said.get("user.name", ""), said.get("user.email", "")
    if not name and not email:
        return f"{_login()} <{_login()}@{os.uname().nodename}>"
    return f"{name or email.partition('@')[0]} <{email}>"


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run under a uid that has no name
        return str(os.getuid())
