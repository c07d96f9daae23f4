"""Sphinx extension: writes the parts of the reference that follow from the code into their pages, at every build.

They stand between two comments, and are committed, so that the pages can be read without building them; a test says
when they are not current.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from reference_commands import commands_page
from reference_files import KINDS, file_page
from reference_http import http_page
from reference_rules import rules_page

import roadworthy.errors

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sphinx.application import Sphinx

_BEGIN, _END = "<!-- From here on written by `make docs`, from the code. -->", "<!-- Until here. -->"


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect to Sphinx."""
    app.connect("builder-inited", lambda app: write(Path(app.srcdir) / "reference"))
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def write(folder: Path) -> None:
    """Renew every page in *folder*; a page that is current keeps its time."""
    for name, text in renewed(folder).items():
        path = folder / name
        if path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def renewed(folder: Path) -> Mapping[str, str]:
    """Return the text of each page in *folder* that has a part from the code, with that part as it is now."""
    parts = {"commands.md": commands_page(), "errors.md": errors_tree(), "platform-rules.md": rules_page()}
    parts |= {"http-api.md": http_page()}
    parts |= {f"files/{kind}.md": file_page(kind) for kind in KINDS}
    return {name: _with((folder / name).read_text(encoding="utf-8"), part) for name, part in parts.items()}


def _with(page: str, part: str) -> str:
    found = re.compile(f"(?<={re.escape(_BEGIN)}\n).*?(?={re.escape(_END)}\n)", re.DOTALL)
    text, times = found.subn(lambda _: f"\n{part.strip()}\n\n", page)
    if times != 1:
        raise ValueError(f"The page has no place for what follows from the code: {_BEGIN!r} and {_END!r} mark it.")
    return text


def errors_tree() -> str:
    """Return the tree of errors as it is drawn in the code."""
    _, _, tree = (roadworthy.errors.__doc__ or "").partition("::\n")
    lines = [line.removeprefix("    ") for line in tree.strip("\n").splitlines()]
    return "\n".join(["```text", *lines, "```", ""])
