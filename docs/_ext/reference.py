"""Sphinx extension: writes the reference pages that follow from the code, at every build.

The pages go to `reference/generated/`, which git ignores, and are included by the written pages.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from reference_commands import commands_page
from reference_files import KINDS, file_page
from reference_http import http_page

import roadworthy.errors

if TYPE_CHECKING:
    from sphinx.application import Sphinx


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect to Sphinx."""
    app.connect("builder-inited", lambda app: write(Path(app.srcdir) / "reference" / "generated"))
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def write(folder: Path) -> None:
    """Write every generated page to *folder*; a page that did not change keeps its time."""
    folder.mkdir(parents=True, exist_ok=True)
    pages = {"commands.md": commands_page(), "errors.md": errors_tree(), "http-api.md": http_page()}
    pages |= {f"{kind}.md": file_page(kind) for kind in KINDS}
    for name, text in pages.items():
        path = folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def errors_tree() -> str:
    """Return the tree of errors as it is drawn in the code."""
    _, _, tree = (roadworthy.errors.__doc__ or "").partition("::\n")
    lines = [line.removeprefix("    ") for line in tree.strip("\n").splitlines()]
    return "\n".join(["```text", *lines, "```", ""])
