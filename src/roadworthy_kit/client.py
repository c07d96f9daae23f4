"""The other end of a worker, for tests that ask another version's model: started, asked and ended from here."""

from __future__ import annotations

import os
import socket
import subprocess
from typing import TYPE_CHECKING, Any

from roadworthy_kit import columns, frames

if TYPE_CHECKING:
    from collections.abc import Iterable

_PATIENCE = 300.0  # seconds until an answer that does not come is given up


class WorkerFailed(Exception):
    """The worker could not load its model, or its model could not answer."""


class Worker:
    """A process that has loaded the model of *spec*: `python`, `folder`, `kit`, and what `load` takes."""

    def __init__(self, spec: dict[str, Any]) -> None:
        self._channel, theirs = socket.socketpair()
        self._channel.settimeout(_PATIENCE)
        life, self._lifeline = os.pipe()  # ends the worker when this process is gone
        folder, kit = spec["folder"], spec["kit"]
        self._process = subprocess.Popen(
            [spec["python"], "-m", "roadworthy_kit.worker", str(theirs.fileno()), str(life)],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": f"{kit}:{folder}/src:{folder}", "OMP_NUM_THREADS": "1"},
            stdin=subprocess.DEVNULL,
            pass_fds=(theirs.fileno(), life),
        )
        theirs.close()
        os.close(life)
        wanted = {name: spec[name] for name in ("path", "load", "format", "frame", "outputs")}
        self._ask({"kind": "load", **wanted}, [])

    def predict(self, given: Iterable[tuple[str, Any]]) -> list[columns.Column]:
        """Return the outputs for the columns *given*."""
        tensors, buffers = columns.encode(given)
        header, body = self._ask({"kind": "predict", "inputs": tensors}, buffers)
        return columns.decode(header["outputs"], body)

    def close(self) -> None:
        """End the process."""
        self._channel.close()
        self._process.kill()
        self._process.wait()
        os.close(self._lifeline)

    def _ask(self, header: dict[str, Any], buffers: list[bytes]) -> tuple[dict[str, Any], memoryview]:
        frames.send(self._channel, header, buffers)
        answered = frames.receive(self._channel)
        if answered is None:
            raise WorkerFailed("The worker ended before it answered.")
        if answered[0].get("kind") == "error":
            raise WorkerFailed(f"{answered[0].get('type')}: {answered[0].get('message')}")
        return answered
