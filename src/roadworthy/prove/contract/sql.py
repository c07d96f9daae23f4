"""Names and values written safely into SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from roadworthy.build.data import query

if TYPE_CHECKING:
    from collections.abc import Collection

FLOATS = ("FLOAT", "DOUBLE")


def name(identifier: str) -> str:
    """Return *identifier* quoted."""
    return query.quoted(identifier)


def literal(value: float | str | bool) -> str:  # noqa: FBT001 - a value, not a switch
    """Return *value* as a literal."""
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            return repr(value)
        case str():
            return query.literal(value)


def names(identifiers: tuple[str, ...]) -> str:
    """Return *identifiers* quoted, with commas between them."""
    return ", ".join(name(each) for each in identifiers)


def select(what: str, source: str = "rows", tail: str = "") -> str:
    """Return a query; *what*, *source* and *tail* are SQL, their names and values quoted by the functions above."""
    return f"SELECT {what} FROM {source} {tail}".rstrip()  # noqa: S608 - every caller quotes what it is given


def gone(column: str, kind: str) -> str:
    """Return the predicate that a value of *column*, of the SQL type *kind*, is missing; NaN is."""
    return f"({name(column)} IS NULL OR isnan({name(column)}))" if kind in FLOATS else f"{name(column)} IS NULL"


def present(column: str, kind: str) -> str:
    """Return the aggregate that counts the values of *column* that are not missing."""
    return f"count(*) FILTER (NOT {gone(column, kind)})" if kind in FLOATS else f"count({name(column)})"


def unused(word: str, taken: Collection[str]) -> str:
    """Return *word*, or something like it that is none of the names *taken*."""
    there = {each.lower() for each in taken}
    while word.lower() in there:
        word = f"{word} number" if word == "row" else f"{word}_"
    return word


def numbered(view: str, columns: Collection[str], schema: str = "") -> str:
    """Return the query for *view*, in a *schema*, with the number of each row, from 1, as its first column."""
    source = f"{name(schema)}.{name(view)}" if schema else name(view)
    return select(f"row_number() OVER () AS {name(unused('row', columns))}, *", source)
