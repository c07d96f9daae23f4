"""What the demo is asked for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

from roadworthy.cli.main import roadworthy

if TYPE_CHECKING:
    from collections.abc import Sequence


@pytest.mark.parametrize(
    ("words", "keep"),
    [(["--keep", "--fast"], "roadworthy-demo"), (["--fast", "--keep"], "roadworthy-demo"), (["--keep", "d"], "d")],
)
def test_what_is_kept_needs_no_name(words: Sequence[str], keep: str) -> None:
    """`--keep` alone keeps it in a folder of its own name, and takes no other option for that of one."""
    command = roadworthy.get_command(click.Context(roadworthy), "demo")
    assert command is not None
    read = command.make_context("demo", list(words)).params

    assert read["keep"] == Path(keep)
    assert read["fast"] is ("--fast" in words)
