"""Names and values written safely into SQL."""

from __future__ import annotations

from roadworthy.build.data import query


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
