#!/usr/bin/env python3
"""Fetch what the pages and their tests need from npm, by exact version and digest, with the licences.

HTMX goes into the wheel; axe-core, which looks for faults of accessibility, stands with the tests alone.

    python scripts/vendor_web.py        (needs npm)
"""

from __future__ import annotations

import base64
import hashlib
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
STATIC, AXE = ROOT / "src/roadworthy/web/static", ROOT / "tests/data/axe"
PACKAGES = {"htmx.org": "4.0.1", "axe-core": "4.14.1"}
FILES = {  # file kept here: (package, file inside it, its SHA-384)
    STATIC / "htmx.min.js": (
        "htmx.org",
        "dist/htmx.min.js",
        "Qp9rdC8H7EqOoX+nR0P3RPG2Noji+qdwJlGpfzwQJsfOpp3sGwIdSP9xO3+UlEhn",
    ),
    AXE / "axe.min.js": ("axe-core", "axe.min.js", "xt1SFg49QaDwsyt0Xfs2XAyBtYPClXl3X2q5OOLeGAUmq9jZTYIMdztpF99WdhiH"),
}
LICENCES = {  # file kept here: (package, the licence's files inside it, its name)
    STATIC / "LICENSES.txt": ("htmx.org", ("LICENSE",), "0BSD"),
    AXE / "LICENSES.txt": ("axe-core", ("LICENSE", "LICENSE-3RD-PARTY.txt"), "MPL-2.0"),
}


def main() -> int:
    """Write the files; exit 1 when one is not the one that was vetted."""
    with tempfile.TemporaryDirectory() as scratch:
        wanted = [f"{name}@{version}" for name, version in PACKAGES.items()]
        subprocess.run(["npm", "install", "--ignore-scripts", "--silent", "--prefix", scratch, *wanted], check=True)
        modules = Path(scratch) / "node_modules"
        for place, (package, path, digest) in FILES.items():
            data = (modules / package / path).read_bytes()
            found = base64.b64encode(hashlib.sha384(data).digest()).decode()
            if found != digest:
                sys.stderr.write(f"{package}/{path} is {found}, not {digest}: read what changed, then mend FILES.\n")
                return 1
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
        for place, (package, paths, name) in LICENCES.items():
            texts = [(modules / package / path).read_text(encoding="utf-8").strip() for path in paths]
            head = f"{package} {PACKAGES[package]} ({name})"
            place.write_text("\n\n".join([head, *texts]) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
