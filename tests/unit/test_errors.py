"""How an error reads where its problem and its remedy stand in one text."""

from __future__ import annotations

import re

import pytest

from roadworthy import errors
from roadworthy.errors import PredictFailed, RoadworthyError


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        ("It hung.", "It hung. Mend it."),
        ("Its predict raised:\n  ValueError: no", "Its predict raised:\n  ValueError: no\nMend it."),
    ],
)
def test_a_remedy_is_set_apart_from_a_traceback(problem: str, said: str) -> None:
    """After one sentence the remedy is the next; after several lines it stands in a line of its own."""
    fault: RoadworthyError = PredictFailed(problem, remedy="Mend it.")

    assert str(fault) == said


def test_the_drawn_tree_is_the_tree() -> None:
    """Every error stands in the docstring once, with its exit status."""
    drawn = dict(re.findall(r"(?m)^ {4}\W*([A-Z]\w+) +(\d) ", str(errors.__doc__)))
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, RoadworthyError)]

    assert drawn == {kind.__name__: str(kind.status) for kind in kinds}
