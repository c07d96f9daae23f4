"""One of the project's own tests as a check: what it said and stated, and which failure mode it is about."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from roadworthy.prove.behaviour.failure_mode import lived_with
from roadworthy.prove.proof import Check

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from roadworthy.declare.failure_mode import FailureMode

_COUNTED = ("rows", "wrong", "share", "asked", "level", "false_alarm", "power")


def check_of(found: Mapping[str, Any], modes: Mapping[str, FailureMode]) -> Check:
    """Return the check of a test, as the plugin *found* it.

    What fails of a failure mode that is accepted passes, and says so, until the day up to which it is accepted.
    """
    stated: Sequence[Mapping[str, Any]] = found.get("stated", ())
    facts: dict[str, object] = {"stated": [dict(one) for one in stated]} if stated else {}
    if len(stated) == 1:  # one share is the test's own, and counts as that of a declared test does
        facts |= {name: stated[0][name] for name in _COUNTED if stated[0].get(name) is not None}
    about = [str(name) for name in found.get("failure_modes", ())]
    if about:
        facts["failure_mode"] = ", ".join(about)
    name, said = str(found["name"]), str(found["said"])
    match found["outcome"]:
        case "passed":
            told = " ".join(str(one["said"]) for one in stated)
            return Check("project", name, "passed", told or "It passed.", facts)
        case "skipped":
            return Check("project", name, "not_run", said or "It was skipped.", facts)
        case _:
            return _failed(Check("project", name, "failed", said or "It failed.", facts), about, modes)


def _failed(check: Check, about: Sequence[str], modes: Mapping[str, FailureMode]) -> Check:
    known = [modes[name] for name in about if name in modes]
    if not known or len(known) < len(about) or not all(lived_with(mode) for mode in known):
        return check
    listed = " ".join(f"Accepted until {mode.accepted.until}: {mode.accepted.why}" for mode in known if mode.accepted)
    until = min(mode.accepted.until for mode in known if mode.accepted)
    facts = {**check.facts, "accepted_until": until}
    return replace(check, verdict="passed", summary=f"{check.summary} {listed}", facts=facts)
