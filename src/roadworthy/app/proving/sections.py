"""The sections of a proof, each made from what is open."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from roadworthy.app.proving import recipe
from roadworthy.app.proving.contracts import data_of
from roadworthy.app.proving.production import Absent
from roadworthy.app.proving.traffic import sampled
from roadworthy.build.data.pins import pin_path
from roadworthy.build.pipeline.graph import folders_of
from roadworthy.build.pipeline.named import loose
from roadworthy.errors import RoadworthyError
from roadworthy.ledger.objects import tree
from roadworthy.prove import size
from roadworthy.prove.against_production import compare, field, traffic
from roadworthy.prove.behaviour import apart, missing, stress
from roadworthy.prove.behaviour import check as behaviour
from roadworthy.prove.contract import check as contract
from roadworthy.prove.contract import dataset
from roadworthy.prove.evaluate import evaluate, latency
from roadworthy.prove.proof import ALWAYS, Check
from roadworthy.prove.side_by_side import made
from roadworthy.prove.tried import tried

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from roadworthy.app.proving.bench import Bench
    from roadworthy.app.proving.candidate import Answers, Candidate
    from roadworthy.app.proving.production import Production
    from roadworthy.declare.requirements import Requirements
    from roadworthy.prove.against_production.compare import Comparison
    from roadworthy.prove.against_production.field import Field
    from roadworthy.prove.against_production.noise_floor import NotMeasured, Twins
    from roadworthy.prove.measures import Measures

Checks = tuple[Check, ...]


def data(bench: Bench) -> Checks:
    """Return the checks of every dataset and of every contract."""
    found: list[Check] = []
    for name, named in bench.project.pipeline.datasets.items():
        found += dataset.check(name, named, bench.local.folder / named.path)
    if not bench.project.contracts:
        return (*found, Check("data", "contracts", "not_run", "There are no contracts."))
    for name, rules in bench.project.contracts.items():
        found += contract.check(name, rules, data_of(bench.project, bench.local.folder, name))
    return tuple(found)


def origins(bench: Bench) -> Checks:
    """Return a failed check for each model and dataset whose file only happens to lie here.

    No stage of the run wrote it, and the commit does not name it: elsewhere, there is another one or none.
    """
    folder, pipeline = bench.local.folder, bench.project.pipeline
    paths = {f"model {name}": model.path for name, model in pipeline.models.items()}
    paths |= {f"dataset {name}": dataset.path for name, dataset in pipeline.datasets.items()}
    there = {path: _pinned_with(folder, path) for path in paths.values() if (folder / path).exists()}
    asked = {place for path, place in there.items() if bench.known(path) is None}
    items = {place: tree.address_of(folder / place, bench.local.ledger.files) for place in sorted(asked)}
    unnamed = loose(items, folder, bench.local.repo)
    return tuple(
        Check(
            "data",
            f"{name}: has an origin",
            "failed",
            f"{path} lies here, and nothing says where it comes from: no stage of the run wrote it, no pin names it, "
            f"and git does not track it. Add it to the `outs` of its stage, or `roadworthy data add {path}`.",
        )
        for name, path in paths.items()
        if there.get(path) in unnamed
    )


def _pinned_with(folder: Path, path: str) -> str:
    """Return the folder that *path* lies in and that has a pin, or *path* itself."""
    places = (place for place in (path, *folders_of(path)) if place != ".")
    return next((place for place in places if pin_path(folder / place).exists()), path)


def meeting(bench: Bench, candidate: Candidate, production: Production | Absent) -> Field | Check:
    """Return what the candidate and production say of the rows of comparison; or the check that says why not."""
    if isinstance(production, Absent):
        return Check("against_production", "flips", "not_run", production.reason)
    name = f"flips against {production.name}"
    if candidate.label is None:
        return Check("against_production", name, "not_run", "The reference rows have no label.")
    try:
        found = field.meet(production.model, side_of(bench, candidate, candidate.label))
    except RoadworthyError as fault:
        return Check("against_production", name, "failed", str(fault), {"error": type(fault).__name__})
    return Check("against_production", name, "not_run", found) if isinstance(found, str) else found


def side_of(bench: Bench, candidate: Candidate, label: str) -> field.Model:
    """Return the candidate as one side of the comparison."""
    return field.Model(bench.requirements, candidate.remembered, candidate.subject.rows, label, candidate.key)


def looked_into(bench: Bench, candidate: Candidate, production: Production, comparison: Comparison) -> Checks:
    """Add to *comparison* what its flips are about, and how traffic would be decided; return what could not be done."""
    met, measures = comparison.field, comparison.measures
    if met is None or measures is None or candidate.label is None:
        return ()
    both = compare.both_of(met, production.model, side_of(bench, candidate, candidate.label))
    try:
        compare.look_into(comparison, both)
        rows, since = sampled(bench, production, both.inputs, met.rows)
        decision = bench.requirements.decision
        measures["traffic"] = traffic.look_at(both, met, rows, since, decision.tolerance if decision else None)
    except RoadworthyError as fault:
        name = "what the changed predictions are about"
        return (Check("against_production", name, "not_run", str(fault), {**ALWAYS, "error": type(fault).__name__}),)
    return ()


def evaluation(bench: Bench, candidate: Candidate, said: Answers) -> tuple[Checks, Measures | None]:
    """Return the checks of the declared bounds, and what was measured; None without labels."""
    subject = candidate.subject
    if subject.label is None:
        return evaluate.without_label(bench.requirements, "The reference rows have no label."), None
    met = said.elsewhere
    there = None if met is None else evaluate.Elsewhere("production", met.rows, met.production, met.candidate)
    try:
        found = evaluate.evaluate(bench.requirements, subject.rows, subject.label, said.said, said.rivals(), there)
    except RoadworthyError as fault:
        return (Check("evaluation", "evaluation", "failed", str(fault)),), None
    return found.checks, found.measures


def timed(bench: Bench, candidate: Candidate) -> Checks:
    """Return the check of the declared latency; to be called while nothing else is at work."""
    rule = bench.requirements.latency
    if rule is None or not len(candidate.subject.rows):
        return ()
    try:
        return latency.checks(rule, latency.measure(candidate.subject.predict, candidate.subject.rows))
    except RoadworthyError as fault:
        return (Check("evaluation", "latency", "failed", str(fault)),)


def sized(bench: Bench, candidate: Candidate) -> Checks:
    """Return the check of the declared size of the model's files."""
    rule = bench.requirements.size
    return () if rule is None else size.checks(rule, candidate.artifact)


def model_tests(bench: Bench, candidate: Candidate, say: Callable[[str], None]) -> Checks:
    """Return the checks of every declared behaviour and stress, and those that are made of every model."""
    subject, wanted = candidate.subject, bench.requirements
    say("behaviour and stress")
    makes = [partial(tried, "behaviour", apart.NAME, partial(apart.check, subject))]
    makes += [
        partial(tried, "behaviour", missing.title(name), partial(missing.check, name, subject))
        for name in missing.allowed(wanted, bench.project.contracts)
    ]
    makes += [
        partial(tried, "behaviour", test.name, partial(behaviour.check, test, subject)) for test in wanted.behaviour
    ]
    makes += [
        partial(tried, "stress", test.name, partial(stress.check, test, subject, wanted)) for test in wanted.stress
    ]
    return tuple(made(makes, lambda done: say(f"behaviour and stress, {done} of {len(makes)}")))


def unanswered(requirements: Requirements, fault: RoadworthyError) -> Checks:
    """Return the checks of a model that cannot be asked: one failed, and all that needed an answer not run."""
    why = "The model could not be asked."
    return (
        Check("evaluation", "the model answers", "failed", str(fault), {"error": type(fault).__name__}),
        *evaluate.without_label(requirements, why),
        *(Check("behaviour", test.name, "not_run", why) for test in requirements.behaviour),
        *(Check("stress", test.name, "not_run", why) for test in requirements.stress),
        Check("against_production", "flips", "not_run", why),
    )


def recipe_check(bench: Bench) -> Checks:
    """Return the check that the declared `noise` can be followed; none where none is declared."""
    noise = bench.requirements.noise
    if noise is None:
        return ()
    model = bench.spec(bench.requirements.model).model.path
    made = recipe.Recipe(bench.project, bench.run, model, bench.local.ledger)
    return (tried("against_production", recipe.NAME, partial(recipe.check, made, noise)),)


def against_production(
    bench: Bench, production: Production, met: Field, floor: Callable[[Field], Twins | NotMeasured]
) -> Comparison:
    """Return the candidate held against the version in production."""
    try:
        return compare.compare(production.name, met, bench.requirements, floor)
    except RoadworthyError as fault:
        name = f"flips against {production.name}"
        failed = Check("against_production", name, "failed", str(fault), {"error": type(fault).__name__})
        return compare.Comparison((failed,))
