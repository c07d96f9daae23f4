"""A project with evidence of every kind: pinned data in two versions, runs that differ, failure modes, a card.

Its names are hostile: what would be markup, what hides, what a spreadsheet would compute.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert

from release_project import git
from roadworthy.app.server.index import note
from roadworthy.build.data.pins import pin_of
from roadworthy.build.pipeline import record
from roadworthy.build.pipeline.record import Run, StageRun
from roadworthy.declare.project import write_pin
from roadworthy.ledger.objects.address import Address
from roadworthy.ledger.objects.item import Item
from roadworthy.ledger.predictions.segment import SegmentWriter
from roadworthy.platform.store.schema import fact
from roadworthy.prove import keep
from roadworthy.prove.proof import Check, Proof
from web_story import PROJECT, tell

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from roadworthy.app.server.platform import Platform
    from web_story import Story

EVIL = "<img src=x onerror=alert(1)>"
SECRET_VALUE = "19450508"
FORMULA = '=HYPERLINK("http://example.com")'
DATA = "data/rows.parquet"
MODE = f"""apiVersion: roadworthy/v1alpha1
title: Flights after midnight {EVIL}
found: {{on: 2026-03-01, by: red_team}}
owner: user:mona
severity: high
examples: failure_modes/FM-001.parquet
"""
CARD = f"# Model card: toy\n\nFor <b>delays</b> {EVIL}.\n"
CHECKS = (
    Check("data", "rows: id is unique", "passed", "12,340 rows, none twice."),
    Check("data", f"rows: {EVIL}", "failed", "3 of 12,340 rows; none was asked."),
    Check("evaluation", "roc_auc", "passed", "0.73, at least 0.66 was asked."),
    Check("failure_modes", "FM-001 Flights after midnight", "failed", "41 of 60 examples are right, all were asked."),
    Check("behaviour", "more is never less", "not_run", "It was not asked for."),
)


def tell_more(platform: Platform, folder: Path) -> Story:
    """Let the story happen, and then: data pinned twice, a failure mode, a card, and five more runs of main."""
    story = tell(platform, folder)
    place = story.local.folder
    git(place, "checkout", "-q", "main")
    for size, subject in ((8_100_000, "Pin the rows"), (9_200_000, f"Pin newer rows {EVIL}")):
        (place / "data").mkdir(exist_ok=True)
        pin = pin_of(Item(_address(subject), size), {"url": "https://example.com/rows?<b>"})
        write_pin(place / f"{DATA}.pin", pin)
        _commit(story, subject)
    (place / "failure_modes").mkdir(exist_ok=True)
    (place / "failure_modes" / "FM-001.yaml").write_text(MODE, encoding="utf-8")
    (place / "failure_modes" / "FM-001.parquet").write_bytes(b"PAR1")
    (place / "docs").mkdir(exist_ok=True)
    (place / "docs" / "model_card.md").write_text(CARD, encoding="utf-8")
    _commit(story, "Write down where it fails")
    story.push("main")
    for at in range(5):
        state(story, at)
    _answer(platform)
    return story


def _answer(platform: Platform) -> None:
    """Keep predictions of production as its service would."""
    row = {
        "model": "toy",
        "version": "v1.0.0",
        "deployment": "toy#production#1",
        "ms": 1.25,
        "key": {"id": SECRET_VALUE},
    }
    said = {"inputs": {"x": SECRET_VALUE}, "outputs": {"probability": 0.5}, "reasons": [f"x is {SECRET_VALUE}"]}
    with SegmentWriter(platform.home.predictions(PROJECT, "production")) as kept:
        for at in range(63):
            verdict = "refused" if at < 3 else "in_scope"
            kept.append([{"at": f"2026-05-14T10:00:{at % 60:02d}.000Z", **row, **said, "verdict": verdict}])


def state(story: Story, at: int) -> str:
    """State a run of main with its proof, and return its address; each *at* has other parameters and metrics."""
    ledger = story.platform.home.ledger(PROJECT, f"job {at}")
    run = run_of(git(story.local.folder, "rev-parse", "main"), at)
    kept = record.keep(ledger, run).address
    assert kept is not None
    proved = keep.write(ledger, proof_of(run, kept, at))
    with story.platform.database.write() as connection:
        note(connection, PROJECT, ledger, kept)
        note(connection, PROJECT, ledger, proved)
    return str(kept)


def run_of(commit: str, at: int) -> Run:
    """Return a run with parameters of its own."""
    model = Item(_address(f"model {at}"), 1_200_000 + at)
    return Run(
        project=PROJECT, commit=commit, dirty=("src/train.py",) if at == 3 else (),
        stages={
            "prepare": StageRun("0" * 64, "cached", "it ran before", 0.0, {}),
            "train": StageRun("1" * 64, "ran", "train.trees changed", 4.0 + at, {"build/model": model}),
        },
        inputs={DATA: Item(_address("Pin newer rows"), 9_200_000), "src/train.py": Item(_address("code"), 4_000)},
        params={"train": {"trees": 100 + 50 * at, "note": FORMULA if at == 4 else "plain", "seed": 7}},
        python_environment={"python": "3.11", "digest": "abc"}, machine={"cpus": 2},
        started="2026-05-14T00:00:00Z", seconds=5.0 + at,
    )  # fmt: skip


def proof_of(run: Run, address: Address, at: int) -> Proof:
    """Return its proof, with metrics of its own; each second one fails."""
    checks = CHECKS if at % 2 else tuple(replace(one, verdict="passed") for one in CHECKS)
    value = {"roc_auc": 0.70 + 0.01 * at, "log_loss": 0.5 - 0.02 * at, "brier_score": 0.2}
    metrics = {name: {"value": one, "low": one - 0.01, "high": one + 0.01} for name, one in value.items()}
    measures = {
        "task": "binary_classification", "rows": 12_340, "primary": "roc_auc", "metrics": {"candidate": metrics},
        "directions": {"roc_auc": "higher", "log_loss": "lower", "brier_score": "lower"},
    }  # fmt: skip
    model = run.stages["train"].outputs["build/model"].address
    return Proof(address, run.commit, bool(run.dirty), "toy", model, is_baseline=False, production="v1.0.0",
                 checks=checks, measures=measures)  # fmt: skip


def fill(platform: Platform, project: str, count: int) -> None:
    """Put *count* runs with their proofs into the index alone, as a year of work would leave them."""
    rows: list[dict[str, Any]] = []
    for at in range(count):
        run, address = run_of(f"{at:040x}", at), _address(f"run {at}")
        second = f"2026-{1 + at // 2500:02d}-{1 + at // 100 % 25:02d}T{at // 10 % 10:02d}:{at % 10:02d}:00Z"
        same = {"project": project, "commit": run.commit, "at": second, "actor": f"job {at}"}
        rows.append({**same, "address": address, "kind": "run", "body": record.body(run)})
        body = {**keep.body(proof_of(run, address, at)), "made": second}
        rows.append({**same, "address": _address(f"proof {at}"), "kind": "proof", "body": body})
    with platform.database.write() as connection:
        connection.execute(insert(fact), rows)


def addresses(runs: Sequence[dict[str, Any]]) -> list[str]:
    """Return the addresses of the runs that the API lists."""
    return [str(one["run"]) for one in runs]


def _address(text: str) -> Address:
    return Address.of(text.encode())


def _commit(story: Story, subject: str) -> None:
    git(story.local.folder, "add", "-A")
    git(story.local.folder, "commit", "-q", "-m", subject)
