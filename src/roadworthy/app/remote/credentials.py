"""Who one is on which platform: tokens in a file that only its owner can read."""

from __future__ import annotations

import json
import os
from pathlib import Path


def token_for(url: str) -> str | None:
    """Return the token that `roadworthy login` kept for the platform at *url*, or None."""
    try:
        found = json.loads(_file().read_text(encoding="utf-8"))
        return str(found[url]["token"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _file() -> Path:
    base = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(base) / "roadworthy" / "credentials.json"
