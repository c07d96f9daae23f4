"""What `roadworthy redteam` does: attacks the model of the last run, and drafts failure modes of what it found."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from roadworthy.app.hardening import files
from roadworthy.app.hardening.examples import logged
from roadworthy.app.local import open_local
from roadworthy.app.proving.bench import open_bench
from roadworthy.app.proving.candidate import REFERENCE
from roadworthy.app.proving.failure_modes import guard_of
from roadworthy.build.data import query
from roadworthy.errors import NotFound
from roadworthy.ledger.repo.actor import actor_of
from roadworthy.operate.serve import scope
from roadworthy.prove.predictor import Predictor
from roadworthy.prove.redteam import keep
from roadworthy.prove.redteam.search import Wishes, search
from roadworthy.prove.redteam.target import Limits, Target

if TYPE_CHECKING:
    from pathlib import Path

    from roadworthy.app.hardening.files import Severity
    from roadworthy.app.proving.bench import Bench
    from roadworthy.build.data.table import Bools, Table
    from roadworthy.ledger.objects.address import Address
    from roadworthy.prove.behaviour.vacuous import Predict
    from roadworthy.prove.redteam.finding import Finding
    from roadworthy.prove.redteam.search import Report

_HIGH, _MEDIUM = 0.1, 0.01  # shares of real rows


@dataclass(frozen=True, slots=True)
class Attacked:
    """What a search came to.

    Attributes:
        report: What was found, and what was not tried.
        drafts: The failure mode of each finding, in their order; none where none were to be written.
        known: Findings that a failure mode of the same title tells of already.
        record: Where it is kept.
    """

    report: Report
    drafts: tuple[str, ...]
    known: tuple[str, ...]
    record: Address


def attack_here(wishes: Wishes, environment: str, *, write: bool, start: Path | None = None) -> Attacked:
    """Search the model of the last run for where it is weak.

    Args:
        wishes: The budget, the seed, and whom to tell.
        environment: Whose requests tell how many rows a finding concerns.
        write: Whether failure modes are drafted.
        start: A folder of the project.

    Raises:
        NotFound: Nothing was run, or there are no reference rows.
        ModelError: The model does not answer.
    """
    local = open_local(start)
    bench = open_bench(local, lambda _: None)
    with ExitStack() as stack:
        predictor = stack.enter_context(Predictor(bench.spec(bench.requirements.model)))
        report = search(target_of(bench, predictor.predict), wishes, logged(local, environment))
    titles = {mode.title: name for name, mode in bench.project.failure_modes.items()}
    known = tuple(f"{titles[one.title]} {one.title}" for one in report.findings if one.title in titles)
    fresh = [one for one in report.findings if one.title not in titles]
    owner = actor_of(local.folder).partition(" <")[0]
    drafts = tuple(files.write(local, _draft(one, report, owner)) for one in fresh) if write else ()
    return Attacked(report, drafts, known, keep.write(local.ledger, report, bench.run_address, bench.run.commit))


def target_of(bench: Bench, predict: Predict) -> Target:
    """Return the model of *bench* as what is attacked.

    Raises:
        NotFound: There are no reference rows.
    """
    dataset = bench.project.pipeline.datasets.get(REFERENCE)
    if dataset is None:
        raise NotFound(
            "pipeline.yaml names no dataset `reference`, so there are no rows to attack the model with.",
            remedy="Name it under `datasets`, with its key and its label.",
        )
    bench.item(dataset.path)
    rows = query.read(bench.local.folder / dataset.path)
    rules = scope.of_inputs(bench.requirements, bench.project.contracts)
    flagged = guard_of(bench)

    def in_scope(table: Table) -> Bools:
        return ~flagged(table) if len(table) else np.zeros(0, dtype=np.bool_)

    return Target(
        rows=rows,
        predict=predict,
        requirements=bench.requirements,
        in_scope=in_scope,
        limits={name: Limits(_number(rule.min), _number(rule.max), rule.missing) for name, rule in rules.items()},
        label=dataset.label if dataset.label in rows else None,
        key=tuple(name for name in dataset.key if name in rows),
    )


def _number(bound: float | str | None) -> float | None:
    return float(bound) if isinstance(bound, int | float) else None


def _draft(finding: Finding, report: Report, owner: str) -> files.Draft:
    """Return *finding* as a failure mode to be written; how severe it is, by whom it concerns, is a first guess."""
    severity: Severity = "high" if finding.exposure >= _HIGH else "medium" if finding.exposure >= _MEDIUM else "low"
    return files.Draft(
        title=finding.title,
        owner=owner,
        severity=severity,
        by="red_team",
        examples=finding.examples,
        expect=finding.expect,
        share=finding.share,
        note=(
            "A draft of the red team: read it, set its severity and its owner, or delete it with its table and pin.",
            f"It concerns {100 * finding.exposure:.3g} % of {report.exposed_in}.",
            f"{finding.failed} of {finding.tried} rows that were tried show it.",
        ),
    )
