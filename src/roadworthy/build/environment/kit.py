"""The kit: the one folder of ours on the path of a project's processes."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from roadworthy.ledger.objects.address import Address

# Beside this package, and never imported by it: it belongs to the project's processes.
_SOURCE = Path(__file__).parents[3] / "roadworthy_kit"
_AT_THE_TOP = "sitecustomize.py"  # Python imports it by this name when a process starts


def install(state: Path) -> Path:
    """Return the folder in *state* to put on PYTHONPATH: a copy of the kit, under the digest of its bytes.

    A copy, because Roadworthy's own `site-packages` on that path would bring its dependencies along.
    """
    files = {path.name: path.read_bytes() for path in sorted(_SOURCE.glob("*.py"))}
    digest = Address.of(b"".join(b"%s\0%d\0%s" % (name.encode(), len(data), data) for name, data in files.items()))
    home = state / "kit" / digest.digest[:32]
    if not home.exists():
        _write(files, home)
    return home


def _write(files: dict[str, bytes], home: Path) -> None:
    home.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(dir=home.parent))
    (aside / "roadworthy_kit").mkdir()
    for name, data in files.items():
        place = aside if name == _AT_THE_TOP else aside / "roadworthy_kit"
        (place / name).write_bytes(data)
    aside.chmod(0o755)
    _make_durable(aside)
    try:
        aside.rename(home)
    except OSError:  # somebody else was first, with the same bytes
        shutil.rmtree(aside)
        if not home.exists():
            raise


def _make_durable(home: Path) -> None:
    """Let a crash of the machine leave the whole folder or none of it."""
    for path in [*home.rglob("*.py"), home / "roadworthy_kit", home]:
        handle = os.open(path, os.O_RDONLY)
        os.fsync(handle)
        os.close(handle)
