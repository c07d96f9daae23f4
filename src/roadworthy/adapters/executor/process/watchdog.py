"""A small process that outlives us: when we are killed, it ends what we started and puts things right."""

from __future__ import annotations

import contextlib
import os
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

# Reads process groups from its standard input: `+N` has begun, `-N` has ended. The kernel closes that pipe when every
# writer is gone: after `done`, because we ended well; otherwise because we were killed. Its standard output is the
# lock that says that this session is alive: it is let go only when nothing that we started runs any more.
_SCRIPT = """
trap '' INT TERM HUP
groups=' '
while read -r line; do
  group=${line#?}
  case $line in
    done) exit 0 ;;
    +*) groups="$groups$group " ;;
    -*) case $groups in *" $group "*) groups="${groups%%" $group "*} ${groups#*" $group "}" ;; esac ;;
  esac
done
for group in $groups; do kill -9 "-$group"; done
for group in $groups; do
  tries=0
  while kill -0 "-$group" && [ $tries -lt 20 ]; do sleep 0.05; tries=$((tries + 1)); done
done
exec >/dev/null
exec "$@" </dev/null
"""


@dataclass(frozen=True, slots=True)
class Rescue:
    """What is to happen when we are killed.

    Attributes:
        alive: An open, locked file: its lock lasts until everything that we started has ended.
        command: What to run then; nothing when empty.
    """

    alive: int
    command: Sequence[str] = ("true",)


class Watchdog:
    """Knows the process groups that we started. Give `register` to each as its standard input."""

    def __init__(self, rescue: Rescue | None) -> None:
        reads, self.register = os.pipe()
        self._process = subprocess.Popen(
            ["/bin/sh", "-c", _SCRIPT, "watchdog", *(rescue.command if rescue else ("true",))],
            stdin=reads,
            stdout=rescue.alive if rescue else subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C in our terminal is not for it
        )
        os.close(reads)

    @property
    def alive(self) -> bool:
        """Whether it still watches."""
        return self._process.poll() is None

    def forget(self, group: int) -> None:
        """Say that a process group is gone."""
        with contextlib.suppress(BrokenPipeError):
            os.write(self.register, f"-{group}\n".encode())

    def close(self) -> None:
        """Send it away: nothing runs any more."""
        with contextlib.suppress(BrokenPipeError):
            os.write(self.register, b"done\n")
        os.close(self.register)
        self._process.wait()
