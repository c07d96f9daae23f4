"""The project's pytest, started so that the bytecode of what is installed is kept, and never that of the project."""

from __future__ import annotations

import sys
from pathlib import Path

from roadworthy_kit.load import keep_bytecode_of_installed_modules_only


def main() -> int:
    """Run pytest with the arguments of this process, and return its exit status."""
    keep_bytecode_of_installed_modules_only(str(Path.cwd()))
    import pytest

    return int(pytest.main(sys.argv[1:]))


if __name__ == "__main__":
    sys.exit(main())
