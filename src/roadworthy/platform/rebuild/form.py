"""What the body of a record must hold for rows to be made from it, by its kind."""

from __future__ import annotations

from types import UnionType
from typing import TYPE_CHECKING, Final

from roadworthy.platform.change import change, said, verdict
from roadworthy.platform.workspace import keep, project

if TYPE_CHECKING:
    from collections.abc import Mapping

    from roadworthy.ledger.records.record import Record

Form = dict[str, type | UnionType]
_RESOURCE: Final = 3  # kind, name, value
_SAID: Final[Form] = {"project": str, "made": str, "key": str}
FORMS: Final[Mapping[str, Form]] = {
    project.KIND: {"name": str, "state": str, "number": int},
    keep.KIND: {"number": int, "commit": str, "resources": list},
    f"{change.KIND}:open": {
        "project": str, "number": int, "branch": str, "target": str, "title": str, "author": str, "head": str,
        "opened_at": int,
    },
    f"{change.KIND}:closed": {"project": str, "number": int, "head": str, "closed_at": int},
    change.MERGE: {
        "project": str, "number": int, "branch": str, "target": str, "head": str, "unreviewed": bool, "merged_at": int,
    },
    verdict.KIND: {
        "project": str, "commit": str, "branch": str, "target": str, "scope": str, "outcome": str, "why": str,
        "run": str | None, "proof": str | None, "reports": dict, "releases": bool, "deploys": list, "made": str,
        "gates": list | None,  # those that were stated first have none
    },
    said.APPROVAL: {
        **_SAID, "number": int, "head": str, "perspective": str, "says": str, "by": str, "note": str, "seen": dict,
        "files": list, "proof": str | None, "page": str | None,
    },
    said.COMMENT: {**_SAID, "number": int, "head": str | None, "text": str, "anchor": dict, "answers": str | None},
    said.RESOLUTION: {**_SAID, "number": int, "comment": str, "state": str},
    said.HOLD: {**_SAID, "number": int, "state": str, "reason": str, "of": list},
    said.REQUEST: {**_SAID, "number": int, "who": str, "perspective": str},
    said.COMMAND: {
        **_SAID, "number": int, "head": str | None, "text": str, "name": str, "comment": str | None, "done": bool,
        "answer": str, "link": str,
    },
    said.FEEDBACK: {
        **_SAID, "number": int, "head": str, "outcome": str, "review": dict, "document": str, "markdown": str,
    },
    "version": {"commit": str},
    "deployment": {"environment": str, "version_record": str},
}  # fmt: skip
HELD: Final = frozenset(name.partition(":")[0] for name in FORMS)  # kinds that rows are made from: small ones


def fault(record: Record) -> str | None:
    """Return in which way rows cannot be made from *record*, or None when they can, or none are made from its kind."""
    body = record.body
    try:
        record.milliseconds  # noqa: B018 - whether it is one
    except ValueError:
        return f"Its time is {record.at!r}, which is none."
    name = f"{record.kind}:{body.get('state')}" if record.kind == change.KIND else record.kind
    form = FORMS.get(name)
    if form is None:
        return f"Its state is {body.get('state')!r}, which no change has." if record.kind == change.KIND else None
    wrong = [key for key, kind in form.items() if not isinstance(body.get(key), kind)]
    if not wrong and record.kind == keep.KIND and not all(_is_resource(one) for one in _list(body["resources"])):
        wrong = ["resources"]
    return f"It is no {record.kind} that can be read: see its {', '.join(wrong)}." if wrong else None


def _is_resource(one: object) -> bool:
    if not isinstance(one, list) or len(one) != _RESOURCE:
        return False
    kind, name, value = one
    is_one = isinstance(kind, str) and isinstance(name, str) and isinstance(value, dict)
    return is_one and (kind != "member" or isinstance(value.get("role"), str))


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
