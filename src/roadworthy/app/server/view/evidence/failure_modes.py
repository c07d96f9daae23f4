"""Failure modes: where the model is known to fail, who sees to it, and what the last test of it said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from roadworthy.app.server.view.evidence.declared import head, said
from roadworthy.errors import NotFound
from roadworthy.platform.store.schema import fact

if TYPE_CHECKING:
    from roadworthy.app.server.platform import Platform

Json = dict[str, Any]
_SEVERITIES = ("critical", "high", "medium", "low")
_PROOFS = 50  # the newest, among which the last test is looked for


def failure_modes(platform: Platform, name: str) -> list[Json]:
    """Return the failure modes that main declares, the gravest first, each with its last test."""
    declared = said(platform, name, head(platform, name)).failure_modes
    tested = _tested(platform, name) if declared else {}
    found = [
        {
            "id": key, "title": mode.title, "severity": mode.severity, "status": mode.status, "owner": mode.owner,
            "found_on": str(mode.found.on), "found_by": mode.found.by, "incident": mode.found.incident,
            "examples": mode.examples, "expect": mode.expect, "share": mode.share,
            "accepted_until": None if mode.accepted is None else str(mode.accepted.until),
            "accepted_because": None if mode.accepted is None else mode.accepted.why,
            "tested": tested.get(key),
        }
        for key, mode in declared.items()
    ]  # fmt: skip
    return sorted(found, key=lambda one: (_SEVERITIES.index(str(one["severity"])), str(one["id"])))


def failure_mode(platform: Platform, name: str, key: str) -> Json:
    """Return one of them.

    Raises:
        NotFound: Main declares none that is called so.
    """
    found = next((one for one in failure_modes(platform, name) if one["id"] == key), None)
    if found is None:
        raise NotFound(
            f"main of {name} declares no failure mode {key!r}.", remedy="It may stand on a branch that is not merged."
        )
    return found


def _tested(platform: Platform, name: str) -> dict[str, Json]:
    """Return by failure mode its check in the newest proof that has one."""
    asked = select(fact.c.body).where(fact.c.project == name, fact.c.kind == "proof")
    newest: dict[str, Json] = {}
    with platform.database.read() as connection:
        for body in connection.execute(asked.order_by(fact.c.at.desc(), fact.c.address).limit(_PROOFS)).scalars():
            for check in body["checks"]:
                if check["section"] == "failure_modes":
                    of = {"run": body["run"], "commit": body["commit"]}
                    newest.setdefault(check["name"].partition(" ")[0], {**_short(check), **of})
    return newest


def _short(check: Json) -> Json:
    return {key: check[key] for key in ("name", "verdict", "summary")}
