"""Imported by every Python process of a stage when it begins, because this stands first on its path."""

# ruff: noqa: PTH100, PTH120 - pathlib would cost every process of a project a hundredth of a second

import os
import sys
from importlib.machinery import PathFinder

if "ROADWORTHY_TRACE" in os.environ:
    from roadworthy_kit.trace import install

    install(os.environ["ROADWORTHY_TRACE"])


def _next() -> None:
    """Run the `sitecustomize` that would have been imported had this one not been in front of it."""
    here = os.path.dirname(os.path.abspath(__file__))
    elsewhere = [folder for folder in sys.path if os.path.abspath(folder or ".") != here]
    spec = PathFinder.find_spec("sitecustomize", elsewhere)
    if spec is not None and spec.loader is not None:
        spec.loader.exec_module(sys.modules[__name__])


_next()
