"""The project's code that a stage runs: what its command enters and all that this imports, or everything."""

from __future__ import annotations

import json
import os
import posixpath
from pathlib import Path
from typing import TYPE_CHECKING

from roadworthy.build.pipeline.code.command import entries
from roadworthy.build.pipeline.code.imports import imports_of
from roadworthy.build.pipeline.stage import covers
from roadworthy.errors import NotFound
from roadworthy.ledger.objects.address import Address

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from roadworthy.build.pipeline.code.command import Entry
    from roadworthy.build.pipeline.stage import Stage
    from roadworthy.ledger.index.cache import Cache
    from roadworthy.ledger.objects.known import KnownFiles

_FORMAT = 1  # of what is cached
_ROOTS = ("src", ".")  # of a stage's PYTHONPATH, in this order
_ENDINGS = (".py", ".pyi", ".pyx", ".sh", ".bash", ".r", ".jl", ".sql", ".ipynb", ".js", ".pl", ".rb")
_NOT_CODE = frozenset({"__pycache__", "node_modules", "site-packages"})


class Code:
    """Finds the code of stages in one folder. What it learns of a file is remembered for as long as it lives."""

    def __init__(self, folder: Path, files: KnownFiles, cache: Cache, outputs: Sequence[str]) -> None:
        """Look for code in *folder*, but not among its *outputs*."""
        self._folder = folder
        self._files = files
        self._cache = cache
        self._outputs = tuple(outputs)
        self._all: Mapping[str, Address] | None = None
        self._needs: dict[tuple[str, str], tuple[tuple[str, ...], bool]] = {}
        self._places: dict[tuple[str, str], tuple[str, ...]] = {}
        self._tops: dict[str, frozenset[str]] = {}
        self._addresses: dict[str, Address] = {}

    def of(self, stage: Stage) -> Mapping[str, Address]:
        """Return the files of *stage*'s code with their addresses, by path.

        With `code: auto` these are the modules that the command enters, and all of the project's modules that they
        import, directly or not. Where that cannot be told, they are all code files of the project.

        Raises:
            NotFound: A pattern of `code` matches no file.
        """
        if stage.code != "auto":
            return self._addressed(path for pattern in stage.code for path in self._matching(pattern, stage.name))
        entered: list[str] = []
        for command in stage.cmd:
            begin = entries(command)
            places = None if begin is None else self._entered(begin, stage.wdir)
            if places is None:
                return self._everything()
            entered.extend(places)
        reached = self._reached(entered, stage.wdir)
        return self._everything() if reached is None else self._addressed(reached)

    def _entered(self, begin: Iterable[Entry], wdir: str) -> list[str] | None:
        """Return the files that entries lead to; None when one leads out of the project, to run what we do not know."""
        found: list[str] = []
        for entry in begin:
            if entry.kind == "text":
                names, is_opaque = self._imports(Address.of(entry.value.encode()), entry.value)
                if is_opaque:
                    return None
                found.extend(place for name in names for place in self._module(name, wdir))
                continue
            places = self._main(entry.value, wdir) if entry.kind == "module" else self._script(entry.value, wdir)
            if not places:
                return None
            found.extend(places)
        return found

    def _main(self, name: str, wdir: str) -> tuple[str, ...]:
        return self._module(f"{name}.__main__", wdir) if self._is_package(name, wdir) else self._module(name, wdir)

    def _is_package(self, name: str, wdir: str) -> bool:
        return any(place.endswith("/__init__.py") for place in self._module(name, wdir)[-1:])

    def _script(self, path: str, wdir: str) -> tuple[str, ...]:
        place = posixpath.normpath(posixpath.join(wdir, path))
        is_ours = not place.startswith(("/", "../")) and (self._folder / place).is_file()
        return (place,) if is_ours else ()

    def _reached(self, entered: Sequence[str], wdir: str) -> list[str] | None:
        """Return *entered* and every file that they import, directly or not; None when one imports who knows what."""
        reached: dict[str, None] = {}
        waiting = list(entered)
        while waiting:
            place = waiting.pop()
            if place in reached:
                continue
            reached[place] = None
            needs, is_opaque = self._direct(place, wdir)
            if is_opaque:
                return None
            waiting.extend(needs)
        return list(reached)

    def _direct(self, place: str, wdir: str) -> tuple[tuple[str, ...], bool]:
        if (place, wdir) not in self._needs:
            names, is_opaque = self._imports(self._address(place), self._folder / place)
            beside = posixpath.dirname(place) or "."
            needs = {found: None for name in names for found in self._imported(name, place, (wdir, beside))}
            self._needs[place, wdir] = tuple(needs), is_opaque
        return self._needs[place, wdir]

    def _imported(self, name: str, place: str, starts: tuple[str, str]) -> tuple[str, ...]:
        if not name.startswith("."):
            wdir, beside = starts
            return self._module(name, wdir) or self._module(name, beside)
        rest = name.lstrip(".")
        package = posixpath.dirname(place)
        for _ in range(len(name) - len(rest) - 1):
            package = posixpath.dirname(package)
        return self._inside(package or ".", rest.split(".") if rest else [])

    def _module(self, name: str, start: str) -> tuple[str, ...]:
        """Return the files of the project that importing *name* runs: its packages' and its own."""
        if (name, start) not in self._places:
            parts = name.split(".")
            roots = dict.fromkeys((start, *_ROOTS))
            found = (self._inside(root, parts) for root in roots)
            self._places[name, start] = next((places for places in found if places), ())
        return self._places[name, start]

    def _inside(self, root: str, parts: Sequence[str]) -> tuple[str, ...]:
        if parts and self._top(root).isdisjoint((parts[0], f"{parts[0]}.py")):
            return ()
        found: list[str] = []
        current = root
        if not parts and self._is_file(f"{root}/__init__.py"):
            found.append(posixpath.normpath(f"{root}/__init__.py"))
        for part in parts:
            current = posixpath.normpath(f"{current}/{part}")
            if self._is_file(f"{current}/__init__.py"):
                found.append(f"{current}/__init__.py")
            elif self._is_file(f"{current}.py"):
                found.append(f"{current}.py")
                break
        return tuple(found)

    def _top(self, root: str) -> frozenset[str]:
        """Return the names in a folder: most imports are not the project's, and are told so by one look."""
        if root not in self._tops:
            try:
                self._tops[root] = frozenset(os.listdir(self._folder / root))  # noqa: PTH208 - names alone are wanted
            except (FileNotFoundError, NotADirectoryError):
                self._tops[root] = frozenset()
        return self._tops[root]

    def _is_file(self, path: str) -> bool:
        return os.path.isfile(f"{self._folder}/{path}")  # noqa: PTH113 - asked for every import, on the path of `status`

    def _imports(self, address: Address, source: str | Path) -> tuple[list[str], bool]:
        """Return what *source*, known to be *address*, imports, and whether it hides more; parsed once per content."""
        key = f"imports/{_FORMAT}/{address}"
        kept = self._cache.get(key)
        if kept is None:
            data = source.encode() if isinstance(source, str) else source.read_bytes()
            found = imports_of(data)
            kept = json.dumps([found.names, found.is_opaque]).encode()
            self._cache.put(key, kept)
        names, is_opaque = json.loads(kept)
        return names, is_opaque

    def _address(self, place: str) -> Address:
        if place not in self._addresses:
            self._addresses[place] = self._files.item(self._folder / place).address
        return self._addresses[place]

    def _addressed(self, places: Iterable[str]) -> Mapping[str, Address]:
        return {place: self._address(place) for place in sorted(set(places))}

    def _matching(self, pattern: str, stage: str) -> list[str]:
        found = [place for place in self._folder.glob(pattern) if place.is_file()]
        if not found:
            raise NotFound(
                f"Stage {stage}: `code` names {pattern}, which matches no file.", remedy="Mend the pattern in `code`."
            )
        return [place.relative_to(self._folder).as_posix() for place in found]

    def _everything(self) -> Mapping[str, Address]:
        if self._all is None:
            self._all = self._addressed(self._code_files("."))
        return self._all

    def _code_files(self, folder: str) -> Iterator[str]:
        with os.scandir(self._folder / folder) as found:
            for entry in found:
                place = entry.name if folder == "." else f"{folder}/{entry.name}"
                if entry.name.startswith(".") or covers(self._outputs, place):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    if entry.name not in _NOT_CODE and not Path(entry.path, "pyvenv.cfg").exists():
                        yield from self._code_files(place)
                elif entry.name.lower().endswith(_ENDINGS) and entry.is_file(follow_symlinks=False):
                    yield place
