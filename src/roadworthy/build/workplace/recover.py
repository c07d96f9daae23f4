"""`python -m roadworthy.build.workplace.recover STATE`: what is run when Roadworthy itself was killed."""

from __future__ import annotations

import sys
from pathlib import Path

from roadworthy.build.workplace.aside import recover

if __name__ == "__main__":
    recover(Path(sys.argv[1]))
