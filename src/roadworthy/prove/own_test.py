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
_STATED = {*_COUNTED, "said", "low", "high", "worse", "better", "net", "margin"}
_MOST_STATED, _LONGEST = 50, 500
_EXACT = 2**53  # beyond, a JSON number is not exact; NaN is not below it either


def check_of(found: Mapping[str, Any], modes: Mapping[str, FailureMode]) -> Check:
    """Return the check of a test, as the plugin *found* it.

    What fails of a failure mode that is accepted passes, and says so, until the day up to which it is accepted.
    """
    stated = [_plain(one) for one in list(found.get("stated", ()))[:_MOST_STATED] if isinstance(one, dict)]
    facts: dict[str, object] = {"stated": stated} if stated else {}
    if len(stated) == 1:  # one share is the test's own, and counts as that of a declared test does
        facts |= {name: stated[0][name] for name in _COUNTED if name in stated[0]}
    about = [str(name) for name in found.get("failure_modes", ())]
    if about:
        facts["failure_mode"] = ", ".join(about)
    name, said = str(found["name"]), str(found["said"])
    match found["outcome"]:
        case "passed":
            told = " ".join(str(one["said"]) for one in stated if "said" in one)
            return Check("project", name, "passed", told or "It passed.", facts)
        case "skipped":
            return Check("project", name, "not_run", said or "It was skipped.", facts)
        case _:
            return _failed(Check("project", name, "failed", said or "It failed.", facts), about, modes)


def _plain(stated: Mapping[str, object]) -> dict[str, object]:
    """Return what an assertion stated as far as a record can hold it: it comes from a process that is not ours."""
    return {
        name: value[:_LONGEST] if isinstance(value, str) else value
        for name, value in stated.items()
        if name in _STATED
        and (isinstance(value, str) if name == "said" else isinstance(value, int | float) and abs(value) <= _EXACT)
    }


def _failed(check: Check, about: Sequence[str], modes: Mapping[str, FailureMode]) -> Check:
    known = [modes[name] for name in about if name in modes]
    if not known or len(known) < len(about) or not all(lived_with(mode) for mode in known):
        return check
    listed = " ".join(f"Accepted until {mode.accepted.until}: {mode.accepted.why}" for mode in known if mode.accepted)
    until = min(mode.accepted.until for mode in known if mode.accepted)
    facts = {**check.facts, "accepted_until": until}
    return replace(check, verdict="passed", summary=f"{check.summary} {listed}", facts=facts)
