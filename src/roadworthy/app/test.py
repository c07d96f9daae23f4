"""Testing the last run: data, evaluation, behaviour, stress, production, failure modes, and the project's own tests."""

from __future__ import annotations

import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, cast

from roadworthy.app.hardening import card as cards
from roadworthy.app.local import open_local
from roadworthy.app.proving import failure_modes, sections
from roadworthy.app.proving.bench import open_bench, stale
from roadworthy.app.proving.beside import beside
from roadworthy.app.proving.candidate import answers, open_candidate
from roadworthy.app.proving.production import Absent, open_production
from roadworthy.app.proving.twins import noise_floor
from roadworthy.build.data.table import Table
from roadworthy.errors import RoadworthyError
from roadworthy.ledger.objects.write import write_bytes
from roadworthy.prove import keep
from roadworthy.prove.against_production.compare import Comparison
from roadworthy.prove.junit import junit
from roadworthy.prove.project_tests import Fixtures, Running
from roadworthy.prove.proof import Check, Proof
from roadworthy.prove.remembered import keep as keep_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from roadworthy.app.proving.bench import Bench
    from roadworthy.app.proving.candidate import Answers, Candidate
    from roadworthy.app.proving.production import Production
    from roadworthy.ledger.objects.address import Address
    from roadworthy.prove.against_production.field import Field
    from roadworthy.prove.measures import Measures

_JUNIT = "reports/junit.xml"  # under .roadworthy
_ORDER = ("data", "evaluation", "behaviour", "stress", "against_production", "failure_modes", "project")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a test: the proof, its record, where the JUnit XML is, and what a run would do beforehand.

    `stale` names the stages that have changed since the run that was tested, each with the reason.
    """

    proof: Proof
    address: Address
    junit: Path
    stale: tuple[str, ...] = ()


@dataclass
class _Draft:
    """A proof in the making."""

    checks: list[Check] = field(default_factory=list)
    measures: Measures | None = None
    predictions: dict[str, Address] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def timing(self, part: str) -> Iterator[None]:
        """Note how long the block takes."""
        began = time.monotonic()
        yield
        self.seconds[part] = self.seconds.get(part, 0.0) + time.monotonic() - began


def test_here(
    start: Path | None,
    junit_path: Path | None,
    say: Callable[[str], None],
    warn: Callable[[str], None] = lambda _: None,  # noqa: PT028 - no test of ours, for all its name
) -> Outcome:
    """Test the last run of the project here, and keep the proof.

    Args:
        start: A folder of the project; by default the current one.
        junit_path: Where the JUnit XML goes; by default among the project's reports.
        say: Told what is being done.
        warn: Told what the user should know before believing the result.

    Raises:
        NotFound: Nothing was run, or something of the run is not there any more.
        InvalidDeclaration: A declared file has faults.
    """
    local = open_local(start)
    bench = open_bench(local, say)
    artifact = bench.item(bench.spec(bench.requirements.model).model.path)
    changed = stale(bench)
    draft = _Draft()
    with ExitStack() as stack:
        production = _production(bench, draft, say, warn, stack)
        with draft.timing("start of the project's tests"):
            running = stack.enter_context(_project_tests(bench, production))
        with draft.timing("data"):
            say("data")
            draft.checks += (*sections.origins(bench), *sections.data(bench), *sections.recipe_check(bench))
        candidate = _candidate(bench, draft, stack, say)
        if candidate is not None:
            _model_sections(bench, candidate, production, draft, stack, say)
        with draft.timing("project"):
            say("the project's own tests")
            draft.checks += (*running.checks(), *cards.checks(local, bench.project))
    proof = _proof(bench, artifact.address, candidate, production, draft)
    address = keep.write(local.ledger, proof)
    place = junit_path or local.ledger.state / _JUNIT
    place.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(place, junit(proof), aside=place.parent)
    return Outcome(proof, address, place, changed)


def _production(
    bench: Bench, draft: _Draft, say: Callable[[str], None], warn: Callable[[str], None], stack: ExitStack
) -> Production | Absent:
    """Return the version in production; one that cannot be opened is a failed check, and the rest is tested without."""
    with draft.timing("production opened"):
        try:
            return open_production(bench, say, warn, stack)
        except RoadworthyError as fault:
            draft.checks.append(Check("against_production", "production can be opened", "failed", str(fault)))
            return Absent("The version in production cannot be opened.")


def _candidate(bench: Bench, draft: _Draft, stack: ExitStack, say: Callable[[str], None]) -> Candidate | None:
    """Return the candidate with its answers; None, with the checks that say so, when it cannot be asked."""
    say("predictions")
    with draft.timing("predictions"):
        try:
            return open_candidate(bench, stack)
        except RoadworthyError as fault:
            draft.checks += sections.unanswered(bench.requirements, fault)
            return None


def _model_sections(
    bench: Bench,
    candidate: Candidate,
    production: Production | Absent,
    draft: _Draft,
    stack: ExitStack,
    say: Callable[[str], None],
) -> None:
    with draft.timing("predictions"):
        said = answers(bench, candidate, stack)
        field = sections.meeting(bench, candidate, production)
        said.meet(field, candidate, production)
    timed = (*sections.timed(bench, candidate), *sections.sized(bench, candidate))
    compared = beside(partial(_compared, bench, production, field, draft, say))  # it may train twins, for long
    with draft.timing("evaluation"):
        say("evaluation")
        checks, draft.measures = sections.evaluation(bench, candidate, said)
        draft.checks += (*checks, *timed)
    with draft.timing("behaviour and stress"):
        draft.checks += sections.model_tests(bench, candidate, say)
    comparison = compared.result()
    draft.checks += comparison.checks
    if not isinstance(production, Absent):
        with draft.timing("against production"):
            say("which rows are broken, and why")
            draft.checks += sections.looked_into(bench, candidate, production, comparison)
    if draft.measures is not None and comparison.measures is not None:
        draft.measures["against_production"] = comparison.measures
    with draft.timing("failure modes"):
        draft.checks += failure_modes.checks(bench, candidate, production)
    draft.predictions = _kept(bench, candidate, said)


def _compared(
    bench: Bench, production: Production | Absent, field: Field | Check, draft: _Draft, say: Callable[[str], None]
) -> Comparison:
    if isinstance(field, Check) or isinstance(production, Absent):
        return Comparison((cast("Check", field),))
    with draft.timing("against production"):
        return sections.against_production(bench, production, field, noise_floor(bench, production, say))


def _kept(bench: Bench, candidate: Candidate, said: Answers) -> dict[str, Address]:
    """Keep what each role said, beside the keys of the rows."""
    keys = candidate.subject.rows.select(candidate.key)
    return {
        role: keep_table(bench.local.ledger, Table({**keys.columns, **table.columns}))
        for role, table in said.said.items()
    }


def _project_tests(bench: Bench, production: Production | Absent) -> Running:
    folder = bench.local.folder
    tested = Fixtures(
        candidate=bench.spec(bench.requirements.model),
        production=production.reason if isinstance(production, Absent) else (production.name, production.opened.spec),
        datasets={name: folder / dataset.path for name, dataset in bench.project.pipeline.datasets.items()},
        requirements=bench.requirements,
        failure_modes=bench.project.failure_modes,
    )
    return Running(tested, folder / "tests")


def _proof(
    bench: Bench, artifact: Address, candidate: Candidate | None, production: Production | Absent, draft: _Draft
) -> Proof:
    checks = sorted(draft.checks, key=lambda check: _ORDER.index(check.section))
    if bench.project.profile.review.rows == "never":
        checks = [keep.without_rows(check) for check in checks]
        measured = None if draft.measures is None else draft.measures["against_production"]
        if measured is not None:
            measured["broken"], measured["fixed"] = [], []
    measures = dict(cast("Mapping[str, object]", draft.measures or {}))
    return Proof(
        run=bench.run_address,
        commit=bench.run.commit,
        dirty=bench.dirty,
        model=bench.requirements.model,
        candidate=artifact,
        is_baseline=candidate is not None and candidate.is_baseline,
        production=None if isinstance(production, Absent) else production.name,
        checks=tuple(checks),
        measures={**measures, "seconds": draft.seconds} if measures else {},
        predictions=draft.predictions,
        reference=None if candidate is None else candidate.reference.address,
    )
