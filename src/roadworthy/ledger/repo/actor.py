"""Who states a fact on this machine: the user as git knows them."""

from __future__ import annotations

import functools
import getpass
import os
from typing import TYPE_CHECKING

from roadworthy.ledger.repo.git import try_git

if TYPE_CHECKING:
    from pathlib import Path


@functools.cache
def actor_of(folder: Path) -> str:
    """Return e.g. `Ada <ada@example.com>`, asked of git once a process; without a name, the login and the machine."""
    done = try_git(folder, "var", "GIT_AUTHOR_IDENT")
    if done.returncode != 0:
        return f"{_login()} <{_login()}@{os.uname().nodename}>"
    return done.stdout.decode("utf-8", "replace").rpartition(">")[0] + ">"


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run under a uid that has no name
        return str(os.getuid())
