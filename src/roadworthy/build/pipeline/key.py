"""The key of a stage: everything that its outputs depend on, part by part, and what differs between two keys."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from roadworthy.build.pipeline.grammar.values import flatten
from roadworthy.ledger.objects.address import Address

if TYPE_CHECKING:
    from roadworthy.build.pipeline.stage import Stage

_FORMAT = 1  # raised when equal parts would no longer mean equal outputs
_SECRET = Address.of(b"a secret")
_SHOWN = 60  # characters of a value in a sentence
_ABSENT = object()
Parts = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Change:
    """One part of a key that differs: `before` and `after` are None where the part is absent.

    Attributes:
        part: `command`, `dep`, `param`, `code`, `python`, `env`, `outs`, `wdir`.
        name: Which one, e.g. a path or a parameter; empty for parts that are one of a kind.
    """

    part: str
    name: str
    before: object = None
    after: object = None

    def __str__(self) -> str:
        match self.part:
            case "param":
                return f"{self.name}: {_shown(self.before)} → {_shown(self.after)}"
            case "python":
                return "the Python environment changed"
            case "command" | "outs" | "wdir":
                return f"the {_WORDS[self.part]} changed"
        name = f"the variable {self.name}" if self.part == "env" else self.name
        if self.before is None:
            return f"{name} is new"
        return f"{name} is gone" if self.after is None else f"{name} changed"


_WORDS = {"command": "command", "outs": "list of outputs", "wdir": "working folder"}


def parts(
    stage: Stage,
    *,
    deps: Mapping[str, Address],
    params: Mapping[str, object],
    code: Mapping[str, Address],
    python: str,
    environment: Mapping[str, str],
) -> Parts:
    """Return all that *stage*'s outputs depend on, as JSON values.

    Args:
        stage: Its command, working folder and list of outputs count.
        deps: Path → content of what it reads.
        params: `file:name` → value of each parameter that it uses.
        code: Path → content of the project's modules that it runs.
        python: Digest of the installed distributions.
        environment: The variables that it declares and that are set; their values are kept as addresses only.
    """
    declared = {name: Address.of(environment[name].encode()) for name in stage.env if name in environment}
    return {
        "command": list(stage.cmd),
        "wdir": stage.wdir,
        "outs": sorted(out.path for out in stage.outs),
        "dep": dict(deps),
        "param": dict(params),
        "code": dict(code),
        "python": python,
        "env": {**declared, **dict.fromkeys(stage.secrets, _SECRET)},  # the name of a secret, never its value
    }


def digest(found: Parts) -> str:
    """Return the key that *found* make: 64 hexadecimal digits."""
    whole = json.dumps([_FORMAT, found], sort_keys=True, separators=(",", ":"), allow_nan=False)
    return Address.of(whole.encode()).digest


def differences(before: Parts, after: Parts) -> tuple[Change, ...]:
    """Return what differs between two keys' parts: inputs first, then the rest.

    A file that is an input and code too is told once, as an input.
    """
    found: list[Change] = []
    for part in ("param", "dep", "code", "env", "command", "wdir", "outs", "python"):
        old, new = before.get(part), after.get(part)
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            if part == "param":
                old, new = flatten(old), flatten(new)
            told = {change.name for change in found if part == "code" and change.part == "dep"}
            found.extend(change for change in _between(part, old, new) if change.name not in told)
        elif old != new:
            found.append(Change(part, "", old, new))
    return tuple(found)


def sentence(changes: tuple[Change, ...], most: int = 3) -> str:
    """Return what changed in one line."""
    more = len(changes) - most
    return "; ".join(str(change) for change in changes[:most]) + (f"; and {more} more" if more > 0 else "")


def _between(part: str, old: Mapping[str, object], new: Mapping[str, object]) -> list[Change]:
    return [
        Change(part, _name(part, name), old.get(name), new.get(name))
        for name in dict.fromkeys((*old, *new))
        if old.get(name, _ABSENT) != new.get(name, _ABSENT)
    ]


def _name(part: str, name: str) -> str:
    return name.removeprefix("params.yaml:") if part == "param" else name


def _shown(value: object) -> str:
    if value is None:
        return "(none)"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
