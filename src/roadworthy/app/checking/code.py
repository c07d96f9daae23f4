"""The project's code that is named in declared files, looked for and not run: modules, their functions, scripts."""

from __future__ import annotations

import ast
import difflib
import posixpath
import re
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from roadworthy.build.pipeline.code.command import Entry, entries
from roadworthy.declare.agreement.report import Report
from roadworthy.declare.fault import did_you_mean, quoted
from roadworthy.declare.written import is_file, is_folder, is_there

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from roadworthy.app.checking.stages import Made
    from roadworthy.declare.fault import Fault
    from roadworthy.declare.read.whole import Reading

_ROOTS = ("src", ".")  # of a stage's PYTHONPATH, in this order
_VERY_LIKE = 0.85  # `pytest` is installed, and no misspelt `tests`
_BODIES = (ast.If, ast.Try, ast.With)


def faults(folder: Path, reading: Reading, made: Made) -> tuple[Fault, ...]:
    """Return the modules, functions and scripts that the pipeline in *reading* names and that are not there."""
    document, pipeline = reading.documents.get(reading.pipeline_file), reading.pipeline
    if document is None or pipeline is None:
        return ()
    report, code = Report(document), _Code(folder, made, _lock(folder, reading))
    for name, model in pipeline.models.items():
        if model.load and (wrong := code.function(model.load)):
            report.at_word(("models", name, "load"), model.load, *wrong)
    for stage in made.stages:
        for number, command in enumerate(stage.cmd):
            for entry in entries(command) or ():
                if wrong := code.entry(entry, stage.wdir):
                    report.at_word(("stages", stage.group, "cmd", number), entry.value, *wrong)
    return report.all()


_Wrong = tuple[str, str]  # a problem and its fix


@dataclass(frozen=True, slots=True)
class _Code:
    """The code of the project in *folder*; *lock* is the text of what is installed beside it."""

    folder: Path
    made: Made
    lock: str

    def entry(self, entry: Entry, wdir: str) -> _Wrong | None:
        """Return what is wrong with where a command enters code."""
        match entry.kind:
            case "module":
                return self.module(entry.value, (wdir, *_ROOTS), runs=True)
            case "file":
                return self._script(posixpath.normpath(posixpath.join(wdir, entry.value)))
        return None

    def function(self, named: str) -> _Wrong | None:
        """Return what is wrong with a function named as `package.module:function`."""
        module, _, function = named.partition(":")
        wrong = self.module(module, _ROOTS)
        if wrong is not None:
            return wrong
        for root in _ROOTS:
            place = self.folder / root / module.replace(".", "/")
            for file in (place.with_name(f"{place.name}.py"), place / "__init__.py"):
                if is_file(file):
                    return _not_in(file, module, function)
        return None

    def module(self, name: str, roots: tuple[str, ...], *, runs: bool = False) -> _Wrong | None:
        """Return that there is no module called *name*; one that is not the project's is taken to be installed."""
        parts = name.split(".")
        for root in dict.fromkeys(roots):
            if parts[0] in self._names(root):
                return self._below(root, parts, runs=runs)
        tops = [top for root in dict.fromkeys(roots) for top in self._names(root)]
        near = next(iter(difflib.get_close_matches(parts[0], tops, n=1, cutoff=_VERY_LIKE)), None)
        installed = re.search(rf"(?m)^{re.escape(parts[0]).replace('_', '[-_.]')}\b", self.lock, re.IGNORECASE)
        if near is None or installed or parts[0] in sys.stdlib_module_names:
            return None
        return (
            f"There is no module {quoted(name)} in the project.",
            f"Did you mean {quoted('.'.join([near, *parts[1:]]))}?",
        )

    def _below(self, root: str, parts: list[str], *, runs: bool) -> _Wrong | None:
        place = root
        for number, part in enumerate(parts):
            if part not in (names := self._names(place)):
                near = did_you_mean(part, names)
                there = ".".join(parts[:number])
                fix = f"Did you mean {quoted('.'.join([*parts[:number], near, *parts[number + 1 :]]))}?" if near else ""
                problem = f"There is no module {quoted('.'.join(parts))}: {there} has none called {quoted(part)}."
                return problem, fix or f"Write it, or name another: {', '.join(map(quoted, sorted(names))) or 'none'}."
            place = posixpath.join(place, part)
        if runs and is_folder(self.folder / place) and "__main__" not in self._names(place):
            problem = f"{quoted('.'.join(parts))} is a package without a `__main__`, which cannot be run."
            return problem, "Name one of its modules, or write `__main__.py` in it."
        return None

    def _names(self, place: str) -> frozenset[str]:
        """Return the modules and packages in a folder, those that a stage writes too."""
        folder = self.folder / place
        there = _inside(folder)
        found = {one.name.partition(".")[0] for one in there if one.suffix in {".py", ".so"}}
        found |= {one.name for one in there if one.name.isidentifier() and _holds_code(one)}
        prefix = "" if place == "." else f"{posixpath.normpath(place)}/"
        written = (path.removeprefix(prefix) for path in self.made.written or () if path.startswith(prefix))
        return frozenset(found | {path.partition("/")[0].removesuffix(".py") for path in written if ".py" in path})

    def _script(self, path: str) -> _Wrong | None:
        if path.startswith(("/", "../")) or is_there(self.folder / path) or self.made.makes(path):
            return None
        there = [one for one in _inside((self.folder / path).parent) if one.suffix == ".py"]
        beside = [one.relative_to(self.folder).as_posix() for one in there]
        near = did_you_mean(path, beside)
        return f"There is no {path}.", f"Did you mean {quoted(near)}?" if near else "Write it, or mend the path."


def _inside(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except (OSError, ValueError):  # it is not there, may not be read, or has a name that no folder has
        return []


def _holds_code(folder: Path) -> bool:
    return is_folder(folder) and any(next(folder.glob(pattern), None) for pattern in ("*.py", "*.so", "*/*.py"))


def _not_in(file: Path, module: str, function: str) -> _Wrong | None:
    try:
        body = ast.parse(file.read_bytes()).body
    except (SyntaxError, ValueError, OSError):
        return None  # the stage that imports it says so
    names = set(_defined(body))
    if function in names or names & {"*", "__getattr__"}:
        return None
    near = did_you_mean(function, names)
    fix = f"Did you mean {quoted(f'{module}:{near}')}?" if near else f"Write it in {file.name}, or name another."
    return f"{module} defines no {quoted(function)}.", fix


def _defined(body: list[ast.stmt]) -> Iterator[str]:
    """Yield the names that a module defines at its top, `*` for who knows which."""
    for statement in body:
        match statement:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                yield from ((one.asname or one.name).partition(".")[0] for one in names)
            case ast.Assign() | ast.AnnAssign():
                yield from (one.id for one in ast.walk(statement) if isinstance(one, ast.Name))
            case ast.If() | ast.Try() | ast.With():
                inner = [one for one in ast.walk(statement) if isinstance(one, ast.stmt) and one is not statement]
                yield from _defined([one for one in inner if not isinstance(one, _BODIES)])


def _lock(folder: Path, reading: Reading) -> str:
    try:
        return (folder / reading.lock).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
