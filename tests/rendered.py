"""Projects made from our templates, for the tests that look at them."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from roadworthy.app.starting import new

if TYPE_CHECKING:
    from pathlib import Path


def git(folder: Path, *arguments: str) -> str:
    """Run git and return what it printed."""
    done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def made(folder: Path, template: str = "tabular", **answers: str) -> Path:
    """Make a project with the default answers but for those given, and return its folder."""
    defaults = {one.name: one.default for one in new.questions(template, folder)}
    new.make(folder, template, {**defaults, **answers})
    return folder
