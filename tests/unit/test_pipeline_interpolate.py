"""`${…}` is filled in as DVC fills it in."""

from __future__ import annotations

import pytest

from roadworthy.build.pipeline.grammar.interpolate import fill, fill_command, fill_text, lookup
from roadworthy.errors import PipelineError

NAMES: dict[str, object] = {
    "lr": 0.1,
    "debug": True,
    "quiet": False,
    "nothing": None,
    "name": "hello world",
    "model": {"kind": "forest", "trees": 10, "deep": {"depth": 3}, "oob": True, "warm": False, "layers": [1, "b c"]},
    "files": ["a", "b"],
}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("${lr}", 0.1),
        ("${model.deep}", {"depth": 3}),
        ("${files}", ["a", "b"]),
        ("x-${lr}-${debug}-${nothing}-${ name }", "x-0.1-true--hello world"),
        ("${files[1]}${files.0}", "ba"),
        (r"\${HOME} $HOME {lr}", "${HOME} $HOME {lr}"),
        ({"${files[0]}": ["${lr}", 3]}, {"a": [0.1, 3]}),
        (7, 7),
    ],
)
def test_references_are_filled_in(text: object, wanted: object) -> None:
    """A whole reference keeps its type, a part becomes text, and keys and items are filled in too."""
    assert fill(text, NAMES) == wanted


def test_a_mapping_becomes_options_of_a_command() -> None:
    """In a command, a mapping becomes `--key value`, a flag for true, nothing for false, dots for nesting."""
    filled = fill_command("run ${model} ${files}", NAMES)

    assert filled == "run --kind forest --trees 10 --deep.depth 3 --oob --layers 1 'b c' a b"


def test_a_mapping_inside_a_text_is_refused() -> None:
    """A mapping has no text of its own."""
    with pytest.raises(PipelineError, match="is a mapping"):
        fill_text("x-${model}", NAMES)


def test_an_unknown_name_is_refused_with_a_guess() -> None:
    """The error names the part that is not there, what was likely meant, and how to write a shell variable."""
    with pytest.raises(PipelineError, match=r"Did you mean `model\.kind`") as caught:
        lookup("model.kid", NAMES)

    assert r"\${…}" in caught.value.remedy
