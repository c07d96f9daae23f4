"""Values of parameter and metric files: every format, selected and flattened."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from roadworthy.build.pipeline.grammar.values import changed, flatten, parsed, select
from roadworthy.errors import InvalidDeclaration, NotFound, PipelineError

TREES = some.recursive(
    some.integers() | some.text(max_size=3),
    lambda inner: some.dictionaries(some.text("abc", min_size=1, max_size=2), inner, min_size=1, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("path", "data", "wanted"),
    [
        ("p.yaml", b"a: {b: 1e-3}\nwhen: 2026-01-01\n", {"a": {"b": 0.001}, "when": "2026-01-01"}),
        ("p.json", b'{"a": [1, NaN]}', {"a": [1, "nan"]}),
        ("p.toml", b"x = 2026-01-01\n[a]\nb = 1\n", {"x": "2026-01-01", "a": {"b": 1}}),
        ("p.py", b"a = 1\nb: float = 2.5\nc = f()\nclass T:\n    d = (1, 2)\n", {"a": 1, "b": 2.5, "T": {"d": [1, 2]}}),
    ],
)
def test_every_format_is_read(path: str, data: bytes, wanted: object) -> None:
    """YAML 1.2, JSON, TOML and Python constants become JSON values; nothing is run."""
    assert parsed(path, data) == wanted


@pytest.mark.parametrize("path", ["p.yaml", "p.json", "p.toml", "p.py", "p.exe"])
def test_what_cannot_be_read_is_named(path: str) -> None:
    """A broken file, or one of an unknown kind, is an error that names it."""
    with pytest.raises((PipelineError, InvalidDeclaration), match=path):
        parsed(path, b"{ [")


def test_selection_is_by_dotted_name() -> None:
    """A name leads through mappings and lists; a key with dots in it is found whole."""
    tree = {"a": {"b": [1, {"c": 2}]}, "x.y": 3}

    assert select(tree, "a.b.1.c", "p") == 2
    assert select(tree, "a.b", "p") == [1, {"c": 2}]
    assert select(tree, "x.y", "p") == 3
    with pytest.raises(NotFound, match=r"p has no value `a\.bb`\. Did you mean `a\.b`"):
        select(tree, "a.bb", "p")


@given(some.dictionaries(some.text("abc", min_size=1, max_size=2), TREES, min_size=1, max_size=4))
def test_what_is_flattened_can_be_selected(tree: dict[str, object]) -> None:
    """Every flattened name leads back to its value, and putting it there again changes nothing."""
    flat = flatten(tree)

    assert all(select(tree, name, "p") == value for name, value in flat.items())
    assert changed(tree, flat) == tree


def test_changing_leaves_the_original() -> None:
    """Overrides make a new tree; a name through a value is refused."""
    tree = {"train": {"seed": 1, "rate": 2}}

    assert changed(tree, {"train.seed": 7}) == {"train": {"seed": 7, "rate": 2}}
    assert tree == {"train": {"seed": 1, "rate": 2}}
    with pytest.raises(PipelineError, match="lies in `seed`"):
        changed(tree, {"train.seed.x": 7})
