"""How the documentation is built: Markdown by MyST, Furo's looks, reference pages written from the code."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

from roadworthy.version import VERSION

project = "Roadworthy"
author = "The Roadworthy authors"
copyright = "The Roadworthy authors, Apache-2.0"
release = VERSION
version = VERSION

extensions = ["myst_parser", "reference"]
exclude_patterns = ["_build", "_ext"]
nitpicky = True

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

html_theme = "furo"
html_title = "Roadworthy"
html_copy_source = False
html_show_sphinx = False
