"""Declared stages made concrete: `vars`, `foreach` and `matrix` resolved, paths made relative to the project."""

from __future__ import annotations

import itertools
import posixpath
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from roadworthy.build.pipeline.grammar.interpolate import fill, fill_command, fill_text, text_of
from roadworthy.build.pipeline.grammar.values import select
from roadworthy.build.pipeline.stage import Kind, Out, Stage
from roadworthy.declare.agreement.output import objection
from roadworthy.declare.form import seconds
from roadworthy.declare.pipeline import ParamsOf
from roadworthy.errors import NotFound, PipelineError

if TYPE_CHECKING:
    from roadworthy.build.pipeline.grammar.values import ValueFiles
    from roadworthy.declare import pipeline as declared

PARAMS = "params.yaml"
_Names = dict[str, object]


def expand(pipeline: declared.Pipeline, files: ValueFiles) -> tuple[Stage, ...]:
    """Return every stage of *pipeline*, concrete, in the declared order.

    Raises:
        PipelineError: A reference, variable, path or item is wrong; the stage is named.
        NotFound: A file of variables is not there.
    """
    names = _loaded({}, (PARAMS,) if files.exists(PARAMS) else (), ".", files)
    names = _loaded(names, [item for item in pipeline.vars if item != PARAMS], ".", files)
    found: dict[str, Stage] = {}
    for group, stage in pipeline.stages.items():
        for name, more in _named(group, stage, names):
            if name in found:
                raise PipelineError(f"Two stages are called {name}.", remedy="Give each item another name.")
            try:
                found[name] = _resolved(name, group, stage, {**names, **more}, files)
            except (PipelineError, NotFound) as fault:
                raise type(fault)(f"Stage {name}: {fault.problem}", remedy=fault.remedy) from fault
    return tuple(found.values())


def _loaded(names: _Names, variables: Sequence[str | Mapping[str, object]], wdir: str, files: ValueFiles) -> _Names:
    """Return *names* with those of files (`path` or `path:key,key`) and mappings added; none may be said twice."""
    for variable in variables:
        if not isinstance(variable, str):
            names = _merged(names, variable, "vars")
            continue
        path, _, keys = variable.partition(":")
        path = posixpath.join(wdir, path)
        tree = files.read(path)
        if not isinstance(tree, Mapping):
            raise PipelineError(f"{path} holds no names: it is not a mapping.", remedy="Write `name: value` lines.")
        chosen = [key for key in keys.split(",") if key]
        names = _merged(names, {key: select(tree, key, path) for key in chosen} if chosen else tree, path)
    return names


def _merged(names: _Names, more: Mapping[str, object], source: str, inside: str = "") -> _Names:
    merged = dict(names)
    for key, value in more.items():
        there = merged.get(key)
        if key not in merged or there == value:
            merged[key] = value
        elif isinstance(there, Mapping) and isinstance(value, Mapping):
            merged[key] = _merged(dict(there), value, source, f"{inside}{key}.")
        else:
            raise PipelineError(
                f"`{inside}{key}` of {source} has another value already.", remedy="Give each name one value."
            )
    return merged


def _named(group: str, stage: declared.Stage, names: _Names) -> Iterator[tuple[str, _Names]]:
    """Yield the name of each stage that *stage* stands for, and what `${item}` and `${key}` mean in it."""
    if stage.foreach is not None:
        yield from ((f"{group}@{label}", more) for label, more in _items(group, fill(stage.foreach, names)))
    elif stage.matrix is not None:
        yield from ((f"{group}@{label}", more) for label, more in _combinations(group, fill(stage.matrix, names)))
    else:
        yield group, {}


def _items(group: str, items: object) -> Iterator[tuple[str, _Names]]:
    if isinstance(items, Mapping):
        for key, value in items.items():
            yield str(key), {"item": value, "key": key}
    elif isinstance(items, list):
        composite = any(isinstance(item, list | Mapping) for item in items)
        for position, item in enumerate(items):
            yield str(position) if composite else text_of(item), {"item": item}
    else:
        raise PipelineError(f"Stage {group}: `foreach` is neither a list nor a mapping.", remedy="Give it either.")


def _combinations(group: str, axes: object) -> Iterator[tuple[str, _Names]]:
    if not isinstance(axes, Mapping) or not all(isinstance(values, list) for values in axes.values()):
        raise PipelineError(
            f"Stage {group}: `matrix` is not a mapping of lists.", remedy="Write `matrix: {name: [value, value]}`."
        )
    labelled = [[(_label(axis, place, value), value) for place, value in enumerate(axes[axis])] for axis in axes]
    for chosen in itertools.product(*labelled):
        key = "-".join(label for label, _ in chosen)
        yield key, {"item": dict(zip(axes, (value for _, value in chosen), strict=True)), "key": key}


def _label(axis: str, place: int, value: object) -> str:
    return f"{axis}{place}" if isinstance(value, list | Mapping) else text_of(value)


def _resolved(name: str, group: str, stage: declared.Stage, names: _Names, files: ValueFiles) -> Stage:
    wdir = _path(".", fill_text(stage.wdir, names))
    names = _loaded(names, stage.vars, wdir, files)
    kinds: tuple[tuple[Kind, tuple[declared.Output, ...]], ...] = (
        ("out", stage.outs), ("metric", stage.metrics), ("plot", stage.plots)
    )  # fmt: skip
    return Stage(
        name=name,
        group=group,
        cmd=tuple(fill_command(command, names) for command in stage.cmd),
        deps=tuple(dict.fromkeys(_path(wdir, dep) for dep in _texts(stage.deps, names))),
        params=tuple(
            ParamsOf(_path(wdir, fill_text(params.file, names)), tuple(_texts(params.keys, names)))
            for params in stage.params
        ),
        outs=tuple(_out(path, out, kind) for kind, outs in kinds for path, out in _written(outs, wdir, names)),
        wdir=wdir,
        frozen=stage.frozen,
        always_changed=stage.always_changed,
        desc=None if stage.desc is None else fill_text(stage.desc, names),
        resources=stage.resources,
        timeout=None if stage.timeout is None else seconds(stage.timeout),
        code=stage.code if stage.code == "auto" else tuple(_texts(stage.code, names)),
        env=stage.env,
        secrets=stage.secrets,
    )


def _texts(values: Sequence[str], names: _Names) -> Iterator[str]:
    """Yield *values* filled in; one that is a reference to a list stands for its items."""
    for value in values:
        filled = fill(value, names)
        if isinstance(filled, Mapping):
            raise PipelineError(
                f"{value} is a mapping, and stands where a path must.", remedy="Name a value inside it."
            )
        for item in filled if isinstance(filled, list) else [filled]:
            yield text_of(item)


def _written(outs: Sequence[declared.Output], wdir: str, names: _Names) -> Iterator[tuple[str, declared.Output]]:
    for out in outs:
        for path in _texts((out.path,), names):
            yield _path(wdir, path), out


def _path(wdir: str, path: str) -> str:
    if "://" in path:
        raise PipelineError(
            f"{path} is an address on a network, not a file.",
            remedy="Declare it under `sources`: a fetch brings it here, and pins exactly what was read.",
        )
    if not path.strip():
        raise PipelineError("A path is empty.", remedy="Write the path, relative to the project's folder.")
    return posixpath.normpath(posixpath.join(wdir, path))


def _out(path: str, out: declared.Output, kind: Kind) -> Out:
    wrong = objection(path)
    if wrong is not None:
        raise PipelineError(wrong.problem, remedy=wrong.fix)
    return Out(path, kind, cache=out.cache, persist=out.persist)
