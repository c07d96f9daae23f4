"""Which modules a Python source imports, read from its syntax; nothing is run."""

from __future__ import annotations

import ast
from dataclasses import dataclass

_BY_NAME = frozenset({"__import__", "import_module", "run_module"})
_BY_PATH = frozenset({"run_path", "spec_from_file_location", "SourceFileLoader", "walk_packages", "iter_modules"})


@dataclass(frozen=True, slots=True)
class Imports:
    """What a module imports.

    Attributes:
        names: Dotted names, relative ones with their leading dots; `a.b` for each `b` of `from a import b` too.
        is_opaque: Whether it also imports what its text does not name.
    """

    names: tuple[str, ...]
    is_opaque: bool = False


def imports_of(source: bytes) -> Imports:
    """Return what *source* imports, anywhere in it; a source that is no Python imports what cannot be told."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return Imports((), is_opaque=True)
    found: dict[str, None] = {}
    is_opaque = False
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                found.update((alias.name, None) for alias in names)
            case ast.ImportFrom(module=module, names=names, level=level):
                origin = "." * level + (module or "")
                found[origin] = None
                joint = "" if origin.endswith(".") else "."
                found.update((f"{origin}{joint}{alias.name}", None) for alias in names if alias.name != "*")
            case ast.Call():
                name = _called(node)
                literal = _literal(node)
                if name in _BY_NAME and literal is not None:
                    found[literal] = None
                elif name in _BY_NAME | _BY_PATH:
                    is_opaque = True
    return Imports(tuple(found), is_opaque)


def _called(node: ast.Call) -> str:
    match node.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def _literal(node: ast.Call) -> str | None:
    match node.args:
        case [ast.Constant(value=str(value)), *_]:
            return value
    return None
