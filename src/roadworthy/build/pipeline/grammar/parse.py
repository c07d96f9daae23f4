"""Parameter and metric files of every format that DVC reads, from their bytes; loaded only when one has changed."""

from __future__ import annotations

import ast
import json
import math
import tomllib
from collections.abc import Mapping

from roadworthy.declare.read.file import parse_values
from roadworthy.errors import InvalidDeclaration, PipelineError

_BIG = 1 << 53  # beyond it JSON readers disagree about a whole number


def parse(path: str, data: bytes) -> object:
    """Return what the file *path* holds, as JSON values: by its ending YAML, JSON, TOML or Python.

    Raises:
        InvalidDeclaration: A YAML file has faults; all of them are listed.
        PipelineError: The file cannot be read, or its ending is not known.
    """
    ending = path.rpartition(".")[2].lower()
    try:
        match ending:
            case "yaml" | "yml":
                return _yaml(path, data)
            case "json":
                return plain(json.loads(data))
            case "toml":
                return plain(tomllib.loads(data.decode("utf-8")))
            case "py":
                return _python(ast.parse(data).body)
    except (ValueError, SyntaxError, RecursionError) as fault:
        raise PipelineError(f"{path} cannot be read: {fault}.", remedy="Mend it: see the place named above.") from fault
    raise PipelineError(
        f"{path} is no parameter file: its ending is not known.", remedy="Use .yaml, .yml, .json, .toml or .py."
    )


def plain(value: object) -> object:
    """Return *value* with nothing in it but JSON values; dates, infinities and very large numbers become text."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if isinstance(value, bool | str | None):
        return value
    if isinstance(value, int):
        return value if -_BIG < value < _BIG else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    return str(value)


def _yaml(path: str, data: bytes) -> object:
    document = parse_values(data, path)
    if document.value is None:
        shown = "\n".join(fault.render() for fault in document.faults)
        raise InvalidDeclaration(f"{path} has faults.\n{shown}", remedy="Mend the lines above.")
    return plain(document.value)


def _python(body: list[ast.stmt]) -> dict[str, object]:
    """Return the constants that a Python file assigns, those of classes under the class's name; nothing is run."""
    found: dict[str, object] = {}
    for statement in body:
        match statement:
            case ast.ClassDef():
                found[statement.name] = _python(statement.body)
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
            ):
                try:
                    found[name] = plain(ast.literal_eval(value))
                except ValueError:
                    continue  # not a constant: not a parameter
    return found
