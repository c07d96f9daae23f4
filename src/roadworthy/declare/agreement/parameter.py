"""Parameters by their dotted names, as stages and requirements call them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def has(params: object, dotted: str) -> bool:
    """Return whether there is a value under a dotted name such as `train.layers.0`."""
    for step in dotted.split("."):
        if isinstance(params, list) and step.isdecimal() and int(step) < len(params):
            params = params[int(step)]
        elif isinstance(params, dict) and step in params:
            params = params[step]
        else:
            return False
    return True


def dotted_names(params: Mapping[str, object], before: str = "") -> list[str]:
    """Return the dotted names of all parameters and groups of parameters."""
    names = []
    for key, value in params.items():
        names.append(f"{before}{key}")
        if isinstance(value, dict):
            names += dotted_names(value, f"{before}{key}.")
    return names
