"""Where the hooks ask: a Unix socket that only this user can open, and a secret for each push."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import secrets
import socket
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from roadworthy.platform.forge.names import shown
from roadworthy.platform.forge.push import Push, RefUpdate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

    from roadworthy.platform.forge.push import Refusal

    Judge = Callable[[Push], Sequence[Refusal]]
    Delivered = Callable[[Push], Sequence[str]]

_LOG = logging.getLogger(__name__)
_LARGEST: Final = 64 << 20  # bytes of a question: 4 MiB of refs, escaped
_SECONDS: Final = 30.0
_BACKLOG: Final = 64
_NOT_KNOWN: Final = "This push is not known to the platform: push again."
_FAILED: Final = "The platform failed to look at this push, so nothing is taken. Its log says why; push again later."
_UNTOLD: Final = "What you pushed is kept; the platform failed to note it, and looks for it within three minutes."


@dataclass(frozen=True, slots=True)
class Grant:
    """A push that goes on: whose it is, and where; `noted` is called when it is let in, before any ref moves."""

    project: str
    actor: str
    repository: Path
    noted: Callable[[Push], None] = lambda _: None


class Listener:
    """Answers the hooks: *judge* before a push is let in, *delivered* after. A context, for as long as it listens.

    *judge* returns the refusals, *delivered* what the pusher is told. Both run in a thread of their own for each push.
    """

    def __init__(self, place: Path, judge: Judge, delivered: Delivered) -> None:
        self.place = place
        self._judge = judge
        self._delivered = delivered
        self._grants: dict[str, Grant] = {}
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._thread = threading.Thread(target=self._listen, name="receive", daemon=True)

    def __enter__(self) -> Self:
        """Begin to listen. Raises OSError when the socket cannot be made."""
        with contextlib.suppress(FileNotFoundError):
            self.place.unlink()
        _bind(self._socket, self.place)
        self._socket.listen(_BACKLOG)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop listening: what is pushed from now on is refused."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()
        with contextlib.suppress(FileNotFoundError):
            self.place.unlink()

    @contextlib.contextmanager
    def admit(self, grant: Grant) -> Iterator[Mapping[str, str]]:
        """Give the environment in which git's hooks can ask about one push; it ends with the block."""
        secret = secrets.token_hex(32)
        self._grants[secret] = grant
        try:
            yield {"ROADWORTHY_PUSH_SOCKET": str(self.place), "ROADWORTHY_PUSH_SECRET": secret}
        finally:
            del self._grants[secret]

    def answer(self, question: bytes) -> tuple[bool, Sequence[str]]:
        """Return whether the push that a hook asks about is let in, and what the pusher is told."""
        try:
            asked = json.loads(question)
            secret, phase, lines = str(asked["secret"]), asked["phase"], [str(line) for line in asked["lines"]]
            grant = self._grants.get(secret)
            push = None if grant is None else _push(grant, lines, asked["quarantine"])
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return False, (_NOT_KNOWN,)
        if grant is None or push is None:
            return False, (_NOT_KNOWN,)
        return self._before(push, grant) if phase == "pre-receive" else self._after(push)

    def _before(self, push: Push, grant: Grant) -> tuple[bool, Sequence[str]]:
        try:
            refusals = self._judge(push)
            if not refusals:
                grant.noted(push)
        except Exception:  # noqa: BLE001 - the outermost handler: a fault of ours lets nothing in
            _LOG.exception("A push to %s by %s could not be judged.", push.project, push.actor)
            return False, (_FAILED,)
        if not refusals:
            return True, ()
        return False, ("", "This push is not taken:", *(line for one in refusals for line in one.lines()), "")

    def _after(self, push: Push) -> tuple[bool, Sequence[str]]:
        try:
            return True, tuple(shown(line) for line in self._delivered(push))
        except Exception:  # noqa: BLE001 - the outermost handler: what was let in stays
            _LOG.exception("A push to %s by %s could not be noted.", push.project, push.actor)
            return False, (_UNTOLD,)

    def _listen(self) -> None:
        while True:
            try:
                line, _ = self._socket.accept()
            except OSError:
                return  # closed
            threading.Thread(target=self._serve, args=(line,), name="receive-one", daemon=True).start()

    def _serve(self, line: socket.socket) -> None:
        with line, contextlib.suppress(OSError):
            line.settimeout(_SECONDS)
            with line.makefile("rb") as reads:
                question = reads.read(_LARGEST)
            told, lines = self.answer(question)
            line.settimeout(_SECONDS)
            line.sendall(json.dumps({"ok": told, "lines": list(lines)}).encode())


def _push(grant: Grant, lines: Sequence[str], quarantine: Mapping[str, object]) -> Push:
    inside = f"{grant.repository}{os.sep}"
    told = {str(name): str(value) for name, value in quarantine.items()}
    if not told.get("GIT_OBJECT_DIRECTORY", inside).startswith(inside):
        raise ValueError(told)
    return Push(grant.project, grant.actor, grant.repository, tuple(map(RefUpdate.parse, lines)), told)


def _bind(listener: socket.socket, place: Path) -> None:
    # A socket's path may have about a hundred bytes: it is named from its folder, which may be deep.
    folder = os.open(place.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        listener.bind(f"/proc/self/fd/{folder}/{place.name}")
    finally:
        os.close(folder)
    place.chmod(0o600)  # nobody can connect before it listens
