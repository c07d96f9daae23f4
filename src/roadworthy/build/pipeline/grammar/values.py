"""Values of parameter and metric files: read once per content, selected by dotted names, flattened."""

from __future__ import annotations

import difflib
import json
import posixpath
from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING

from roadworthy.declare.written import is_file
from roadworthy.errors import NotFound, PipelineError
from roadworthy.ledger.objects.address import Address

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from roadworthy.ledger.index.cache import Cache
    from roadworthy.ledger.objects.known import KnownFiles

READABLE = frozenset({"yaml", "yml", "json", "toml", "py"})  # endings of files that hold values
_FORMAT = 1  # of what is cached


class ValueFiles:
    """The parameter files of a project's folder, each parsed once per content."""

    def __init__(
        self, folder: Path, files: KnownFiles, cache: Cache, known: Mapping[str, object] | None = None
    ) -> None:
        self._folder = folder
        self._files = files
        self._cache = cache
        self._read: dict[str, object] = dict(known or {})

    def read(self, path: str) -> object:
        """Return what the file *path*, relative to the project's folder, holds.

        Raises:
            NotFound: It is not there.
            InvalidDeclaration, PipelineError: It cannot be read.
        """
        path = posixpath.normpath(path)
        if path not in self._read:
            self._read[path] = self._parse(path)
        return self._read[path]

    def exists(self, path: str) -> bool:
        """Whether the file *path* is there."""
        return posixpath.normpath(path) in self._read or is_file(self._folder / path)

    def _parse(self, path: str) -> object:
        address = self._files.item(self._folder / path).address
        return _once(path, address, self._cache, (self._folder / path).read_bytes)


def known(path: str, data: bytes, cache: Cache) -> object:
    """Return what the bytes of the file *path* mean, parsed once per content.

    Raises:
        InvalidDeclaration, PipelineError: They cannot be read.
    """
    return _once(path, Address.of(data), cache, lambda: data)


def _once(path: str, address: Address, cache: Cache, read: Callable[[], bytes]) -> object:
    key = f"values/{_FORMAT}/{posixpath.splitext(path)[1]}/{address}"
    kept = cache.get(key)
    if kept is None:
        kept = json.dumps(parsed(path, read())).encode()
        cache.put(key, kept)
    return json.loads(kept)


def parsed(path: str, data: bytes) -> object:
    """Return what the bytes of the file *path* mean, as JSON values.

    Raises:
        InvalidDeclaration, PipelineError: They cannot be read.
    """
    # Named at run time: the readers of YAML, TOML and Python are needed only for a file that has changed.
    found: object = import_module("roadworthy.build.pipeline.grammar.parse").parse(path, data)
    return found


def select(tree: object, name: str, file: str) -> object:
    """Return the value under the dotted *name* in the values of *file*.

    Raises:
        NotFound: There is no such value.
    """
    found = tree
    if isinstance(tree, Mapping) and name in tree:
        return tree[name]  # a key may hold dots itself
    for step in name.split("."):
        if isinstance(found, Mapping) and step in found:
            found = found[step]
        elif isinstance(found, list) and step.isdecimal() and int(step) < len(found):
            found = found[int(step)]
        else:
            near = difflib.get_close_matches(name, flatten(tree), n=1, cutoff=0.5)
            guess = f" Did you mean `{near[0]}`?" if near else ""
            raise NotFound(f"{file} has no value `{name}`.{guess}", remedy=f"Add it to {file}, or mend the name.")
    return found


def flatten(tree: object, prefix: str = "") -> dict[str, object]:
    """Return every scalar (and every list) of *tree* under its dotted name."""
    if isinstance(tree, Mapping) and (tree or not prefix):
        found: dict[str, object] = {}
        for key, value in tree.items():
            found |= flatten(value, f"{prefix}.{key}" if prefix else str(key))
        return found
    return {prefix: tree}


def changed(tree: Mapping[str, object], overrides: Mapping[str, object]) -> dict[str, object]:
    """Return *tree* with the values under dotted names replaced; the names must be there.

    Raises:
        PipelineError: A name leads through something that is no mapping.
    """
    found: dict[str, object] = dict(tree)
    for name, value in overrides.items():
        _put(found, name.split("."), value, name)
    return found


def _put(tree: dict[str, object], steps: list[str], value: object, name: str) -> None:
    first, *rest = steps
    if not rest:
        tree[first] = value
        return
    inner = tree.get(first, {})
    if not isinstance(inner, Mapping):
        raise PipelineError(f"The parameter `{name}` lies in `{first}`, which is a value.", remedy="Mend the name.")
    copy = dict(inner)
    _put(copy, rest, value, name)
    tree[first] = copy
