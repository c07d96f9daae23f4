"""`POST /predict`: records in, predictions out, in the plainest JSON that will do."""

from __future__ import annotations

import difflib
import math
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from roadworthy.build.data.table import Table
from roadworthy.operate.serve.columns import called, column
from roadworthy.operate.serve.refusal import bad, listed

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from roadworthy.build.data.table import Column
    from roadworthy.operate.serve.guard import Answer
    from roadworthy.operate.serve.refusal import Refusal
    from roadworthy.operate.serve.scope import Rule

ID = "id"
_LONGEST_KEY = 200


@dataclass(frozen=True, slots=True)
class Form:
    """What a request to one version holds: its inputs with their rules, and the columns of its key."""

    inputs: Mapping[str, Rule]
    key: tuple[str, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that a row may bring."""
        return (*self.inputs, *(name for name in (*self.key, ID) if name not in self.inputs))


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, read.

    Attributes:
        table: The inputs, in their order.
        keys: What each row is known by.
        id: What the request calls itself.
        outputs: The outputs that it wants; None: all of them.
    """

    table: Table
    keys: tuple[Mapping[str, Any], ...]
    id: str | None = None
    outputs: tuple[str, ...] | None = None


def loads(body: bytes) -> Any:
    """Return the JSON in *body*.

    Raises:
        Refusal: It is none; NaN and infinity are none either.
    """
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as fault:
        hint = " NaN and Infinity are no JSON." if any(word in body for word in (b"NaN", b"Infinity")) else ""
        raise bad(f"The body is not JSON: {fault}.{hint}", "Send JSON, with null for what is missing.") from None


def parse(body: bytes, form: Form) -> Asked:
    """Return what *body* asks: `{"records": [{column: value, …}, …]}`.

    Raises:
        Refusal: It is not of that form; the column and the row are named.
    """
    records = _records(loads(body))
    columns, wanted = form.columns, form.inputs.keys()
    known = set(columns)
    for row, record in enumerate(records):
        if not isinstance(record, dict):
            raise bad(f"Record {row} is no object.", "Send each record as an object of columns.")
        if not record.keys() <= known:
            raise unknown([name for name in record if name not in known], columns, f"Record {row}")
        if not wanted <= record.keys():
            raise absent([name for name in wanted if name not in record], f"record {row}")
    table = {name: column(name, [record[name] for record in records], rule.kind) for name, rule in form.inputs.items()}
    keys = [{name: record.get(name) for name in (*form.key, ID)} for record in records]
    return Asked(Table(table), tuple(identified(key, form, row) for row, key in enumerate(keys)))


def _records(read: Any) -> list[Any]:
    """Return the list under `records`, which holds something and stands alone.

    Raises:
        Refusal: It does not; what is there instead is named.
    """
    form = 'Send {"records": [{"column": value, …}, …]}, at least one record.'
    if not isinstance(read, dict):
        raise bad(f"The body is {called(read)}, and must be an object with `records`.", form)
    strange = [name for name in read if name != "records"]
    if "records" not in read:
        near = difflib.get_close_matches("records", strange, n=1)
        guess = f", but `{near[0][:80]}`" if near else ""
        raise bad(f"The body holds no `records`{guess}.", form)
    if strange:
        raise bad(f"The body holds {listed(strange)} beside `records`.", "Send `records` alone.")
    records = read["records"]
    if not isinstance(records, list):
        raise bad(f"`records` is {called(records)}, and must be a list.", form)
    if not records:
        raise bad("`records` is empty.", form)
    return records


def identified(brought: Mapping[str, Any], form: Form, row: int) -> dict[str, Any]:
    """Return what a row is known by: the key that it brought, its `id`, or an id that it is given.

    Raises:
        Refusal: A value of the key is no short text or integer.
    """
    found = {name: brought[name] for name in form.key if brought.get(name) is not None}
    if len(found) < max(len(form.key), 1):
        given = brought.get(ID)
        found = {ID: secrets.token_hex(8) if given is None else given}
    for name, value in found.items():
        if type(value) not in {str, int} or len(str(value)) > _LONGEST_KEY:
            raise bad(
                f"`{name}` of row {row} is no key.", f"Send a text of up to {_LONGEST_KEY} characters, or an integer."
            )
    return found


def unknown(names: Sequence[str], columns: Collection[str], what: str) -> Refusal:
    """Return the refusal of columns that the version does not know."""
    near = difflib.get_close_matches(names[0], columns, n=1)
    guess = f" Did you mean `{near[0]}`?" if near else ""
    of = "column" if len(names) == 1 else "columns"
    return bad(f"{what} holds the unknown {of} {listed(names)}.{guess}", f"Send only {listed(sorted(columns))}.")


def absent(names: Sequence[str], what: str) -> Refusal:
    """Return the refusal of a request without some input."""
    told = f"column {listed(names)} is" if len(names) == 1 else f"columns {listed(names)} are"
    return bad(f"The {told} missing from {what}.", "Send every input; null for what is unknown.")


def render(names: Mapping[str, str], asked: Asked, answer: Answer) -> bytes:
    """Return the body of the response: *names* (the model and its version) and a prediction for each row."""
    outputs = rows(answer.outputs)
    predictions = [
        {**key, **output, "verdict": verdict, "reasons": why}
        for key, output, verdict, why in zip(asked.keys, outputs, answer.verdicts, answer.reasons, strict=True)
    ]
    return orjson.dumps({**names, "predictions": predictions})


def rows(table: Table) -> list[dict[str, Any]]:
    """Return *table* as a list of objects; null for what is missing."""
    columns = [plain(column) for column in table.columns.values()]
    return [dict(zip(table.names, values, strict=True)) for values in zip(*columns, strict=True)]


def plain(values: Column) -> list[Any]:
    """Return a column as values of JSON; times as ISO 8601."""
    found: list[Any] = values.values.astype(str).tolist() if values.values.dtype.kind == "M" else values.values.tolist()
    if values.missing is not None:
        return [None if gone else value for value, gone in zip(found, values.is_missing().tolist(), strict=True)]
    if values.values.dtype.kind == "f":
        return [None if math.isnan(value) else value for value in found]
    return found
