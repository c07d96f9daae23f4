#!/usr/bin/env python3
"""Fetch the plot runtime of the review page from npm, by exact version and digest, with the licences of all it holds.

Vega and Vega-Lite are taken byte for byte as their makers minified them. The interpreter, which is published as an ES
module alone, is wrapped so that a classic script can hold it: its one import becomes a destructuring of `vega`, its one
export an assignment.

    python scripts/vendor_plots.py        (needs npm)
"""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
import sys
import tempfile
from pathlib import Path

ASSETS = Path(__file__).parents[1] / "src/roadworthy/prove/review/assets"
PACKAGES = {"vega": "6.4.0", "vega-lite": "6.5.0", "vega-interpreter": "2.3.2"}
FILES = {  # file kept here: (package, file inside it, its SHA-384)
    "vega.min.js": ("vega", "build/vega.min.js", "VKdcJr3ZaBIJMbVcopTAI/JEuUkSY6qnwVu9iLuw0DnQ9gQ1JjsfZJhXFQAgNi43"),
    "vega-lite.min.js": (
        "vega-lite",
        "build/vega-lite.min.js",
        "pV2l7nzmyxZh02knvUH7N8zvtyCYsYiGt+SsE/emG/dFiBI6G0YJZFZ2FzEX72P3",
    ),
    "vega-interpreter.js": (
        "vega-interpreter",
        "build/vega-interpreter.js",
        "c7gD0lkUpIBMwuO4gb+ILV2W9bWR7lrvqZf5HT0gUAWbtSMuGGkgsGz3gniXTIqM",
    ),
}
# What the bundles of Vega hold besides Vega's own packages; the command line's dependencies are not in them.
BUNDLED = ("d3-", "delaunator", "internmap", "robust-predicates", "topojson-client", "tslib", "vega")
IMPORT = "import { ascending, isString, DisallowedObjectProperties } from 'vega-util';"
EXPORT = "export { expression as expressionInterpreter };"


def main() -> int:
    """Write the assets; exit 1 when a file is not the one that was vetted."""
    with tempfile.TemporaryDirectory() as scratch:
        install(Path(scratch))
        modules = Path(scratch) / "node_modules"
        for name, (package, path, digest) in FILES.items():
            data = (modules / package / path).read_bytes()
            found = base64.b64encode(hashlib.sha384(data).digest()).decode()
            if found != digest:
                sys.stderr.write(f"{package}/{path} is {found}, not {digest}: read what changed, then mend FILES.\n")
                return 1
            text = classic(data.decode("utf-8")) if name == "vega-interpreter.js" else data.decode("utf-8")
            (ASSETS / name).write_text(without_map(text), encoding="utf-8")
        (ASSETS / "LICENSES.txt").write_text(licences(modules), encoding="utf-8")
    return 0


def install(scratch: Path) -> None:
    """Install the packages below *scratch*; no script of theirs is run."""
    wanted = [f"{name}@{version}" for name, version in PACKAGES.items()]
    subprocess.run(["npm", "install", "--ignore-scripts", "--silent", "--prefix", scratch, *wanted], check=True)


def classic(module: str) -> str:
    """Return the interpreter's ES module as a classic script that adds itself to `vega`."""
    if IMPORT not in module or EXPORT not in module:
        raise SystemExit("The interpreter's import or export reads otherwise than this script knows.")
    body = module.replace(IMPORT, "const { ascending, isString, DisallowedObjectProperties } = vega;")
    return "(function () {\n" + body.replace(EXPORT, "vega.expressionInterpreter = expression;") + "\n})();\n"


def without_map(text: str) -> str:
    """Return a script without the comment that points at its source map."""
    return "\n".join(line for line in text.splitlines() if not line.startswith("//# sourceMappingURL")) + "\n"


def licences(modules: Path) -> str:
    """Return the licences of every package that the bundles hold, each text once."""
    by_text: dict[str, list[str]] = {}
    for folder in sorted(modules.iterdir()):
        if not folder.name.startswith(BUNDLED):
            continue
        about = json.loads((folder / "package.json").read_text(encoding="utf-8"))
        text = (folder / next(path for path in ("LICENSE", "LICENSE.txt") if (folder / path).exists())).read_text()
        by_text.setdefault(text.strip(), []).append(f"{about['name']} {about['version']} ({about['license']})")
    head = "The plots of the review page are drawn by the packages below, which it carries in minified form.\n"
    blocks = ["\n".join(names) + "\n\n" + text for text, names in by_text.items()]
    return head + "".join(f"\n{'=' * 78}\n{block}\n" for block in blocks)


if __name__ == "__main__":
    raise SystemExit(main())
