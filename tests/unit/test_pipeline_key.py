"""The key of a stage: the same for the same parts, another for any other, and what differs in words."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from roadworthy.build.pipeline.key import differences, digest, parts, sentence
from roadworthy.build.pipeline.record import Run, StageRun, body, from_body
from roadworthy.build.pipeline.stage import Out, Stage
from roadworthy.ledger.objects.address import Address
from roadworthy.ledger.objects.item import Item

ONE, TWO = Address.of(b"1"), Address.of(b"2")
STAGE = Stage("s", "s", ("run",), outs=(Out("b"), Out("a")), env=("TZ",))


def some_parts(**other: Any) -> Any:
    """Return parts of a key, some of them other than usual."""
    usual: dict[str, Any] = {
        "deps": {"x": ONE}, "params": {"params.yaml:train": {"seed": 1}}, "code": {"m.py": ONE}, "python": "p",
        "environment": {"TZ": "UTC", "USER": "ada"},
    }  # fmt: skip
    stage = other.pop("stage", STAGE)
    return parts(stage, **{**usual, **other})


def test_what_does_not_matter_is_not_in_the_key() -> None:
    """The name of a stage, its description, timeout and undeclared variables, and the order of things do not count."""
    same = Stage("t", "t", ("run",), outs=(Out("a"), Out("b")), env=("TZ",), desc="words", timeout=3.0)

    assert digest(some_parts(stage=same, environment={"TZ": "UTC"})) == digest(some_parts())
    assert digest(some_parts(deps={"x": ONE, "y": TWO})) == digest(some_parts(deps={"y": TWO, "x": ONE}))


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"deps": {"x": TWO}}, "x changed"),
        ({"deps": {"x": ONE, "y": ONE}}, "y is new"),
        ({"deps": {}}, "x is gone"),
        ({"params": {"params.yaml:train": {"seed": 2}}}, "train.seed: 1 → 2"),
        ({"params": {"params.yaml:train": {}}}, "train.seed: 1 → (none); train: (none) → {}"),
        ({"code": {"m.py": TWO}}, "m.py changed"),
        ({"python": "q"}, "the Python environment changed"),
        ({"environment": {"TZ": "CET"}}, "the variable TZ changed"),
        ({"environment": {}}, "the variable TZ is gone"),
        ({"stage": Stage("s", "s", ("walk",), outs=STAGE.outs, env=("TZ",))}, "the command changed"),
        ({"stage": Stage("s", "s", ("run",), outs=(Out("a"),), env=("TZ",))}, "the list of outputs changed"),
        ({"stage": Stage("s", "s", ("run",), outs=STAGE.outs, env=("TZ",), wdir="d")}, "the working folder changed"),
    ],
)
def test_every_part_counts_and_is_told(other: dict[str, Any], said: str) -> None:
    """Any part that differs makes another key, and is named in the sentence that says why."""
    before, after = some_parts(), some_parts(**other)

    assert digest(before) != digest(after)
    assert sentence(differences(before, after)) == said
    assert differences(before, before) == ()


def test_a_long_list_of_changes_is_cut() -> None:
    """A sentence names three changes and counts the others."""
    changes = differences(some_parts(deps={}), some_parts(deps=dict.fromkeys("abcde", ONE)))

    assert sentence(changes) == "a is new; b is new; c is new; and 2 more"


ITEMS = some.builds(
    Item, some.sampled_from([ONE, TWO]), some.integers(0, 10**12), some.none() | some.integers(0, 10**6)
)
TEXT = some.text(max_size=5)
STAGES = some.builds(
    StageRun,
    TEXT,
    some.sampled_from(["ran", "cached", "frozen"]),
    TEXT,
    some.floats(0, 1e6),
    some.dictionaries(TEXT, ITEMS, max_size=2),
    some.none() | some.sampled_from([ONE, TWO]),
    some.tuples(TEXT),
)


@given(some.dictionaries(TEXT, STAGES, max_size=4), some.dictionaries(TEXT, ITEMS, max_size=2))
def test_a_run_comes_back_from_its_record(stages: dict[str, StageRun], inputs: dict[str, Item]) -> None:
    """A run becomes JSON and back without loss, with its stages in order."""
    run = Run("p", "c", ("x",), stages, inputs, {"a": 1}, {"digest": "d"}, {"cpus": 2}, "2026-01-01T00:00:00Z", 1.5)
    back = from_body(body(run))

    assert back == run
    assert list(back.stages) == list(stages)


def test_a_file_that_is_input_and_code_is_told_once() -> None:
    """A script that a stage also lists in its `deps` changes once."""
    before = some_parts(deps={"m.py": ONE})
    after = some_parts(deps={"m.py": TWO}, code={"m.py": TWO})

    assert sentence(differences(before, after)) == "m.py changed"
