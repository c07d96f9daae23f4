"""Kills the process at a named function, and tells its secrets: on the path of a server that a test starts.

`ROADWORTHY_TEST_KILL` is MODULE:FUNCTION:WHEN[:COUNT]: `before` the COUNT-th call of the function, `after` the COUNT-th
that returned something, or when it `ended`, whatever it returned. Calls count from when the file that
`ROADWORTHY_TEST_ARMED` names is there; it is gone when the process is killed: the one that takes its place lives. Every
secret that is made is added to the file `ROADWORTHY_TEST_SECRETS`.
"""

from __future__ import annotations

import functools
import importlib.abc
import importlib.machinery
import os
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType


class Wrapping(importlib.abc.MetaPathFinder):
    """Finds one module as Python does, and wraps one function of it."""

    def __init__(self, module: str, function: str) -> None:
        self.module, self.function = module, function

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """Return the specification of the module, which wraps the function once the module was executed."""
        found = importlib.machinery.PathFinder.find_spec(name, path, target) if name == self.module else None
        if found is None or found.loader is None:
            return None
        execute = found.loader.exec_module

        def then_wrap(module: ModuleType) -> None:
            execute(module)
            *inside, last = self.function.split(".")
            owner: Any = functools.reduce(getattr, inside, module)
            setattr(owner, last, self.wrapped(getattr(owner, last)))

        found.loader.exec_module = then_wrap  # type: ignore[method-assign]
        return found

    def wrapped(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return what stands for *function* from now on."""
        raise NotImplementedError


class Failpoint(Wrapping):
    """Kills us at a call of the function."""

    def __init__(self, named: str, armed: Path) -> None:
        module, function, self.when, *count = named.split(":")
        super().__init__(module, function)
        self.left = int(count[0]) if count else 1
        self.armed = armed
        self.lock = threading.Lock()

    def wrapped(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return *function*, which kills us when it is time."""

        @functools.wraps(function)
        def counting(*arguments: Any, **named: Any) -> Any:
            if self.when == "before":
                self.count()
            found = function(*arguments, **named)
            if self.when == "ended" or (self.when == "after" and found is not None):
                self.count()
            return found

        return counting

    def count(self) -> None:
        """Count a call, and be killed when it is the one."""
        with self.lock:
            self.left -= self.armed.exists()
            if self.left == 0:
                self.armed.unlink()
                os.kill(os.getpid(), signal.SIGKILL)


class Telltale(Wrapping):
    """Writes every secret that is made into a file."""

    def __init__(self, told: Path) -> None:
        super().__init__("roadworthy.platform.identity.secret", "Secret.fresh")
        self.told = told

    def wrapped(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return *function*, what it returns being told."""

        def telling() -> Any:
            found = function()
            with self.told.open("a", encoding="utf-8") as file:
                file.write(f"{found.reveal()}\n")
            return found

        return staticmethod(telling)


if "ROADWORTHY_TEST_KILL" in os.environ:
    sys.meta_path.insert(0, Failpoint(os.environ["ROADWORTHY_TEST_KILL"], Path(os.environ["ROADWORTHY_TEST_ARMED"])))
if "ROADWORTHY_TEST_SECRETS" in os.environ:
    sys.meta_path.insert(0, Telltale(Path(os.environ["ROADWORTHY_TEST_SECRETS"])))
