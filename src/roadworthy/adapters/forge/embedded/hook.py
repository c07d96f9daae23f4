"""A hook of the server's repositories: ask the server, show what it says, and end as it answers.

Run by git as `python -I -S hook.py PHASE`: the standard library alone, so that a push waits for no import. The server
is asked over a Unix socket; a secret that was made for this one push says which push it is.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from pathlib import Path

_QUARANTINE = ("GIT_QUARANTINE_PATH", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES")
_SECONDS = 600.0
_LARGEST = 4 << 20  # bytes of refs
_SILENT = {
    "pre-receive": "The platform does not answer, so nothing is taken: push again in a minute.",
    "post-receive": "The platform does not answer; what you pushed is kept, and it looks for it within three minutes.",
}


def main(phase: str) -> int:
    """Return 0 when the server lets the push in."""
    said = sys.stdin.buffer.read(_LARGEST + 1)
    if len(said) > _LARGEST:
        _show(["This push holds too many refs: push fewer at a time."])
        return 1
    try:
        lines = said.decode("utf-8", "surrogateescape").split("\n")[:-1]
        answer = json.loads(_ask({"phase": phase, "lines": lines}))
        lines, status = [str(line) for line in answer["lines"]], 0 if answer["ok"] is True else 1
    except (OSError, ValueError, KeyError, TypeError):
        lines, status = [_SILENT.get(phase, "The platform does not answer.")], 1
    _show(lines)
    return status


def _ask(question: dict[str, object]) -> bytes:
    place = Path(os.environ["ROADWORTHY_PUSH_SOCKET"])
    secret = os.environ["ROADWORTHY_PUSH_SECRET"]
    quarantine = {name: os.environ[name] for name in _QUARANTINE if name in os.environ}
    asked = json.dumps({"secret": secret, "quarantine": quarantine, **question}).encode()
    os.chdir(place.parent)  # a socket's path may have about a hundred bytes, a folder's more
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.settimeout(_SECONDS)
        line.connect(place.name)
        line.sendall(asked + b"\n")
        line.shutdown(socket.SHUT_WR)
        with line.makefile("rb") as answer:
            return answer.read()


def _show(lines: list[str]) -> None:
    sys.stderr.buffer.write("".join(f"{line}\n" for line in lines).encode("utf-8", "backslashreplace"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
