"""What was executed, read from the records that executing it left."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from roadworthy.prove.readiness.score import HAND, Executed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from roadworthy.declare.requirements import Requirements
    from roadworthy.ledger.objects.address import Address
    from roadworthy.ledger.records.record import Record

ATTESTED = "attestation"  # the kind of record that a person makes of what was done by hand
KINDS = ("proof", "redteam", "features", "review", "run", "version", "deployment", ATTESTED)
_FEATURES = re.compile(r"feature|encod|prepare|transform", re.IGNORECASE)
_KNOWN = re.compile(r"known|future", re.IGNORECASE)
_PRIVACY = re.compile(r"privacy|private|absent|must not exist|personal", re.IGNORECASE)


def of_record(address: Address, record: Record, requirements: Requirements | None) -> Iterator[Executed]:
    """Yield what *record* shows to have been executed."""
    make = {
        "proof": _of_proof,
        "redteam": _of_redteam,
        "features": _of_features,
        "review": _of_review,
        "run": _of_run,
        "version": _of_version,
        "deployment": _of_deployment,
        ATTESTED: _of_hand,
    }[record.kind]
    at = datetime.strptime(record.at, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    automatic = record.authority == "platform"
    for what, of, good, said in make(record.body, requirements):
        yield Executed(what, address, at, of, good, said, automatic)


_Shown = tuple[str, str, bool, str]


def _of_proof(body: Mapping[str, Any], requirements: Requirements | None) -> Iterator[_Shown]:
    """Yield each kind of check that was made: good when none of that kind failed."""
    if body["dirty"]:
        return
    made: dict[str, list[Mapping[str, Any]]] = {}
    for check in cast("Sequence[Mapping[str, Any]]", body["checks"]):
        if check["verdict"] != "not_run":
            for kind in _kinds(check, requirements):
                made.setdefault(kind, []).append(check)
    for kind, checks in made.items():
        failed = [check for check in checks if check["verdict"] == "failed"]
        said = f"{failed[0]['name']}: failed" if failed else f"{len(checks)} checks passed, e.g. {checks[0]['name']}"
        yield kind, str(body["commit"]), not failed, said


def _kinds(check: Mapping[str, Any], requirements: Requirements | None) -> Iterator[str]:
    section, name = str(check["section"]), str(check["name"])
    asked = not check["facts"].get("always", False)
    match section:
        case "data" if asked:
            yield "check:data"
            yield from (
                kind for kind, word in (("check:known", _KNOWN), ("check:privacy", _PRIVACY)) if word.search(name)
            )
        case "evaluation":
            yield from _evaluated(name, requirements)
        case "behaviour":
            yield from _behaved(name, requirements)
        case "failure_modes" if asked and "examples are right" in str(check["summary"]):
            yield "failure_mode"
        case "project":
            yield "check:project"
            if _FEATURES.search(name):
                yield "check:project:features"
        case _:
            return


def _evaluated(name: str, requirements: Requirements | None) -> Iterator[str]:
    if name.startswith("latency"):
        yield "check:latency"
    if name.startswith("size"):
        yield "check:size"
    if requirements is None:
        return
    if any(name.startswith(rule.name) for rule in requirements.slices):
        yield "check:slice"
    elif requirements.baseline is not None and f"better than {requirements.baseline}" in name:
        yield "check:baseline"


def _behaved(name: str, requirements: Requirements | None) -> Iterator[str]:
    if name == "answers each row by itself":
        yield "check:apart"
    if requirements is not None and any(
        test.name == name and test.kind == "invariance" for test in requirements.behaviour
    ):
        yield "check:invariance"


def _of_redteam(body: Mapping[str, Any], _: Requirements | None) -> Iterator[_Shown]:
    attacks, findings = body["attacks"], body["findings"]
    for what, attack, kind in (
        ("redteam:slices", "weak slices", "weak_slice"),
        ("redteam:noise", "noise", "instability"),
    ):
        if any(str(name).startswith(attack) for name in attacks):
            count = sum(1 for one in findings if one["kind"] == kind)
            yield what, str(body["commit"]), not count, f"{count} found by {len(attacks)} attacks"


def _of_features(body: Mapping[str, Any], _: Requirements | None) -> Iterator[_Shown]:
    idle = cast("Sequence[str]", body["idle"])
    said = f"worth nothing that shows: {', '.join(idle)}" if idle else "every input is worth something"
    yield "features", str(body["commit"]), not idle, said


def _of_review(body: Mapping[str, Any], _: Requirements | None) -> Iterator[_Shown]:
    good = body["outcome"] == "ready"
    yield "review", str(body["head"]["commit"]), good, f"the review of {body['head']['name']} said {body['outcome']}"


def _of_run(body: Mapping[str, Any], _: Requirements | None) -> Iterator[_Shown]:
    if not body["dirty"]:
        states = [str(stage["state"]) for stage in body["stages"].values()]
        good = bool(states)  # a run with a failed stage leaves no record
        yield "run", str(body["commit"]), good, f"{len(states)} stages"


def _of_version(body: Mapping[str, Any], _: Requirements | None) -> Iterator[_Shown]:
    yield "version", str(body["commit"]), True, f"{body['tag']} was released with its proof"


def _of_deployment(body: Mapping[str, Any], _: Requirements | None) -> Iterator[_Shown]:
    said = f"{body['version']} was put into {body['environment']}"
    yield "deployment", str(body["tag"]), True, said
    if body.get("rollback"):
        yield "rollback", str(body["tag"]), True, f"{body['environment']} was rolled back to {body['version']}"


def _of_hand(body: Mapping[str, Any], _: Requirements | None) -> Iterator[_Shown]:
    yield f"{HAND}{body['test']}", str(body["made"]), True, str(body["said"])


def of_requests(rows: Iterable[Mapping[str, Any]], place: str) -> Iterator[Executed]:
    """Yield that the guard judged requests, by day: the log of predictions in *place* says so."""
    days: dict[str, tuple[int, str]] = {}
    for row in rows:
        day = str(row["at"])[:10]
        count, _ = days.get(day, (0, ""))
        days[day] = (count + 1, str(row["at"]))
    for day, (count, last) in days.items():
        at = datetime.fromisoformat(last)
        yield Executed("requests", place, at, day, good=True, said=f"{count} requests judged on {day}", automatic=True)
