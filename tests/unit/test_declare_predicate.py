"""What can be said of predicates without a database."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadworthy.declare.predicate import names, objection


@pytest.mark.parametrize(
    "text",
    [
        "hour >= 20",
        "wind_speed < 5 and distance < 300 and hour < 9",
        "carrier = 'UA' or dest in ('SFO', 'LAX')",
        "carrier = 'it''s; -- no comment'",
        '"from" = \'JFK\' and "a b" is not null',
        "extract(hour from scheduled) between 5 and 9",
        "carrier is distinct from 'UA'",
        "(values > 3) and (show or with in (1, 2))",
        "list_contains([1, 2], hour)",
        "time::date > date '2013-05-01'",
        "true",
    ],
)
def test_an_expression_over_a_row_is_a_predicate(text: str) -> None:
    """SQL expressions pass, columns with awkward names too."""
    assert objection(text) is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is empty"),
        ("  ", "is empty"),
        ("(" * 10_001, "is longer than 10,000 characters"),
        ("hour < 5; drop table rows", "`;`"),
        ("hour < 5 -- always", "comment"),
        ("hour /* x */ < 5", "comment"),
        ("carrier = 'UA", "never closed"),
        ("(hour < 5", "`(` that is never closed"),
        ("hour < 5)", "closes `)`"),
        ("(hour < 5]", "closes `]`"),
        ("hour < (select max(hour) from rows)", "a query (`select`)"),
        ("exists(from rows)", "a query (`from`)"),
        ("hour in (values (1), (2))", "a query (`values`)"),
        ("hour < (with x as (select 1) from x)", "a query (`with`)"),
        ("read_text('/etc/passwd') = ''", "calls `read_text`"),
        ("getenv('HOME') = ''", "calls `getenv`"),
        ("len(glob('/*')) > 0", "calls `glob`"),
        ("random() < 0.5", "something else each time"),
    ],
)
def test_what_is_more_than_an_expression_is_refused(text: str, reason: str) -> None:
    """A predicate looks at its own row, and says the same each time."""
    assert reason in (objection(text) or "")


def test_names_are_found() -> None:
    """Columns are told from functions, texts and numbers; SQL looks at no case."""
    assert names("lower(Carrier) = 'UA' and \"wind speed\" > 5e3") == {"carrier", "and", "wind speed"}


@given(st.text(max_size=80))
def test_any_text_is_answered(text: str) -> None:
    """No text makes the tokeniser fail or go on for long."""
    objection(text)
    names(text)
