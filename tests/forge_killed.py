"""A forge's server that kills itself at one point of a push, with or without the gits that it started.

Run as `python forge_killed.py ROOT POINT ALONE|TREE`; prints its port.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from forge_world import Known, Setup, hosted
from roadworthy.ledger.objects.folder import DirectoryStore
from roadworthy.platform.forge.examine import Examiner

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from roadworthy.platform.forge.push import Push, Refusal

_HALF = 1 << 20  # bytes of the push
POINTS = ("first byte", "upload", "judge", "judged", "soon", "later", "response")
MANY = "refs/heads/many"


def die(*, tree: bool) -> None:
    """Kill this process, and before it every git that it started."""
    if tree:
        for task in Path("/proc/self/task").iterdir():
            with contextlib.suppress(OSError):  # A thread that ended since, and a git that did.
                for child in (task / "children").read_text().split():
                    os.killpg(int(child), signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)


class Killer:
    """Judges pushes and hands requests on, until its point is reached."""

    def __init__(self, root: Path, point: str, *, tree: bool) -> None:
        self._examiner = Examiner(Known(DirectoryStore(root / "bucket")))
        self._point, self._tree = point, tree

    def judge(self, push: Push) -> Sequence[Refusal]:
        """Judge as the platform does; die before, after, or a little later, when git goes on."""
        self._reach("judge")
        refusals = self._examiner(push)
        self._reach("judged")
        if self._point == "half":
            threading.Thread(target=self._when_one_moved, args=(push.repository / MANY,), daemon=True).start()
        delay = {"soon": 0.002, "later": 0.01}.get(self._point)
        if delay is not None:
            threading.Timer(delay, lambda: die(tree=self._tree)).start()
        return refusals

    def around(self, app: ASGIApp) -> ASGIApp:
        """Return *app*, watched for how much of a push came in, and for its answer."""

        async def killing(scope: Scope, receive: Receive, send: Send) -> None:
            pushes = scope["path"].endswith("/git-receive-pack")
            seen = 0

            async def watched() -> Message:
                nonlocal seen
                message = await receive()
                seen += len(message.get("body", b""))
                if pushes:
                    self._reach("first byte")
                if pushes and seen >= _HALF:
                    self._reach("upload")
                return message

            async def answering(message: Message) -> None:
                if seen >= _HALF:
                    self._reach("response")
                await send(message)

            await app(scope, watched, answering)

        return killing

    def _when_one_moved(self, folder: Path) -> None:
        """Die when the first of many branches is there, and git is about to make the others."""
        while not any(place.suffix != ".lock" for place in folder.glob("*")):
            pass
        die(tree=self._tree)

    def _reach(self, point: str) -> None:
        if point == self._point:
            die(tree=self._tree)


def main(root: Path, point: str, *, tree: bool) -> None:
    """Serve until the point is reached, or whoever started this is gone."""
    killer = Killer(root, point, tree=tree)
    with hosted(root, Setup(judge=killer.judge, around=killer.around)) as server:
        sys.stdout.write(f"{server.port}\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], tree=sys.argv[3] == "TREE")
