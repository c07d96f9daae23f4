"""`${…}`: names filled in from parameters and variables, as DVC does."""

from __future__ import annotations

import difflib
import re
import shlex
from collections.abc import Mapping
from typing import TYPE_CHECKING

from roadworthy.errors import PipelineError

if TYPE_CHECKING:
    from collections.abc import Iterator

_REFERENCE = re.compile(r"(?<!\\)\$\{(?P<name>[^{}]*)\}")
_ESCAPED = re.compile(r"\\\$\{")
_INDEX = re.compile(r"\[([^\]]*)\]")


def fill(value: object, names: Mapping[str, object]) -> object:
    """Return *value* with every `${name}` in it replaced; a text that is one reference keeps the referenced type.

    Raises:
        PipelineError: A name is not known, or a list or mapping stands inside a longer text.
    """
    if isinstance(value, str):
        return _fill_text(value, names)
    if isinstance(value, Mapping):
        return {str(fill(key, names)): fill(item, names) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [fill(item, names) for item in value]
    return value


def fill_text(text: str, names: Mapping[str, object]) -> str:
    """Return *text* with every reference replaced by its text.

    Raises:
        PipelineError: A name is not known, or refers to a list or mapping.
    """
    return _unescaped(_REFERENCE.sub(lambda found: _scalar(found["name"], names), text))


def fill_command(text: str, names: Mapping[str, object]) -> str:
    """Return a shell command filled in: a mapping becomes `--key value …`, a list its items.

    Raises:
        PipelineError: A name is not known.
    """
    return _unescaped(_REFERENCE.sub(lambda found: _argument(lookup(found["name"], names)), text))


def lookup(name: str, names: Mapping[str, object]) -> object:
    """Return what *name* (`a.b.0`, or `a.b[0]`) refers to.

    Raises:
        PipelineError: There is nothing of that name.
    """
    found: object = names
    steps = [step.strip() for step in _INDEX.sub(r".\1", name).split(".")]
    for position, step in enumerate(steps):
        if isinstance(found, Mapping) and step in found:
            found = found[step]
        elif isinstance(found, list | tuple) and step.isdecimal() and int(step) < len(found):
            found = found[int(step)]
        else:
            raise _unknown(name, ".".join(steps[:position]), step, found)
    return found


def text_of(value: object) -> str:
    """Return a scalar as it stands in a text: `true`, `false`, nothing for null."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _fill_text(text: str, names: Mapping[str, object]) -> object:
    whole = _REFERENCE.fullmatch(text)
    return lookup(whole["name"], names) if whole else fill_text(text, names)


def _unescaped(text: str) -> str:
    return _ESCAPED.sub("${", text)


def _scalar(name: str, names: Mapping[str, object]) -> str:
    value = lookup(name, names)
    if isinstance(value, Mapping | list | tuple):
        raise PipelineError(
            f"${{{name}}} is a {'mapping' if isinstance(value, Mapping) else 'list'}, and cannot be part of a text.",
            remedy="Name one value inside it, for example ${"
            + name
            + (".key}." if isinstance(value, Mapping) else "[0]}."),
        )
    return text_of(value)


def _argument(value: object) -> str:
    if isinstance(value, Mapping):
        return " ".join(_options("", value))
    if isinstance(value, list | tuple):
        return " ".join(shlex.quote(text_of(item)) for item in value)
    return text_of(value)


def _options(prefix: str, values: Mapping[object, object]) -> Iterator[str]:
    """Yield `--key value` for each entry; a flag for true, nothing for false and null; nested keys joined by dots."""
    for key, value in values.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            yield from _options(f"{name}.", value)
        elif value is True:
            yield f"--{name}"
        elif value is not None and value is not False:
            yield f"--{name} {_argument(value if isinstance(value, list | tuple) else [value])}"


def _unknown(name: str, inside: str, step: str, found: object) -> PipelineError:
    near = difflib.get_close_matches(step, [str(key) for key in found] if isinstance(found, Mapping) else [], n=1)
    guess = f" Did you mean `{'.'.join(filter(None, [inside, near[0]]))}`?" if near else ""
    return PipelineError(
        f"${{{name}}} refers to nothing: there is no `{step}`{f' in `{inside}`' if inside else ''}.{guess}",
        remedy="Add it to params.yaml or `vars`; write \\${…} for a variable of the shell.",
    )
