"""The code of a stage: what its command enters, what that imports, or everything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from roadworthy.build.pipeline.code.command import Entry, entries
from roadworthy.build.pipeline.code.find import Code
from roadworthy.build.pipeline.code.imports import imports_of
from roadworthy.build.pipeline.stage import Stage
from roadworthy.errors import NotFound
from roadworthy.ledger import ledger

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def find(tmp_path: Path) -> Callable[..., set[str]]:
    """Return how to find the code of a command in a project with a package, a script and a few stray files."""
    files = {
        "src/pkg/__init__.py": "from pkg import setup",
        "src/pkg/setup.py": "",
        "src/pkg/__main__.py": "import pkg.deep.one",
        "src/pkg/train.py": "import numpy, json\nfrom pkg import shared\nfrom .deep import two as t",
        "src/pkg/shared.py": "def late():\n    import pkg.lazy\n",
        "src/pkg/lazy.py": "import pkg.train",
        "src/pkg/unused.py": "",
        "src/pkg/deep/__init__.py": "",
        "src/pkg/deep/one.py": "from ..shared import late",
        "src/pkg/deep/two.py": "import importlib\nimportlib.import_module('pkg.deep.one')",
        "src/pkg/plugins.py": "import importlib\nimportlib.import_module(name)",
        "src/space/inner.py": "",
        "scripts/run.py": "import beside\nfrom space import inner",
        "scripts/beside.py": "",
        "scripts/other.sh": "",
        "venv/pyvenv.cfg": "",
        "venv/lib.py": "",
        ".hidden/x.py": "",
        "build/made.py": "",
        "broken.py": "def (",
    }
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    kept = ledger.open(tmp_path / ".roadworthy")

    def found(command: str, wdir: str = ".") -> set[str]:
        code = Code(tmp_path, kept.files, kept.cache, ("build",))
        return set(code.of(Stage("s", "s", (command,), wdir=wdir)))

    return found


PKG = {"src/pkg/__init__.py", "src/pkg/setup.py"}
DEEP = {"src/pkg/deep/__init__.py", "src/pkg/deep/one.py", "src/pkg/shared.py", "src/pkg/lazy.py"}
TRAIN = PKG | DEEP | {"src/pkg/train.py", "src/pkg/deep/two.py"}
ALL_BUT_HIDDEN = 16


@pytest.mark.parametrize(
    ("command", "wanted"),
    [
        ("python -m pkg.train --out build/x", TRAIN),
        ("python3 -W ignore -m pkg.deep.two > log", PKG | TRAIN),
        ("python -m pkg", PKG | TRAIN | {"src/pkg/__main__.py"}),
        ("python scripts/run.py && mkdir -p x; cp a b", {"scripts/run.py", "scripts/beside.py", "src/space/inner.py"}),
        ("OMP=1 exec python src/pkg/setup.py", {"src/pkg/setup.py"}),
        ("python -c 'import pkg.unused'", PKG | {"src/pkg/unused.py"}),
        ("python -c 'import json'", set()),
        ("cp a b && touch c | tee d", set()),
    ],
)
def test_code_is_what_a_command_imports(find: Callable[..., set[str]], command: str, wanted: set[str]) -> None:
    """Modules that the command enters and all that they import, directly or not, wherever in them; nothing else."""
    assert find(command) == wanted


@pytest.mark.parametrize(
    "command",
    [
        "bash scripts/other.sh",
        "make train",
        "python -m pytest",
        "python -m pkg.plugins",
        "python broken.py",
        "cd scripts && python run.py",
        "python $(cat which)",
        "cat x | python",
        "python -",
        "python -m $MODULE",
        "PYTHONPATH=lib python scripts/run.py",
        "python 'open quote",
        "python scripts/gone.py",
    ],
)
def test_where_imports_cannot_be_traced_all_code_counts(find: Callable[..., set[str]], command: str) -> None:
    """All code files of the project, but no hidden ones, no virtual environment, no outputs."""
    found = find(command)

    assert {"src/pkg/unused.py", "scripts/other.sh", "broken.py"} <= found
    assert not {path for path in found if path.startswith((".hidden", "venv", "build"))}
    assert len(found) == ALL_BUT_HIDDEN


def test_a_script_is_found_from_its_working_folder(find: Callable[..., set[str]]) -> None:
    """Paths of a command are relative to the stage's working folder."""
    assert find("python run.py", "scripts") == {"scripts/run.py", "scripts/beside.py", "src/space/inner.py"}


def test_patterns_take_the_place_of_tracing(tmp_path: Path) -> None:
    """Patterns of `code` name the files; one that matches nothing is an error."""
    (tmp_path / "a.py").write_text("import b")
    (tmp_path / "b.py").write_text("")
    kept = ledger.open(tmp_path / ".roadworthy")
    code = Code(tmp_path, kept.files, kept.cache, ())

    assert set(code.of(Stage("s", "s", ("python a.py",), code=("a.py",)))) == {"a.py"}
    assert set(code.of(Stage("s", "s", ("python a.py",), code=("*.py",)))) == {"a.py", "b.py"}
    with pytest.raises(NotFound, match="matches no file"):
        code.of(Stage("s", "s", ("python a.py",), code=("*.c",)))


def test_entries_of_a_command_are_read_from_its_text() -> None:
    """Each Python call is an entry; text behind it is its own business."""
    assert entries("python -m a.b x.py; python c.py d.py") == (Entry("module", "a.b"), Entry("file", "c.py"))
    assert entries("python --version") == ()
    assert entries("") == ()


def test_imports_are_named_in_full() -> None:
    """`from a import b` names `a` and `a.b`; relative names keep their dots; names in calls count."""
    found = imports_of(b"import a.b as c\nfrom . import d\nfrom ..e import f, g\nfrom h import *\n__import__('i')\n")

    assert found.names == ("a.b", ".", ".d", "..e", "..e.f", "..e.g", "h", "i")
    assert not found.is_opaque
    assert imports_of(b"__import__(x)").is_opaque
    assert imports_of(b"\xff\x00").is_opaque
