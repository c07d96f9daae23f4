"""What can be said of a SQL predicate without a database: that it is one expression over one row, and what it names."""

from __future__ import annotations

import re

_TOKEN = re.compile(
    r"""
    (?P<space>\s+)
  | (?P<comment>--|/\*)
  | (?P<text>'(?:[^']|'')*')
  | (?P<quoted>"(?:[^"]|"")+")
  | (?P<number>[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?)
  | (?P<word>[^\W\d]\w*)
  | (?P<open>['"])
  | (?P<sign>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_PAIRS = {")": "(", "]": "[", "}": "{"}
_QUERIES = frozenset({"select", "from", "values", "table", "with", "pivot", "describe", "show", "summarize"})
_REACHES_OUT = re.compile(
    r"read_\w+|\w+_scan|parquet_\w+|glob|getenv|query|query_table|sniff_csv|duckdb_\w+|pragma_\w+|which_secret"
)
_UNSTABLE = frozenset({"random", "uuid", "gen_random_uuid", "now", "today", "current_timestamp", "nextval", "setseed"})

_OPERATORS = frozenset({"is", "in", "and", "or", "between", "like", "ilike", "not", "similar", "glob", "collate", "at"})

_LONGEST = 10_000

Token = tuple[str, str]
_END: Token = ("", "")


def objection(text: str) -> str | None:
    """Return why *text* cannot be a predicate over the columns of a row, as the end of a sentence; None when it may be.

    A database has the last word: what passes here may still name a column that is not there.
    """
    if len(text) > _LONGEST:
        return f"is longer than {_LONGEST:,} characters"
    tokens = _tokens(text)
    if not tokens:
        return "is empty"
    return _shape_objection(tokens) or _reach_objection(tokens)


def names(text: str) -> frozenset[str]:
    """Return the names in *text* that may be columns, in lower case: SQL looks at no case."""
    tokens = _tokens(text)
    following = [*tokens, _END][1:]
    return frozenset(
        value[1:-1].replace('""', '"').lower() if kind == "quoted" else value.lower()
        for (kind, value), (_, after) in zip(tokens, following, strict=True)
        if kind == "quoted" or (kind == "word" and after != "(")
    )


def _tokens(text: str) -> list[Token]:
    found = ((match.lastgroup or "", match[0]) for match in _TOKEN.finditer(text))
    return [(kind, value) for kind, value in found if kind != "space"]


def _shape_objection(tokens: list[Token]) -> str | None:
    opened: list[str] = []
    for kind, value in tokens:
        if kind == "comment":
            return "holds a comment"
        if kind == "open":
            return f"opens a quote {value} that is never closed"
        if value == ";":
            return "holds `;`, and must be a single expression"
        if kind == "sign" and value in _PAIRS.values():
            opened.append(value)
        elif kind == "sign" and value in _PAIRS and (not opened or opened.pop() != _PAIRS[value]):
            return f"closes `{value}` that was not opened"
    return f"opens `{opened[-1]}` that is never closed" if opened else None


def _reach_objection(tokens: list[Token]) -> str | None:
    before = "("  # a query may begin the text, or stand in brackets
    for (kind, value), (_, after) in zip(tokens, [*tokens, _END][1:], strict=True):
        word = value.lower()
        if kind == "word" and after == "(" and _REACHES_OUT.fullmatch(word):
            return f"calls `{value}`, and may look at its own row alone"
        if kind == "word" and after == "(" and word in _UNSTABLE:
            return f"calls `{value}`, which says something else each time"
        if kind == "word" and _begins_query(word, before, after):
            return f"holds a query (`{value}`), and may look at its own row alone"
        before = value
    return None


def _begins_query(word: str, before: str, after: str) -> bool:
    if word == "select":
        return True
    # `values`, `show` or `with` may be columns too: then a sign or an operator follows.
    goes_on = after[:1].isalpha() or after[:1] in {"(", '"', "'"}
    return word in _QUERIES and before == "(" and goes_on and after.lower() not in _OPERATORS
