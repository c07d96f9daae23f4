"""What came of a check: the run with its stages and who waited for whom, what was measured, and the report."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from roadworthy.app.server.at_commit import declared_at, on_platform
from roadworthy.app.server.platform import SPEAKER
from roadworthy.app.server.view.flat import flat
from roadworthy.app.server.view.jobs import found
from roadworthy.errors import InvalidDeclaration, NotFound
from roadworthy.ledger.objects.address import Address
from roadworthy.platform.store.schema import fact

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from roadworthy.app.server.home import Home
    from roadworthy.app.server.platform import Platform
    from roadworthy.declare.pipeline import Stage

Json = dict[str, Any]
_NO_REPORT = "It is there once a check has tested its commit; see the job's log."


def run(platform: Platform, name: str, result: Mapping[str, Any]) -> Json | None:
    """Return the run that the *result* of a check names, its stages in the order they ran in; None without one."""
    body = _body(platform, name, result.get("run"))
    if body is None:
        return None
    needs = _needs(platform.home, name, str(body["commit"]))
    order = [one for one in body["order"] if one in body["stages"]]
    stages = [
        {"name": one, "needs": [other for other in order if _waits(one, other, needs)], **body["stages"][one]}
        for one in order
    ]
    return {**body, "stages": stages, "params": dict(flat(body["params"]))}


def proof(platform: Platform, name: str, result: Mapping[str, Any]) -> Json | None:
    """Return the proof that the *result* of a check names; None without one."""
    return _body(platform, name, result.get("proof"))


def report(platform: Platform, name: str, number: int) -> bytes:
    """Return the page on which a check's change was held against its base: HTML that a runner wrote, trusted by nobody.

    Raises:
        NotFound: The project has no such job, or the job has no report.
        IntegrityError: It is damaged.
    """
    named = (found(platform, name, number).result or {}).get("reports") or {}
    if "page" not in named:
        raise NotFound(f"Job {number} has no report.", remedy=_NO_REPORT)
    return platform.home.ledger(name, SPEAKER).objects.get(Address(str(named["page"])))


def _body(platform: Platform, name: str, address: str | None) -> Json | None:
    asked = select(fact.c.body).where(fact.c.address == address, fact.c.project == name)
    with platform.database.read() as connection:
        body: Json | None = connection.execute(asked).scalar_one_or_none()
    return body


def _waits(one: str, other: str, needs: Mapping[str, frozenset[str]]) -> bool:
    """Whether the stage *one* reads what *other* wrote; of two groups, the items of one name belong together."""
    (group, _, item), (source, _, of) = one.partition("@"), other.partition("@")
    return source in needs.get(group, ()) and (not item or not of or item == of)


@lru_cache(maxsize=256)
def _needs(home: Home, name: str, commit: str) -> dict[str, frozenset[str]]:
    """Return for each group of stages that *commit* declares the groups whose outputs it reads.

    What is written is compared, before `${…}` is resolved: no other file of the project is read for it.
    """
    try:
        with declared_at(on_platform(home, name, SPEAKER), commit) as project:
            stages = project.pipeline.stages
    except (NotFound, InvalidDeclaration):
        return {}
    return {group: frozenset(_sources(group, stages)) for group in stages}


def _sources(group: str, stages: Mapping[str, Stage]) -> Iterator[str]:
    for other, stage in stages.items():
        written = [out.path for out in (*stage.outs, *stage.metrics, *stage.plots)]
        if other != group and any(_touches(read, out) for read in stages[group].deps for out in written):
            yield other


def _touches(read: str, written: str) -> bool:
    """Whether one path is the other, or lies in it."""
    return f"{read}/".startswith(f"{written}/") or f"{written}/".startswith(f"{read}/")
