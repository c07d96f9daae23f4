"""Versions of a model: each with what it was made of, where it is, what it scored; and the line that it comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from sqlalchemy import select

from roadworthy.app.server.view import places
from roadworthy.app.server.view.evidence.declared import card, said
from roadworthy.app.server.view.evidence.shelf import lines
from roadworthy.errors import NotFound
from roadworthy.platform.store.schema import fact

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from roadworthy.app.server.platform import Platform

Json = dict[str, Any]
_DATA = 6  # inputs of a run that the line shows, before the rest is counted


def versions(platform: Platform, name: str) -> list[Json]:
    """Return the versions of a project's model, the newest first."""
    history = places.history(platform, name)
    now = {one["environment"]: one for one in history["deployments"]}  # by number, so the last one counts
    bodies = _bodies(platform, name, [one["record"] for one in history["versions"]])
    scored = {one.run: one for one in lines(platform, name)}
    found = []
    for one in reversed(history["versions"]):
        body = bodies.get(one["record"], {})
        line = scored.get(body.get("run", ""))
        found.append(
            {
                **one, "model": body.get("model", ""), "is_baseline": bool(body.get("is_baseline")),
                "run": body.get("run"), "proof": body.get("proof"),
                "size": (body.get("artifact") or {}).get("size"),
                "environments": [place for place, last in now.items() if last["version"] == one["version"]],
                "metrics": {} if line is None else dict(line.metrics),
                "primary": "" if line is None else line.primary,
            }
        )  # fmt: skip
    return found


def version(platform: Platform, name: str, number: str) -> Json:
    """Return a version whole: its line in the list, its record, its deployments, its card, and where it comes from.

    Raises:
        NotFound: The project has none called *number*; with the reason, when a tag claims to be it.
    """
    found = next((one for one in versions(platform, name) if one["version"] == number), None)
    history = places.history(platform, name)
    if found is None:
        why = next((one["reason"] for one in history["ignored"] if one["tag"].endswith(f"@{number}")), None)
        raise NotFound(
            f"{name} has no version {number!r}." if why is None else f"The tag of {number} does not count: {why}",
            remedy=f"See those that there are under /projects/{name}/versions.",
        )
    body = _bodies(platform, name, [found["record"]]).get(found["record"], {})
    requirements = said(platform, name, found["commit"]).requirements
    deployments = [one for one in history["deployments"] if one["version"] == number]
    return {
        "version": found,
        "record": body,
        "deployments": deployments[::-1],
        "purpose": "" if requirements is None else requirements.purpose,
        "task": "" if requirements is None else requirements.task,
        "inputs": [] if requirements is None else list(requirements.inputs.columns),
        "card": card(platform, name, found["commit"]),
        "lineage": list(_lineage(platform, name, found, body)),
    }


def _lineage(platform: Platform, name: str, found: Json, body: Json) -> Iterator[Json]:
    """Yield what the version comes from and where it went, each after what it needs: name, kind, state, needs, path."""
    place, commit = f"/projects/{name}", f"commit {found['commit'][:7]}"
    yield _node(commit, "commit", (), None)
    run = _bodies(platform, name, [str(body.get("run"))]).get(str(body.get("run")))
    inputs = _inputs({} if run is None else run["inputs"])
    for path in inputs:
        yield _node(path, "data", (), f"{place}/data")
    needs: tuple[str, ...] = (commit, *inputs)
    if run is not None:
        yield _node("run", "run", needs, f"{place}/runs/{body['run']}")
        needs = ("run",)
    model = f"{found['model']} {found['version']}"
    yield _node(model, "version", needs, f"{place}/versions/{found['version']}")
    for environment in found["environments"]:
        where = f"{place}/environments/{quote(environment, safe='')}"
        yield _node(f"in {environment}", "environment", (model,), where)
        yield _node(f"predictions of {environment}", "predictions", (f"in {environment}",), where)


def _inputs(items: Mapping[str, Any]) -> list[str]:
    """Return the data among what a run read, the largest first: code and parameters are in its commit."""
    by_size = sorted(items, key=lambda path: -int(items[path]["size"]))
    return [path for path in by_size if not path.endswith((".py", ".yaml", ".yml", ".toml", ".txt"))][:_DATA]


def _node(name: str, kind: str, needs: tuple[str, ...], path: str | None) -> Json:
    return {"name": name, "kind": kind, "state": kind, "needs": list(needs), "path": path}


def _bodies(platform: Platform, name: str, addresses: list[str]) -> dict[str, Json]:
    asked = select(fact.c.address, fact.c.body).where(fact.c.project == name, fact.c.address.in_(addresses))
    with platform.database.read() as connection:
        return {row.address: row.body for row in connection.execute(asked)}
