"""What a change adds to what must be understood and kept alive, and, to its credit, what it takes away."""

from __future__ import annotations

import ast
import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from roadworthy.prove.review.changes import flat
from roadworthy.prove.review.comparison import Complexity, Count, Lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from roadworthy.ledger.repo.commit import FileChange
    from roadworthy.prove.review.evidence import Evidence

_CODE = {".py", ".sql", ".r", ".jl", ".sh", ".scala", ".java", ".c", ".cpp", ".rs", ".go", ".pyx"}
_KINDS = {
    ".ipynb": "notebooks",
    ".md": "documentation",
    ".rst": "documentation",
    ".yaml": "declarations",
    ".yml": "declarations",
    ".toml": "declarations",
    ".cfg": "declarations",
    ".in": "declarations",
}
_GENERATED = re.compile(r".*\.(lock|pin)|(.*/)?requirements[^/]*\.txt")
_LOCKED = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?\s*==\s*([^\s;\\]+)", re.MULTILINE)


def complexity(base: Evidence, head: Evidence, files: Sequence[FileChange]) -> Complexity:
    """Return the complexity delta from *base* to *head*, whose *files* differ."""
    counts = tuple(_counts(base, head))
    return Complexity(
        counts=counts,
        lines=lines(files),
        deletions=tuple(_deletions(base, head, counts)),
        sizes=(_model_size(base), _model_size(head)),
        seconds=(_seconds(base), _seconds(head)),
    )


def lines(files: Sequence[FileChange]) -> tuple[Lines, ...]:
    """Return the lines that came and went, by kind of file; what tools write is left out."""
    sums: dict[str, tuple[int, int]] = {}
    for file in files:
        if is_generated(file.path) or file.added is None or file.deleted is None:
            continue
        added, removed = sums.get(kind := kind_of(file.path), (0, 0))
        sums[kind] = (added + file.added, removed + file.deleted)
    order = ("code", "tests", "notebooks", "declarations", "documentation", "other files")
    return tuple(Lines(kind, *sums[kind]) for kind in order if kind in sums)


def is_generated(path: str) -> bool:
    """Whether tools write the file at *path*: a lock, or a pin."""
    return _GENERATED.fullmatch(path) is not None


def kind_of(path: str) -> str:
    """Return what kind of file stands at *path*: code, tests, notebooks, declarations, documentation, other files."""
    name = PurePosixPath(path)
    if "tests" in name.parts[:-1] or name.name.startswith("test_"):
        return "tests"
    if "docs" in name.parts[:-1]:
        return "documentation"
    return "code" if name.suffix.lower() in _CODE else _KINDS.get(name.suffix.lower(), "other files")


def locked(lock: str) -> dict[str, str]:
    """Return the distributions that a lock of `name==version` lines pins: name → version."""
    return {re.sub(r"[-_.]+", "-", name).lower(): version for name, version in _LOCKED.findall(lock)}


def definitions(sources: Mapping[str, str]) -> dict[str, str]:
    """Return the functions and classes of Python *sources* (path → text) by name, with their path."""
    return {name: path for path, source in sources.items() for name in _defined(source)}


def _defined(source: str) -> Iterator[str]:
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name


def _counts(base: Evidence, head: Evidence) -> Iterator[Count]:
    yield _count("features", _features(base), _features(head))
    yield _count("stages", _stages(base), _stages(head))
    yield _count("parameters", _parameters(base), _parameters(head))
    yield _count("dependencies", base.distributions, head.distributions)


def _count(name: str, before: Mapping[str, str], after: Mapping[str, str]) -> Count:
    return Count(
        name=name,
        before=len(before),
        after=len(after),
        added=tuple(item for item in after if item not in before),
        removed=tuple(item for item in before if item not in after),
        altered=tuple(
            f"{item} {before[item]} \N{RIGHTWARDS ARROW} {after[item]}"
            for item in after
            if item in before and before[item] != after[item]
        ),
    )


def _features(side: Evidence) -> dict[str, str]:
    requirements = side.declared.requirements if side.declared else None
    return dict.fromkeys(requirements.inputs.columns if requirements else (), "")


def _stages(side: Evidence) -> dict[str, str]:
    return dict.fromkeys(side.declared.pipeline.stages if side.declared else (), "")


def _parameters(side: Evidence) -> dict[str, str]:
    return dict.fromkeys(flat(side.declared.params) if side.declared else (), "")


def _deletions(base: Evidence, head: Evidence, counts: Sequence[Count]) -> Iterator[str]:
    for count in counts:
        singular = count.name.removesuffix("ies") + "y" if count.name.endswith("ies") else count.name.removesuffix("s")
        yield from (f"the {singular} {item}" for item in count.removed)
    gone = {name: path for name, path in base.definitions.items() if name not in head.definitions}
    yield from (f"{name} in {path}" for name, path in gone.items())


def _model_size(side: Evidence) -> int | None:
    if side.run is None or side.declared is None or side.proof is None:
        return None
    model = side.declared.pipeline.models.get(side.proof.model)
    output = side.run.outputs.get(model.path) if model else None
    return output.size if output else None


def _seconds(side: Evidence) -> float | None:
    if side.run is None or not side.run.stages or any(name not in side.seconds for name in side.run.stages):
        return None
    return sum(side.seconds[name] for name in side.run.stages)
