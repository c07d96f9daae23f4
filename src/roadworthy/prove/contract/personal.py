"""Personal data where a policy refuses it: texts that look like addresses, numbers of cards and so on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from roadworthy.errors import UsageError
from roadworthy.prove.contract import sql
from roadworthy.prove.proof import Check

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from roadworthy.declare.contract import PersonalKind, Privacy
    from roadworthy.prove.contract.scan import Scan

_WORDS: Final = {"ip_address": "IP address", "iban": "IBAN", "social_security": "social security number"}
_SHOWN = 10  # rows that are named
_OCTET = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
# As a text may hold them, among other words.
PATTERNS: Final[Mapping[PersonalKind, str]] = {
    "email": r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}",
    "phone": r"\+[1-9][0-9]{0,2}([ .-]?\(?[0-9]{2,4}\)?){2,5}|"
    r"(^|[^0-9])\(?[2-9][0-9]{2}\)?[ .-][0-9]{3}[ .-][0-9]{4}($|[^0-9])",
    "payment_card": r"\b([2-6][0-9]{3}[ -]?[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{1,7}|"
    r"3[47][0-9]{2}[ -]?[0-9]{6}[ -]?[0-9]{5})\b",
    "iban": r"\b[A-Z]{2}[0-9]{2}( ?[A-Z0-9]{4}){2,7}( ?[A-Z0-9]{1,3})?\b",
    "ip_address": rf"(^|[^0-9.])({_OCTET}\.){{3}}{_OCTET}($|[^0-9.])",
    "social_security": r"\b(00[1-9]|0[1-9][0-9]|[1-578][0-9]{2}|6[0-57-9][0-9]|66[0-57-9])-"
    r"(0[1-9]|[1-9][0-9])-[0-9]{4}\b",
}


def checks(name: str, rule: Privacy, types: Mapping[str, str], opened: Scan) -> tuple[Check, ...]:
    """Return a check for each column of text, from one scan. What was found is counted and never shown.

    Args:
        name: The contract's name, with which every check's name begins.
        rule: Which kinds are refused, and where they may stand.
        types: The table's columns and their SQL types.
        opened: The table.

    Source:
        Patterns after the formats of RFC 5322 (addr-spec), ITU E.164, ISO/IEC 7812 (with its check digit by Luhn's
        algorithm), ISO 13616 (IBAN), RFC 791, and the rules of the US Social Security Administration. A pattern knows
        what a value looks like, not what it is.
    """
    texts = [column for column, kind in types.items() if kind == "VARCHAR" and column not in rule.except_]
    if not rule.refuse or not texts:
        return ()
    return tuple(_checks(name, rule, texts, opened))


def looks_like(column: str, kind: PersonalKind) -> str:
    """Return the predicate that a text of *column* holds personal data of a *kind*."""
    found = f"regexp_matches({sql.name(column)}, {sql.literal(PATTERNS[kind])})"
    return f"({found} AND {_luhn(column)})" if kind == "payment_card" else found


def _checks(name: str, rule: Privacy, texts: list[str], opened: Scan) -> Iterator[Check]:
    asked = [
        (f"What {column} holds", measure)
        for column in texts
        for measure in (
            f"count({sql.name(column)})",
            *(f"count(*) FILTER ({looks_like(column, kind)})" for kind in rule.refuse),
        )
    ]
    answers, width = opened.measure(asked), 1 + len(rule.refuse)
    for number, column in enumerate(texts):
        found = answers[number * width : (number + 1) * width]
        yield _judge(f"{name}: {column}: nothing personal", column, rule, found, opened)


def _judge(title: str, column: str, rule: Privacy, found: list[object], opened: Scan) -> Check:
    faults = [one for one in found if isinstance(one, UsageError)]
    if faults:
        return Check("data", title, "failed", str(faults[0]))
    present, *hits = cast("list[int]", found)
    shares = {kind: hit / present for kind, hit in zip(rule.refuse, hits, strict=True) if hit}
    over = {kind: share for kind, share in shares.items() if share > rule.share}
    facts: dict[str, object] = {"found": shares, "at_most": rule.share, "unit": "share"}
    if not over:
        return Check("data", title, "passed", f"{column} holds no {', no '.join(map(_words, rule.refuse))}.", facts)
    told = ", ".join(f"{_words(kind)} in {100 * share:.3g} % of its values" for kind, share in over.items())
    wrong = " OR ".join(looks_like(column, kind) for kind in over)
    numbered = sql.select(f"row_number() OVER () AS row, {sql.name(column)}")
    rows = opened.some(sql.select("row", f"({numbered})", f"WHERE {wrong}"), _SHOWN)["row"].values
    said = f"{column} holds what looks like {told}, for example in row {', '.join(str(row) for row in rows)}."
    return Check("data", title, "failed", said, {**facts, "rows": [int(row) for row in rows]})


def _words(kind: str) -> str:
    return _WORDS.get(kind, kind.replace("_", " "))


def _luhn(column: str) -> str:
    """Return the predicate that the digits of the card's number in a text have the check digit that they should."""
    digits = (
        f"regexp_replace(regexp_extract({sql.name(column)}, {sql.literal(PATTERNS['payment_card'])}), '[ -]', '', 'g')"
    )
    # Every second digit from the right counts twice, its own two digits added.
    digit = "TRY_CAST(d AS INTEGER)"  # every row is asked, also one without a number
    twice = f"CASE WHEN i % 2 = 1 THEN {digit} WHEN d > '4' THEN 2 * {digit} - 9 ELSE 2 * {digit} END"
    total = f"list_sum(list_transform(string_split(reverse({digits}), ''), lambda d, i: {twice}))"
    return f"{total} % 10 = 0"
