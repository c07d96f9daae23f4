"""The red team against models whose weakness is known: eleven planted ones, and models without any."""

from __future__ import annotations

import numpy as np
import pytest

from redteam_world import COLUMNS, PLANTS, Plant, planted, target, truth
from roadworthy.build.data.query import where
from roadworthy.build.data.table import Column, Table
from roadworthy.declare.requirements import Inputs, OutputRule, Requirements
from roadworthy.prove.redteam.finding import FLAGGED, Finding
from roadworthy.prove.redteam.search import search
from roadworthy.prove.redteam.target import Target


def passes(finding: Finding, made: Target) -> bool:
    """Whether a model passes the test that would be written of *finding*."""
    given = finding.examples.select(made.inputs)
    if finding.expect == FLAGGED:
        return not bool(made.in_scope(given).any())
    said = made.predict(given)
    return bool(where(Table({**finding.examples.columns, **said.columns}), finding.expect).all())


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.name)
def test_a_planted_weakness_is_found_and_little_else(plant: Plant) -> None:
    """It is found as what it is, about the input it is of; its test fails now and passes for the model without it."""
    report = search(planted(plant))
    found = [one for one in report.findings if one.kind == plant.kind and plant.about in f"{one.columns} {one.exposed}"]

    assert len(found) == 1, [one.title for one in report.findings]
    assert len(report.findings) <= 2
    assert passes(found[0], target())
    assert report.not_run == ()


@pytest.mark.parametrize("seed", [21, 22, 23, 24, 25])
def test_of_a_model_without_weakness_at_most_one_is_reported(seed: int) -> None:
    """What a search over thousands of regions finds by chance is not confirmed by the other half of the rows."""
    report = search(target(seed=seed))

    assert len(report.findings) <= 1
    assert "weak slices" in report.made


def test_findings_are_ranked_by_the_requests_they_concern() -> None:
    """Where real requests are known, what they hold decides the order, and the report says so."""
    made = planted(next(plant for plant in PLANTS if plant.name == "no wind is a storm"))
    traffic = made.rows.select(COLUMNS).take(made.rows["wind"].is_missing())
    report = search(made, None, traffic)

    assert report.exposed_in == "production's requests"
    assert report.findings[0].kind == "missing"
    assert report.findings[0].exposure == 1.0


def test_a_regression_and_a_classification_are_searched_too() -> None:
    """A number that is off for one carrier, and a class that is wrong for it, are found in that slice."""
    base = target(count=3000)
    noise = np.random.default_rng(5).normal(0, 0.1, 3000)
    off = Column(truth(base.rows) + noise + 0.5 * (base.rows["carrier"].values.astype(str) == "B6"))
    number = Target(
        rows=base.rows.with_column("minutes", off),
        predict=lambda rows: Table({"minutes_said": Column(truth(rows))}),
        requirements=Requirements(
            "roadworthy/v1alpha1", "delay", "regression", Inputs(COLUMNS), {"minutes_said": OutputRule()}
        ),
        in_scope=base.in_scope,
        limits=base.limits,
        label="minutes",
    )
    kinds = np.where(truth(base.rows) > 0.5, "late", "early").astype(object)
    right = np.where(base.rows["carrier"].values.astype(str) == "B6", "early", kinds).astype(object)
    named = Target(
        rows=base.rows.with_column("kind", Column(right)),
        predict=lambda rows: Table({"said": Column(np.where(truth(rows) > 0.5, "late", "early").astype(object))}),
        requirements=Requirements(
            "roadworthy/v1alpha1", "kind", "multiclass", Inputs(COLUMNS), {"said": OutputRule("text")}
        ),
        in_scope=base.in_scope,
        limits=base.limits,
        label="kind",
    )
    slices = [[one.exposed for one in search(made).findings if one.kind == "weak_slice"] for made in (number, named)]

    assert slices[0] == ["\"carrier\" = 'B6'"]
    assert any("B6" in where_ for where_ in slices[1])
