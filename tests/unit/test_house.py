"""The house keeps its own rules: sizes, imports, docstrings of packages."""

from __future__ import annotations

import ast
import sys
import tomllib
from collections import Counter
from functools import cache
from pathlib import Path

from roadworthy.cli.main import COMMANDS

SOURCE = Path(__file__).parents[2] / "src"
TESTS = Path(__file__).parents[1]
MODULES = sorted(path for path in SOURCE.rglob("*.py") if "templates" not in path.relative_to(SOURCE).parts)
FILE_LINES, FUNCTION_LINES, CLASS_LINES, PACKAGE_MODULES, PARAMETERS = 400, 50, 250, 15, 6
DOCSTRING_NODES = 3  # a module, an expression, a constant
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
LOADERS = {"import_module", "__import__", "exec_module", "load_module", "run_module", "run_path"}
# (module, what it names in its call): the modules that this may be. Why, and what it saves: docs/decisions/0015.
LATE: dict[tuple[str, str], tuple[str, ...]] = {
    ("roadworthy.ledger.records.keep", "'roadworthy.ledger.records.seal'"): ("roadworthy.ledger.records.seal",),
    ("roadworthy.declare.pinned", "'roadworthy.declare.read.file'"): ("roadworthy.declare.read.file",),
    ("roadworthy.declare.project", "'roadworthy.declare.examine'"): ("roadworthy.declare.examine",),
    ("roadworthy.declare.restore", "_PACKAGE + module"): tuple(
        f"roadworthy.declare.{name}"
        for name in ("profile", "pipeline", "requirements", "contract", "failure_mode", "pin")
    ),
    ("roadworthy.build.pipeline.grammar.values", "'roadworthy.build.pipeline.grammar.parse'"): (
        "roadworthy.build.pipeline.grammar.parse",
    ),
    ("roadworthy.cli.main", "f'roadworthy.cli.{module}'"): tuple(
        f"roadworthy.cli.{module}" for module, _ in COMMANDS.values()
    ),
    ("roadworthy.cli.main", "'roadworthy.cli.crash'"): ("roadworthy.cli.crash",),
    ("roadworthy.cli.main", "'roadworthy.cli.examples'"): ("roadworthy.cli.examples",),
    ("roadworthy.cli.main", "'click.shell_completion'"): (),  # of others
    ("roadworthy.cli.main", "'difflib'"): (),
    ("roadworthy_kit.load", "module"): (),  # of the user's project
    ("roadworthy_kit.sitecustomize", "sys.modules[__name__]"): (),  # the one that ours stands before
}
# What the kit imports inside of functions, of the project's Python environment: there, if the project needs it at all.
OF_THE_PROJECT = {
    "load": {"mlflow", "numpy", "onnxruntime", "skops"},
    "columns": {"numpy", "pandas", "polars"},
    "pytest_plugin": {"duckdb", "pandas"},
    "testing": {"pytest"},
}


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """Return every node of a module's syntax tree."""
    return tuple(ast.walk(ast.parse(path.read_text(encoding="utf-8"), filename=str(path))))


def name_of(path: Path) -> str:
    """Return a module's path below `src`."""
    return str(path.relative_to(SOURCE))


def dotted(path: Path) -> str:
    """Return a module's name."""
    return ".".join(path.relative_to(SOURCE).with_suffix("").parts)


def named_at_run_time(path: Path) -> list[str]:
    """Return what a module gives to functions that import by name; another name for such a function counts as one."""
    found = []
    for node in nodes(path):
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in LOADERS:
            found += [ast.unparse(node.args[0]) if node.args else ast.unparse(node)]
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found += [ast.unparse(node) for name in node.names if name.asname and name.name in {*LOADERS, "importlib"}]
    return found


@cache
def floors() -> tuple[frozenset[str], ...]:
    """Return the packages of each floor, the highest first, as import-linter holds them."""
    settings = tomllib.loads((SOURCE.parent / "pyproject.toml").read_text(encoding="utf-8"))
    (layers,) = (one["layers"] for one in settings["tool"]["importlinter"]["contracts"] if one["id"] == "floors")
    return tuple(frozenset(name.strip(" ()") for name in layer.split("|")) for layer in layers)


def may_load(module: str, target: str) -> bool:
    """Whether *target* is in the package of *module*, or on a floor below it."""
    own, other = module.split(".")[1], target.split(".")[1]
    place = {name: at for at, names in enumerate(floors()) for name in names}
    return own == other or place[own] < place[other]


def body_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return how many lines a function's body has, its docstring left out."""
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def parameters(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return how many parameters a function takes; a command's are its options, which its users know by name."""
    if any("click" in ast.unparse(decorator) for decorator in node.decorator_list):
        return 0
    taken = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    return sum(1 for argument in taken if argument.arg not in {"self", "cls"})


def too_big(node: ast.AST) -> bool:
    """Whether a class or a function is larger than a reader can hold."""
    if isinstance(node, ast.ClassDef):
        return (node.end_lineno or 0) - node.lineno + 1 > CLASS_LINES
    return isinstance(node, FUNCTIONS) and (body_lines(node) > FUNCTION_LINES or parameters(node) > PARAMETERS)


def test_a_file_is_small_enough_to_read() -> None:
    """No file is longer than 400 lines."""
    long = [str(path) for path in [*MODULES, *TESTS.rglob("*.py")] if len(path.read_text().splitlines()) > FILE_LINES]

    assert long == []


def test_functions_and_classes_are_small() -> None:
    """No function body is longer than 50 lines, takes more than 6 parameters; no class is longer than 250 lines."""
    big = [f"{name_of(path)}: {getattr(node, 'name', '')}" for path in MODULES for node in nodes(path) if too_big(node)]

    assert big == []


def test_a_package_has_few_modules() -> None:
    """No package holds more than 15 modules; the commands are a list, not a package to understand."""
    inside = Counter(path.parent for path in MODULES if path.name != "__init__.py")
    crowded = {
        name_of(package): count
        for package, count in inside.items()
        if count > PACKAGE_MODULES and package.name != "cli"
    }

    assert crowded == {}


def test_a_private_package_exports_nothing() -> None:
    """The `__init__.py` of a package is a docstring: whoever needs a name imports its module."""
    exporting = [name_of(path) for path in MODULES if path.name == "__init__.py" and len(nodes(path)) > DOCSTRING_NODES]

    assert exporting == []


def test_only_the_composition_root_imports_inside_functions() -> None:
    """An import inside a function hides an arrow of the house; only `app/` chooses at run time.

    The kit is loaded into foreign Python environments, where pandas or onnxruntime may or may not be installed.
    """
    hidden = [
        f"{name_of(path)}: {ast.unparse(node)}"
        for path in MODULES
        if not name_of(path).startswith(("roadworthy_kit/", "roadworthy/app/"))
        for function in nodes(path)
        if isinstance(function, FUNCTIONS)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]

    assert hidden == []


def imported(tree: ast.AST, *, late: bool) -> set[str]:
    """Return the packages that a module imports when it is loaded, or those that its functions do."""
    found: set[str] = set()
    for node in ast.iter_child_nodes(tree):
        inside = late and isinstance(node, FUNCTIONS)
        if isinstance(node, ast.Import) and not late:
            found |= {name.name.partition(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and not late:
            found.add("." if node.level else (node.module or "").partition(".")[0])
        elif inside:
            found |= imported_anywhere(node)
        elif not isinstance(node, FUNCTIONS):
            found |= imported(node, late=late)
    return found


def imported_anywhere(tree: ast.AST) -> set[str]:
    """Return the packages that are imported below *tree*, in functions or not."""
    return imported(tree, late=False) | imported(tree, late=True)


def test_the_kit_needs_the_standard_library_alone() -> None:
    """It runs in any Python environment: loading it takes nothing that may not be there, but its plugin's pytest."""
    own = sys.stdlib_module_names | {"roadworthy_kit"}
    kit = {path.stem: ast.parse(path.read_text(encoding="utf-8")) for path in (SOURCE / "roadworthy_kit").glob("*.py")}
    loaded = {name: imported(tree, late=False) - own for name, tree in kit.items()}
    later = {name: imported(tree, late=True) - own for name, tree in kit.items()}

    assert {name: found for name, found in loaded.items() if found} == {"pytest_plugin": {"pytest"}}
    assert {name: found for name, found in later.items() if found} == OF_THE_PROJECT
    assert imported_anywhere(ast.parse("class A:\n    import one\n    def f(self):\n        import two.three")) == {
        "one",
        "two",
    }


def test_a_module_that_is_named_at_run_time_stands_in_the_list() -> None:
    """An import by name hides its arrow from import-linter: each one is allowed here, by the words of its call."""
    calls = {(dotted(path), argument) for path in MODULES for argument in named_at_run_time(path)}

    assert calls == set(LATE)


def test_what_is_named_at_run_time_respects_the_floors() -> None:
    """A module loaded late exists, and is of the same package on its floor or of a floor below."""
    upward = [
        f"{module} -> {target}"
        for (module, _), targets in LATE.items()
        for target in targets
        if not (SOURCE / f"{target.replace('.', '/')}.py").is_file() or not may_load(module, target)
    ]

    assert upward == []
    assert not may_load("roadworthy.declare.pinned", "roadworthy.ledger.ledger")
    assert not may_load("roadworthy.ledger.ledger", "roadworthy.app.local")


def test_nothing_is_left_for_later() -> None:
    """No module holds a marker of unfinished work."""
    markers = ("TO" + "DO", "FIX" + "ME", "XX" + "X", "NotImplemented" + "Error")
    found = [
        f"{path.name}: {marker}" for path in MODULES for marker in markers if marker in path.read_text(encoding="utf-8")
    ]

    assert found == []
