"""A push is whole: all its refs move or none, whatever the client asks for and whenever git is killed.

Two parts make it so. git is asked for `atomic`, so that a ref that cannot be moved keeps all others where they are.
And as git renames one file after another even then, what is let in is written down before; whoever finds that some of
it moved and that its git is dead moves the rest.
"""

from __future__ import annotations

import contextlib
import json
import logging
import secrets
from typing import TYPE_CHECKING, Final

from roadworthy.adapters.forge.embedded.refs import move_refs, read_refs
from roadworthy.errors import RoadworthyError
from roadworthy.ledger.objects.write import make_folder, write_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from roadworthy.adapters.forge.embedded.isolated import Isolated
    from roadworthy.platform.forge.push import Push

_LOG = logging.getLogger(__name__)
_FOLDER: Final = "pushes"
_LENGTH: Final = 4  # digits at the beginning of a line, which say how long it is, themselves included
_LONGEST: Final = 65_520
_ATOMIC: Final = b"atomic"


class Asking:
    """Asks for `atomic` in the name of the client, in the first command of what it sends.

    Source:
        gitprotocol-pack(5), "Reference Update Request And Packfile Transfer"; gitprotocol-capabilities(5), "atomic".
    """

    def __init__(self) -> None:
        self._held: bytes | None = b""

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """Yield *piece* as git is to read it; its beginning once the first command is whole."""
        if self._held is None:
            yield piece
            return
        self._held += piece
        while (line := self._line()) is not None:
            if line[_LENGTH:].startswith(b"shallow "):
                yield line
            else:
                yield _atomic(line)
                yield from self.end()

    def _line(self) -> bytes | None:
        """Return the next line that is whole, and hold it back no longer."""
        held = self._held
        if held is None or len(held) < _LENGTH or len(held) < (length := _length(held)):
            return None
        self._held = held[length:]
        return held[:length]

    def end(self) -> Iterator[bytes]:
        """Yield what was held back."""
        held, self._held = self._held, None
        if held:
            yield held


def _length(held: bytes) -> int:
    """Return how long the line is that *held* begins with; what is none is handed on as it is."""
    try:
        return max(_LENGTH, int(held[:_LENGTH], 16))
    except ValueError:
        return _LENGTH


def _atomic(line: bytes) -> bytes:
    command, found, wanted = line[_LENGTH:].partition(b"\0")
    longer = len(line) + len(_ATOMIC) + 1
    if not found or _ATOMIC in wanted.split() or longer > _LONGEST:
        return line
    asked = command + b"\0" + wanted.rstrip(b"\n") + b" " + _ATOMIC
    return f"{len(asked) + _LENGTH:04x}".encode() + asked


def note(git: Isolated, push: Push) -> Path | None:
    """Write down what *push*, which is let in, moves, before git moves any of it; return where, if it need be.

    Raises:
        StorageError: The disk is full.
    """
    now = read_refs(git, push.repository)
    moves = [(one.ref, one.before, one.after) for one in push.updates if one.before != one.after]
    if len(moves) < 2 or any(now.get(ref) != before for ref, before, _ in moves):  # noqa: PLR2004 - several
        return None  # one moves or does not; and git itself refuses all when one is not where it was said to be
    place = push.repository / _FOLDER / f"{secrets.token_hex(8)}.json"
    make_folder(place.parent)
    data = json.dumps(moves).encode()
    write_bytes(place, data, aside=push.repository / _FOLDER / "aside")
    return place


def settle(git: Isolated, repository: Path, place: Path) -> None:
    """Move the rest of what was written down at *place*, where some of it moved; its git has ended.

    Raises:
        GitFailed, NotFound: The refs cannot be moved: what is written down stays for the next time.
    """
    moves = [(str(ref), before, after) for ref, before, after in json.loads(place.read_bytes())]
    now = read_refs(git, repository)
    left = [move for move in moves if now.get(move[0]) == move[1]]
    if left and any(now.get(ref) == after for ref, _, after in moves):
        move_refs(git, repository, left)
        _LOG.warning("%s: a push was cut off; the %d refs of it that had not moved were moved.", repository, len(left))
    place.unlink()


def settle_all(git: Isolated, repository: Path) -> None:
    """Settle everything that is written down in *repository*, in which nobody may be at work."""
    for place in sorted((repository / _FOLDER).glob("*.json")):
        try:
            settle(git, repository, place)
        except (RoadworthyError, OSError, ValueError):
            _LOG.exception("%s: what a push that was cut off had left cannot be moved.", repository)


def settle_one(git: Isolated, repository: Path, place: Path) -> None:
    """Settle what is written down at *place*; where it cannot be, the next start of the server does."""
    with contextlib.suppress(FileNotFoundError):
        try:
            settle(git, repository, place)
        except RoadworthyError:
            _LOG.exception("%s: a push was cut off, and the rest of it waits for the next start.", repository)
