"""The story of the platform: a project is pushed, and the rest happens; even when the database is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from roadworthy.cli.demo.step import Edit, Serve, Step, Type
from roadworthy.cli.demo.story import IN_SCOPE, lost_weather, sample

if TYPE_CHECKING:
    from roadworthy.cli.demo.step import Action

_WAIT = Type("roadworthy jobs wait")
_HOME = "../platform"


def story(port: int, *, fast: bool) -> tuple[Step, ...]:
    """Return the steps, with the platform on *port* of loopback; *fast* trains on a sample, for the test-suite."""
    address = f"http://127.0.0.1:{port}"
    return (*_begin(address, fast=fast), *_better(), *_wrong(), _lost(address))


def _up(address: str, home: str) -> Serve:
    return Serve(f"roadworthy up --home {home} --port {address.rpartition(':')[2]}", f"{address}/health")


def _begin(address: str, *, fast: bool) -> tuple[Step, ...]:
    shown = "ROADWORTHY_TOKEN=$(cat ../token)"
    remote = f"{address.replace('//', '//ada:$(cat ../token)@')}/git/flight-delay.git"
    return (
        Step(
            "Start the platform",
            "One command, one process tree, one folder. An account and a token for it.",
            (_up(address, "platform"), Type("roadworthy account add ada --admin --token demo --home platform > token")),
        ),
        Step(
            "Start a project from a template",
            "On the laptop, as before: it runs here, and its data is pinned.",
            (
                Type("roadworthy new flight-delay --template tabular --yes"),
                Type("cd flight-delay"),
                *(sample() if fast else ()),
                Type("roadworthy run"),
                Type("git add data && git commit -qm 'Pin the data' && git branch -f main"),
            ),
        ),
        Step(
            "Push it",
            "profile.yaml makes the workspace; the push is tested; what is on main becomes a version.",
            (
                Type(f"git remote add origin {remote}"),
                Type("roadworthy project create flight-delay"),
                Type(f"{shown} roadworthy data push --bucket {address}/buckets/flight-delay"),
                Type("git push -q origin main develop"),
                _WAIT,
                Type("roadworthy plan"),
                Type("roadworthy events list"),
            ),
        ),
        Step(
            "Put the baseline into production",
            "profile.yaml says that people decide about production.",
            (Type("roadworthy deploy v0.1.0 --to production"), _ask()),
        ),
    )


def _better() -> tuple[Step, ...]:
    return (
        Step(
            "Propose a better model",
            "Nobody pushes to develop. A branch is pushed, tested against production, and merged by the platform.",
            (
                Type("git switch -q -c feature/boosting develop"),
                Edit("params.yaml", "learner: late_share", "learner: boosting"),
                Type("git commit -qam 'Learn with boosted trees'"),
                Type("git push -q origin feature/boosting"),
                _WAIT,
                Type("roadworthy change open"),
                Type("roadworthy change show 1"),
                Type("roadworthy change merge 1"),
                _WAIT,
            ),
        ),
        Step(
            "Release it",
            "A release branch passes every gate on its way to main; its version goes where people put it.",
            (
                Type("git fetch -q && git switch -q -c release/1 origin/develop && git push -q origin release/1"),
                _WAIT,
                Type("roadworthy change open --title 'Boosted trees'"),
                Type("roadworthy change merge 2"),
                _WAIT,
                Type("roadworthy deploy v1.1.0 --to production"),
                _ask(),
            ),
        ),
    )


def _wrong() -> tuple[Step, ...]:
    return (
        Step(
            "Propose a change that is up, green and wrong",
            "The weather is joined at the wrong end. Its AUC clears the bound; the flips do not.",
            (
                Type("git switch -q -c feature/weather-at-destination origin/develop"),
                *lost_weather(),
                Type("git commit -qam 'Use the weather at the destination'"),
                Type("git push -q origin feature/weather-at-destination"),
                Type("roadworthy jobs wait", status=3),
                Type("roadworthy change open"),
                Type("roadworthy change merge 3", status=3),
            ),
        ),
        Step(
            "Roll back",
            "The previous version is the next deployment; the service switches without dropping a request.",
            (Type("roadworthy rollback production"), _ask()),
        ),
    )


def _lost(address: str) -> Step:
    return Step(
        "Lose the database",
        "It is an index. Repositories and buckets hold the facts, and it is made again from them.",
        (
            Type(f"roadworthy down --home {_HOME}"),
            Type(f"rm {_HOME}/platform.db*"),
            Type(f"roadworthy rebuild --home {_HOME}"),
            _up(address, _HOME),
            Type("roadworthy change list"),
            Type("roadworthy audit verify"),
            Type("sleep 3"),
            _ask(),
        ),
    )


def _ask() -> Action:
    where = "$(roadworthy project url production)/predict"
    ask = f"curl -sf --retry 20 --retry-connrefused --retry-delay 1 -w '\\n' {where}"
    return Type(f"{ask} -H 'Content-Type: application/json' -d '{IN_SCOPE}'")
