"""The story of the demo: a flight-delay model from an empty folder to production, and a bad change that is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from roadworthy.cli.demo.step import Edit, Serve, Step, Type

if TYPE_CHECKING:
    from roadworthy.cli.demo.step import Action

IN_SCOPE = (
    '{"records": [{"carrier": "EV", "origin": "EWR", "dest": "ORD", "distance": 719, "hour": 18, "weekday": 4, '
    '"wind_speed": 21, "precip": 0.3, "visibility": 1.5, "humidity": 93, "pressure": 1004, "plane_age": 9}]}'
)
_OUT_OF_SCOPE = IN_SCOPE.replace('"wind_speed": 21', '"wind_speed": 400')


def story(port: int, *, fast: bool) -> tuple[Step, ...]:
    """Return the steps, with the server on *port* of loopback; *fast* trains on a sample, for the test-suite."""
    address = f"http://127.0.0.1:{port}"
    return (*_begin(fast=fast), *_improve(), *_serve(address), *_refuse(address))


def _begin(*, fast: bool) -> tuple[Step, ...]:
    return (
        Step(
            "Start from a template",
            "One command makes a project that is green at once, in git, with a first commit.",
            (
                Type("roadworthy new flight-delay --template tabular --yes"),
                Type("cd flight-delay"),
                *(sample() if fast else ()),
            ),
        ),
        Step(
            "Run the pipeline",
            "The data is fetched and pinned, and every stage runs once for the same inputs.",
            (
                Type("roadworthy run"),
                Type("git add data && git commit -qm 'Pin the data'"),
            ),
        ),
        Step("Run it again", "Nothing has changed, so nothing runs.", (Type("roadworthy run"),)),
        Step(
            "Test the data and the model",
            "Metrics are one thing, explicit behaviour another: both must hold.",
            (Type("roadworthy test"),),
        ),
    )


def _improve() -> tuple[Step, ...]:
    return (
        Step(
            "Launch the baseline",
            "The first launch is the simplest model that helps: the late share by carrier and hour.",
            (
                Type("git switch -q main && git merge -q --ff-only develop"),
                Type("roadworthy release --baseline"),
                Type("roadworthy deploy v0.1.0 --to production"),
            ),
        ),
        Step(
            "Propose a better model",
            "A feature branch turns the booster on: one line. Its tests compare it with production, flight by flight.",
            (
                Type("git switch -q -c feature/boosting develop"),
                Edit("params.yaml", "learner: late_share", "learner: boosting"),
                Type("git commit -qam 'Learn with boosted trees'"),
                Type("roadworthy run"),
                Type("roadworthy test"),
            ),
        ),
        Step(
            "Review the change",
            "Base, candidate and production on one page: what got better, what broke, and on what evidence.",
            (Type("roadworthy review main..HEAD"),),
        ),
        Step(
            "Release and deploy it",
            "The version names its code, data, model and proof; the tag is signed for by a record.",
            (
                Type("git switch -q develop && git merge -q --ff-only feature/boosting"),
                Type("git switch -q main && git merge -q --ff-only develop"),
                Type("roadworthy release"),
                Type("roadworthy deploy v1.0.0 --to production"),
            ),
        ),
    )


def _serve(address: str) -> tuple[Step, ...]:
    return (
        Step(
            "Serve it",
            "The version's own code answers, from its tag, behind a guard that knows the model's scope.",
            (
                Serve(f"roadworthy serve production --port {address.rpartition(':')[2]}", f"{address}/v2/health/ready"),
                _ask(address, IN_SCOPE),
            ),
        ),
        Step(
            "Ask for what it was not made for",
            "Wind of 400 mph is out of scope: the answer says so.",
            (_ask(address, _OUT_OF_SCOPE),),
        ),
    )


def _refuse(address: str) -> tuple[Step, ...]:
    return (
        Step(
            "Propose a change that is up, green and wrong",
            "Somebody wants the weather where one lands. The table has New York's alone, yet the AUC clears its bound.",
            (
                Type("git switch -q -c feature/weather-at-destination develop"),
                *lost_weather(),
                Type("git commit -qam 'Use the weather at the destination'"),
                Type("roadworthy run"),
                Type("roadworthy test", status=3),
                Type("roadworthy gate main..HEAD", status=3),
                Type("roadworthy review main..HEAD", status=3),
            ),
        ),
        Step(
            "Roll back",
            "The previous version is the next deployment; the server switches without dropping a request.",
            (
                Type("git switch -q main"),
                Type("roadworthy rollback production"),
                Type("roadworthy history"),
                Type("sleep 1"),
                _ask(address, IN_SCOPE),
            ),
        ),
    )


def _ask(address: str, records: str) -> Type:
    return Type(f"curl -sfw '\\n' {address}/predict -H 'Content-Type: application/json' -d '{records}'")


def sample() -> tuple[Action, ...]:
    """Return what trains on a sample from now on, for the test-suite."""
    return (
        Edit("params.yaml", "rows: 0 ", "rows: 60000 "),
        Edit("requirements.yaml", "runs: 5,", "runs: 3,"),
        Type("git commit -qam 'Take a sample'"),
    )


def lost_weather() -> tuple[Action, ...]:
    """Return the edit that joins the weather at the wrong end of the flight."""
    joined = "ON observed.origin = asked.origin"
    return (Edit("src/flight_delay/features.sql", joined, joined.replace("asked.origin", "asked.dest")),)
