"""A change to review: simulated flights, models fitted to them, and what the product's own functions measure of both.

Computed: every metric, interval, flip, bin, noise floor, and the judgement of the gate. Written by hand: the flights'
law and the bound on the AUC (chosen so that one story passes and the other is refused), the checks besides AUC and
flips, the sizes of models, the seconds, the commits and the files. Nothing here says how good anything is.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, cast

import numpy as np

from review_world import FEATURES, World, world
from roadworthy.build.data.table import Column, Table
from roadworthy.build.pipeline.record import Run, StageRun
from roadworthy.declare.pin import Pin
from roadworthy.declare.pipeline import Model, Pipeline, Stage
from roadworthy.declare.profile import Profile
from roadworthy.declare.project import Declared
from roadworthy.declare.requirements import Decision, Inputs, OutputRule, Quality, Requirements, SliceRule
from roadworthy.ledger.objects.address import Address
from roadworthy.ledger.objects.item import Item
from roadworthy.ledger.repo.commit import FileChange
from roadworthy.prove.against_production.flips import flips, furthest
from roadworthy.prove.against_production.gate import Limits, judge, shares
from roadworthy.prove.evaluate.measure import measures
from roadworthy.prove.evaluate.metric import metric, of_task
from roadworthy.prove.evaluate.scored import Scored, score
from roadworthy.prove.evaluate.sheet import EVERYWHERE, Sheet, fill
from roadworthy.prove.proof import Check, Proof
from roadworthy.prove.review.compare import compare
from roadworthy.prove.review.comparison import Side
from roadworthy.prove.review.evidence import Evidence
from roadworthy.prove.review.pairing import grid, pair
from roadworthy.prove.review.rows.answers import Answers
from roadworthy.prove.rows import row

if TYPE_CHECKING:
    from pathlib import Path

    from roadworthy.build.data.table import Bools
    from roadworthy.prove.measures import AgainstProduction, FlipExample, Measures
    from roadworthy.prove.review.comparison import Comparison
    from roadworthy.prove.review.pairing import Grid

REQUIREMENTS = Requirements(
    apiVersion="roadworthy/v1alpha1",
    model="delay",
    task="binary_classification",
    purpose="Tell gate staff two hours ahead that a flight will arrive late.",
    baseline="baseline",
    decision=Decision(flag_top=0.15),
    inputs=Inputs(columns=FEATURES, contract="flights"),
    outputs={"probability": OutputRule(min=0, max=1)},
    quality=(
        Quality("roc_auc", at_least=0.55, better_than="baseline"),
        Quality("expected_calibration_error", at_most=0.08),
    ),
    slices=(
        SliceRule("night", "hour >= 20", "roc_auc", better_than="baseline"),
        SliceRule("storms", "wind_speed > 20", "roc_auc", at_least=0.6),
        SliceRule("short hops", "distance < 400", "roc_auc", at_least=0.6),
    ),
)


@dataclass(frozen=True)
class Story:
    """Both ends of a change, with all that `compare` takes."""

    base: Evidence
    head: Evidence
    files: tuple[FileChange, ...]
    answers: tuple[Answers, Answers]
    grids: dict[str, Grid] = field(default_factory=dict)


@lru_cache(maxsize=4)
def better(rows: int = 1500) -> Story:
    """Return a change from the late share by carrier and hour to a fitted model: better, at a cost that is paid for."""
    return _story(rows, "rate", "boosted", branch="feature/boosting", production="v0.1.0")


@lru_cache(maxsize=4)
def lost_weather(rows: int = 1500) -> Story:
    """Return a change that loses the weather: metrics clear their bounds, and what production gets right breaks."""
    return _story(rows, "boosted", "blind", branch="feature/tidy-weather", production="v1.0.0")


@lru_cache(maxsize=4)
def without_production(rows: int = 1500) -> Story:
    """Return the better change before anything is in production; the base is tested."""
    return _story(rows, "rate", "boosted", branch="feature/boosting", production=None)


def _story(rows: int, old: str, new: str, *, branch: str, production: str | None) -> Story:
    one = world(rows)
    scored = {name: _scored(one, name) for name in (old, new, "rate")}
    label = ("late", "time")
    base = _proof(one, old, "rate", None, scored)
    head = _proof(one, new, "rate", old if production else None, scored)
    head = replace(head, production=production)
    if production is not None:
        held = _against(one, old, scored[new], production, cast("Measures", head.measures))
        head = replace(head, measures={**head.measures, "against_production": held}, checks=_checks(head, held))
    else:
        head = replace(head, checks=_checks(head, None))
    base = replace(base, checks=_checks(base, None))
    artifacts = {"baseline": _address("rate")} | ({"production": _address(old)} if production else {})
    return Story(
        base=_evidence(
            Side("main", "4c1d2e8f90" * 4, "Learn the late share", _address("p0"), _address("r0")), base, old
        ),
        head=replace(
            _evidence(
                Side(branch, "9a7be4410c" * 4, "Learn with boosted trees", _address("p1"), _address("r1")), head, new
            ),
            artifacts=artifacts,
            deployed=production,
        ),
        files=(
            FileChange("src/flight_delay/model.py", 148, 12),
            FileChange("src/flight_delay/rates.py", 0, 61),
            FileChange("tests/test_model.py", 44, 3),
            FileChange("params.yaml", 4, 1),
            FileChange("requirements.txt", 52, 11),
            FileChange("README.md", 6, 2),
        ),
        answers=(
            Answers(scored[old], one.rows, ("flight_id",), FEATURES, label[0]),
            Answers(scored[new], one.rows, ("flight_id",), FEATURES, label[0]),
        ),
        grids={"production": cast("Grid", grid(scored[old], scored[new]))} if production else {},
    )


def _scored(one: World, name: str) -> Scored:
    return score(Table({"probability": Column(one.chances[name])}), one.rows["late"], REQUIREMENTS)


def _proof(one: World, candidate: str, baseline: str, production: str | None, scored: dict[str, Scored]) -> Proof:
    roles = {"candidate": scored[candidate], "baseline": scored[baseline]}
    if production is not None:
        roles["production"] = scored[production]
    return Proof(
        run=_address(f"run {candidate}"),
        commit="9a7be4410c" * 4,
        dirty=False,
        model="delay",
        candidate=_address(candidate),
        is_baseline=candidate == baseline,
        production=None,
        checks=(),
        measures=cast("dict[str, object]", measures(REQUIREMENTS, roles, _sheet(one, roles), unlabelled=0)),
        reference=_address("reference"),
        predictions={role: _address(f"{candidate} {role}") for role in roles},
    )


def _sheet(one: World, roles: dict[str, Scored]) -> Sheet:
    wind, hour, distance = (one.rows[name].values.astype(np.float64) for name in ("wind_speed", "hour", "distance"))
    where = {"night": hour >= 20, "storms": wind > 20, "short hops": distance < 400}
    auc = metric("roc_auc", "binary_classification")
    return fill(roles, {EVERYWHERE: of_task("binary_classification"), **dict.fromkeys(where, (auc,))}, where)


def _against(one: World, name: str, new: Scored, version: str, measured: Measures) -> AgainstProduction:
    old = _scored(one, name)
    found, twins = flips(old, new), _twins(one, name, old)
    limits = Limits(0.005, 0.75)
    counted = shares(found, twins)
    gain = cast("dict[str, object]", measured["differences"]["production"])["roc_auc"]
    auc = metric("roc_auc", "binary_classification")
    judged = judge(counted, found, limits, (auc, gain))  # type: ignore[arg-type] # an Interval, by the cast above
    floor = cast("dict[str, float]", counted.floor)
    return {
        "version": version,
        "rows": len(new),
        "rows_of": "production",
        "negative": counted.negative,
        "positive": counted.positive,
        "negative_count": int(found.negative.sum()),
        "positive_count": int(found.positive.sum()),
        "ratio": found.ratio,
        "upgrade_ratio": limits.upgrade_ratio,
        "floor": {
            "value": floor["value"],
            "low": floor["low"],
            "high": floor["high"],
            "twins": [float(twin.mean()) for twin in twins],
            "runs": len(twins),
            "seconds": 11.4,
            "cached": False,
        },
        "excess": counted.excess,
        "allowed": limits.excess,
        "primary_metric": "roc_auc",
        "primary": gain,  # type: ignore[typeddict-item] # an Interval, by the cast above
        "outcome": judged.outcome,
        "reason": judged.reason,
        "broken": _examples(one, found.negative, old, new),
        "fixed": _examples(one, found.positive, old, new),
    }


def _twins(one: World, name: str, old: Scored) -> Bools:
    label = one.rows["late"]
    scored = (score(Table({"probability": Column(twin)}), label, REQUIREMENTS) for twin in one.twins[name])
    found: Bools = np.stack([flips(old, twin).negative for twin in scored])
    return found


def _examples(one: World, which: Bools, old: Scored, new: Scored) -> list[FlipExample]:
    return [
        {
            "key": row(one.rows, at, ("flight_id",)),
            "inputs": row(one.rows, at, FEATURES),
            "label": bool(one.rows["late"].values[at]),
            "production": {
                "score": float(old.score[at]),
                "decision": bool(old.decided[at]),
                "right": bool(old.right[at]),
            },
            "candidate": {
                "score": float(new.score[at]),
                "decision": bool(new.decided[at]),
                "right": bool(new.right[at]),
            },
        }
        for at in furthest(which, old.score, new.score, 20)
    ]


def _checks(proof: Proof, held: AgainstProduction | None) -> tuple[Check, ...]:
    measured = cast("Measures", proof.measures)
    auc = cast("dict[str, dict[str, float]]", measured["metrics"]["candidate"])["roc_auc"]
    bound = Check(
        "evaluation",
        "roc_auc at least 0.55",
        "passed" if auc["value"] >= 0.55 else "failed",
        f"{auc['value']:.4f} [{auc['low']:.4f}, {auc['high']:.4f}]; at least 0.55 is asked.",
    )
    blocked = held is not None and held["outcome"] == "blocked"
    against = Check(
        "against_production",
        "negative flips beyond the noise floor",
        "not_run" if held is None else "failed" if blocked else "passed",
        "Nothing is deployed in production yet." if held is None else f"{held['reason']}",
        examples=tuple(
            {"flight_id": one["key"]["flight_id"], **one["inputs"], "late": one["label"]}
            for one in (held["broken"][:3] if held is not None and blocked else [])
        ),
    )
    return (
        Check("data", "flights: carrier is one of 8", "passed", "All rows hold one of the 8 allowed values."),
        Check("data", "flights: no key stands twice", "passed", "Every flight_id is unique."),
        bound,
        Check("behaviour", "more wind is never safer", "passed", "Holds for 97.2% of the rows; 95.0% is asked."),
        Check("behaviour", "the carrier's spelling is no reason", "passed", "Holds for 100.0% of the rows."),
        Check("stress", "weather feed down", "passed", "roc_auc is 0.6310 without it; at least 0.6 is asked."),
        against,
        Check("project", "test_no_future", "passed", "6 tests passed in 2.1 s."),
    )


def _evidence(side: Side, proof: Proof, model: str) -> Evidence:
    learner = {"rate": "late_share", "boosted": "boosting", "blind": "boosting"}[model]
    stages = {name: Stage(cmd=(f"python -m flight_delay.{name}",)) for name in ("prepare", "baseline", "train")}
    declared = Declared(
        folder=cast("Path", None),
        profile=Profile("roadworthy/v1alpha1", "flight-delay"),
        pipeline=Pipeline(stages=stages, models={"delay": Model("build/model")}),
        requirements=REQUIREMENTS,
        contracts={},
        failure_modes={},
        params={"prepare": {"until": "2013-06-30"}, "train": {"learner": learner, "seed": 7} | _extra(learner)},
    )
    return Evidence(
        side=side,
        declared=declared,
        proof=proof,
        run=_run(model),
        parts={
            "train": {
                "param": {"params.yaml:train": {"learner": learner, "seed": 7} | _extra(learner)},
                "code": {"src/flight_delay/prepare.py": str(_address(f"code of {model}"))},
            }
        },
        seconds={"prepare": 2.2, "baseline": 0.3, "train": 0.3 if learner == "late_share" else 3.4},
        pins={"data/flights.parquet": Pin("roadworthy/v1alpha1", str(_address("flights")), 5_100_000)},
        distributions={"numpy": "2.3.1", "pandas": "2.3.0", "duckdb": "1.4.0"}
        | ({"scikit-learn": "1.7.0", "scipy": "1.16.0"} if learner == "boosting" else {"tabulate": "0.9.0"}),
        definitions={"prepare": "src/flight_delay/prepare.py", "train": "src/flight_delay/model.py"}
        | ({"late_share_table": "src/flight_delay/rates.py"} if learner == "late_share" else {}),
    )


def _extra(learner: str) -> dict[str, object]:
    return {"trees": 150, "monotonic": ["wind_speed", "precip"]} if learner == "boosting" else {}


def _run(model: str) -> Run:
    size = {"rate": 4_210, "boosted": 312_480, "blind": 298_112}[model]

    def stage(name: str, state: str, why: str, outputs: dict[str, Item] | None = None) -> tuple[str, StageRun]:
        key = _address(model if name == "train" else name).digest
        return name, StageRun(key, state, why, 0.0, outputs or {})  # type: ignore[arg-type] # the states below

    return Run(
        project="flight-delay",
        commit="9a7be4410c" * 4,
        dirty=(),
        stages=dict(
            (
                stage("prepare", "cached", "the same inputs as in an earlier run"),
                stage("baseline", "cached", "the same inputs as in an earlier run"),
                stage("train", "ran", "params: train.learner changed", {"build/model": Item(_address(model), size)}),
            )
        ),
        inputs={},
        params={},
        python_environment={"python": "3.11", "matches_lock": True},
        machine={},
        started="2026-11-22T10:00:00Z",
        seconds=4.1,
        address=_address(f"run {model}"),
    )


def _address(name: str) -> Address:
    return Address.of(name.encode())


def comparison(story: Story) -> Comparison:
    """Return the comparison that a review of *story* makes."""
    paired = None if story.grids else pair(*story.answers, "binary_classification", rows_shown=True)
    return compare(story.base, story.head, story.files, paired=paired, grids=story.grids)
