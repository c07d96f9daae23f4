"""The house keeps its own rules: sizes, imports, docstrings of packages."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src"
TESTS = Path(__file__).parents[1]
MODULES = sorted(path for path in SOURCE.rglob("*.py") if "templates" not in path.relative_to(SOURCE).parts)
FILE_LINES, FUNCTION_LINES, CLASS_LINES, PACKAGE_MODULES, PARAMETERS = 400, 50, 250, 15, 6
# Public packages: what their __init__ holds is what others may import.
PUBLIC = {"roadworthy", "roadworthy_kit"}


def tree(path: Path) -> ast.Module:
    """Return the syntax tree of a module."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def body_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return how many lines a function's body has, its docstring left out."""
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


@pytest.mark.parametrize("path", [*MODULES, *sorted(TESTS.rglob("*.py"))], ids=lambda path: path.name)
def test_a_file_is_small_enough_to_read(path: Path) -> None:
    """No file is longer than 400 lines."""
    assert len(path.read_text(encoding="utf-8").splitlines()) <= FILE_LINES


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_functions_and_classes_are_small(path: Path) -> None:
    """No function body is longer than 50 lines, takes more than 6 parameters; no class is longer than 250 lines."""
    too_big = []
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ClassDef) and (node.end_lineno or 0) - node.lineno + 1 > CLASS_LINES:
            too_big.append(f"class {node.name}")
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            named = [argument for argument in arguments if argument.arg not in {"self", "cls"}]
            is_command = any("click" in ast.unparse(decorator) for decorator in node.decorator_list)
            if body_lines(node) > FUNCTION_LINES or (len(named) > PARAMETERS and not is_command):
                too_big.append(f"function {node.name}")

    assert too_big == []


def test_a_package_has_few_modules() -> None:
    """No package holds more than 15 modules; the table of commands is a list, not a package to understand."""
    packages = {path.parent for path in MODULES}
    crowded = {
        str(package.relative_to(SOURCE)): count
        for package in packages
        if (count := sum(1 for path in package.glob("*.py") if path.name != "__init__.py")) > PACKAGE_MODULES
        and package.name != "cli"
    }

    assert crowded == {}


@pytest.mark.parametrize(
    "path", [path for path in MODULES if path.name == "__init__.py"], ids=lambda path: path.parent.name
)
def test_a_private_package_exports_nothing(path: Path) -> None:
    """The `__init__.py` of a private package is a docstring: whoever needs a name imports its module."""
    body = tree(path).body
    only_docstring = len(body) == 1 and isinstance(body[0], ast.Expr)

    assert only_docstring or path.parent.name in PUBLIC


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_only_the_composition_root_imports_inside_functions(path: Path) -> None:
    """An import inside a function hides an arrow of the house; only `app/` chooses at run time.

    The kit is loaded into foreign Python environments, where pandas or onnxruntime may or may not be installed.
    """
    relative = path.relative_to(SOURCE)
    if relative.parts[0] == "roadworthy_kit" or relative.parts[:2] == ("roadworthy", "app"):
        return
    hidden = [
        f"{function.name}: {ast.unparse(node)}"
        for function in ast.walk(tree(path))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]

    assert hidden == []


def test_nothing_is_left_for_later() -> None:
    """No module holds a marker of unfinished work."""
    markers = ("TO" + "DO", "FIX" + "ME", "XX" + "X", "NotImplemented" + "Error")
    found = [
        f"{path.name}: {marker}" for path in MODULES for marker in markers if marker in path.read_text(encoding="utf-8")
    ]

    assert found == []
