"""The proof of a run: every check with its verdict, and what was measured."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from roadworthy.ledger.objects.address import Address

Verdict = Literal["passed", "failed", "not_run"]
Section = Literal["data", "evaluation", "behaviour", "stress", "against_production", "failure_modes", "project"]

# Among the facts of a check that is made of every project, without being asked for.
ALWAYS: Final[Mapping[str, object]] = MappingProxyType({"always": True})


@dataclass(frozen=True, slots=True)
class Check:
    """One test or gate and what came of it.

    Attributes:
        section: Evaluation and testing stay apart: good metrics do not excuse a failed behaviour.
        name: As declared; unique in its section.
        verdict: `not_run` always has its reason in `summary`; a vacuous test is `failed` and says so.
        summary: One sentence with the numbers: what was found, what was asked.
        facts: JSON numbers, texts and lists that the summary was made from.
        examples: Up to 10 rows that failed, as column → JSON value.
    """

    section: Section
    name: str
    verdict: Verdict
    summary: str
    facts: Mapping[str, object] = field(default_factory=dict)
    examples: tuple[Mapping[str, object], ...] = ()

    @property
    def asked(self) -> bool:
        """Whether the project asked for it: what is tried of every model is no evidence that this one does its work."""
        return not self.facts.get("always", False)


@dataclass(frozen=True, slots=True)
class Proof:
    """The results of all tests of one run of one model, on named rows.

    Attributes:
        run: The record of the run that was tested.
        commit: The commit of that run; `dirty` when files differed from it.
        model: The model's name in `requirements.yaml`; `candidate` is its artifact.
        is_baseline: The candidate's artifact is the baseline's: a neutral first launch.
        production: The version compared with, or None before the first deployment.
        checks: Every check, in the order of the sections.
        measures: What was measured, as name → JSON: metrics with intervals, slices, calibration, distributions, flips.
        predictions: Addresses of prediction tables, by role: `candidate`, `production`, `baseline`, other models.
        reference: Address of the rows that were predicted.
        sampled: The parameters that were used instead of the commit's, by dotted name: such a proof shows what fails,
            and satisfies nothing.
    """

    run: Address
    commit: str
    dirty: bool
    model: str
    candidate: Address
    is_baseline: bool
    production: str | None
    checks: tuple[Check, ...]
    measures: Mapping[str, object] = field(default_factory=dict)
    predictions: Mapping[str, Address] = field(default_factory=dict)
    reference: Address | None = None
    sampled: Mapping[str, object] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Whether no check failed. What was not run does not fail, and is shown with its reason."""
        return all(check.verdict != "failed" for check in self.checks)

    @property
    def proved(self) -> bool:
        """Whether anything that was asked for passed: a proof whose checks were all not run proves nothing."""
        return any(check.verdict == "passed" and check.asked for check in self.checks)
