"""What completion in a shell offers for the words that name something of the project; silent where there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from roadworthy.app.named import names

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import click

_BETWEEN = ".."  # of a base and a head


def stages(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    """Return the stages that begin with *incomplete*."""
    return _offered(names.stages, incomplete)


def versions(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    """Return the versions that begin with *incomplete*."""
    return _offered(names.versions, incomplete)


def environments(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    """Return the environments that begin with *incomplete*."""
    return _offered(names.environments, incomplete)


def revisions(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    """Return the branches and versions that begin with *incomplete*; of `BASE..HEAD`, those for its last part."""
    base, between, head = incomplete.rpartition(_BETWEEN)
    return [f"{base}{between}{name}" for name in _offered(names.revisions, head)]


def models(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    """Return the models that begin with *incomplete*."""
    return _offered(names.models, incomplete)


def sources(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    """Return the sources that begin with *incomplete*."""
    return _offered(names.sources, incomplete)


def data(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    """Return the pinned data whose names begin with *incomplete*."""
    return _offered(names.data, incomplete)


def _offered(known: Callable[[], Sequence[str]], incomplete: str) -> list[str]:
    try:
        return [name for name in known() if name.startswith(incomplete)]
    except Exception:  # noqa: BLE001 - somebody is typing: there is no place to say what is wrong
        return []
