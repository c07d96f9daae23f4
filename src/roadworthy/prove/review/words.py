"""What a comparison says, in sentences: shared by the page, the Markdown summary and the command line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from roadworthy.prove.gate.verdicts import SAYS_NO, SECTIONS
from roadworthy.prove.review.text import count, interval, metric, percent, plain, plural, signed, visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from roadworthy.prove.review.comparison import Comparison, Count, Flips, Gate, Rival, Versus


_WEIGHT = (
    "Against production",
    "Behaviour",
    "Stress",
    "Evaluation",
    "Known failure modes",
    "Data",
    "The project's own tests",
)
_NAMED = 3  # checks of a section that are named besides the first


@dataclass(frozen=True, slots=True)
class Tile:
    """One number at the top of the page; `tone` is `good`, `bad` or empty."""

    section: str
    label: str
    figure: str
    aside: str
    tone: str = ""


def headline(comparison: Comparison) -> str:
    """Return the verdict in one line."""
    if comparison.outcome == "ready" and not comparison.checks:
        return "Nothing speaks against it: nothing was tested"
    if comparison.outcome == "ready":
        return "Ready to merge: every test that ran passed"
    checks = {(SECTIONS[row.check.section], row.check.name) for row in comparison.checks}
    refused = refusals(comparison)
    tests = sum((gate.section, gate.name) in checks and not gate.whole for gate in refused)
    rules = len(refused) - tests  # about the change as a whole: no row of the tests' table
    parts = [plural(amount, noun) for amount, noun in ((tests, "test"), (rules, "rule")) if amount]
    return f"Not ready to merge: {_listed(parts)} {'says' if len(refused) == 1 else 'say'} no"


def refusals(comparison: Comparison) -> list[Gate]:
    """Return the gates that say no."""
    return [gate for gate in comparison.gates if gate.verdict in SAYS_NO]


@dataclass(frozen=True, slots=True)
class Refusal:
    """What one section says no to: its title, the check or how many there are, and why."""

    section: str
    what: str
    why: str


def refused(comparison: Comparison) -> list[Refusal]:
    """Return what speaks against the change, a line for each section: what users would feel first."""
    by_section: dict[str, list[Gate]] = {}
    for gate in refusals(comparison):
        by_section.setdefault(gate.section, []).append(gate)
    weights = {section: weight for weight, section in enumerate(_WEIGHT)}
    ordered = sorted(by_section.items(), key=lambda item: weights.get(item[0], -1))
    return [_refusal(section, gates) for section, gates in ordered]


def _refusal(section: str, gates: Sequence[Gate]) -> Refusal:
    first, *others = gates
    why = visible(_first_line(first.reason), 500)
    if not others:
        return Refusal(section, visible(first.name), why)
    names = [visible(gate.name, 80) for gate in others[:_NAMED]]
    more = [f"{len(others) - _NAMED} more"] if len(others) > _NAMED else []
    return Refusal(
        section, plural(len(gates), "check"), f"{visible(first.name)}: {why} Also {_listed([*names, *more])}."
    )


def _first_line(text: str) -> str:
    line = text.strip().partition("\n")[0].strip()
    return line if line.endswith((".", "!", "?")) else f"{line}."


def passing(comparison: Comparison) -> list[str]:
    """Return what stands behind a verdict without a refusal."""
    told = [metrics(comparison)] if comparison.metrics else []
    told += [f"Against {visible(found.rival.name, 60)}: {flips(found)}" for found in comparison.flips[:1]]
    return [*told, tests(comparison)]


def metrics(comparison: Comparison) -> str:
    """Return what came of the primary metric against each rival."""
    row = next((row for row in comparison.metrics if row.primary), None)
    if not comparison.metrics:
        return "No metric was measured: the tested rows have no label, or the model could not be asked."
    if row is None or row.candidate is None:
        return "requirements.yaml asks nothing of a metric, so none is the primary one."
    said = f"{visible(row.name)} is {metric(row.candidate['value'])} on {count(comparison.rows)} rows"
    parts = [
        _against(versus, rival)
        for versus, rival in zip(row.versus, comparison.rivals, strict=True)
        if versus.value is not None
    ]
    return f"{said}: {_listed(parts)}." if parts else f"{said}. There is nothing to hold it against."


def _against(versus: Versus, rival: Rival) -> str:
    name = visible(rival.name, 60)
    if versus.difference is None or versus.difference["value"] is None:
        return f"{name} has {metric(versus.value['value'] if versus.value else None)}"
    moved = metric(abs(versus.difference["value"]))
    spread = interval(versus.difference, sign=True)
    match versus.judgement:
        case "better" | "worse":
            return f"{moved} {versus.judgement} than {name} ({spread})"
        case "equal":
            return f"the same as {name}"
        case "unclear":
            return f"not surely different from {name} ({spread})"
        case "unknown":
            return f"{signed(versus.difference['value'])} against {name}"
        case _:
            assert_never(versus.judgement)


def flips(found: Flips) -> str:
    """Return what came of the flips against one rival, and why that is or is not accepted."""
    measure = found.measure
    if not measure["negative_count"] and not measure["positive_count"]:
        return f"On none of {count(measure['rows'])} rows do the two differ in being right."
    if measure["reason"]:
        return visible(measure["reason"], 1000)
    return (
        f"Of {count(measure['rows'])} rows, {count(measure['positive_count'])} are put right "
        f"and {count(measure['negative_count'])} are broken. No gate judges that: the gate is on production."
    )


def no_flips(comparison: Comparison) -> str:
    """Return why no changed predictions are shown."""
    reasons = [
        row.check.summary
        for row in comparison.checks
        if row.check.section == "against_production" and row.check.verdict == "not_run"
    ]
    if reasons:
        return f"Not compared: {' '.join(reasons)}"
    return "Not compared: neither a version in production nor a tested base has predictions of the same rows."


def tests(comparison: Comparison) -> str:
    """Return how many checks passed, failed and were not run."""
    verdicts = [row.verdict for row in comparison.checks]
    if not verdicts:
        return "No test is declared."
    parts = [plural(verdicts.count("passed"), "check") + " passed"]
    parts += [f"{verdicts.count(one)} {one}" for one in ("failed", "vacuous", "accepted") if one in verdicts]
    if idle := verdicts.count("not_run"):
        parts.append(f"{idle} not run, with the reason")
    return ", ".join(parts) + "."


def changes(comparison: Comparison) -> str:
    """Return how many parameters, requirements, pins and datasets differ, and what was not compared."""
    found = comparison.datasets
    parts = [
        plural(len(differing), noun)
        for differing, noun in (
            (comparison.parameters, "parameter"),
            (comparison.requirements, "requirement"),
            (comparison.data, "pin"),
            (found.changed, "dataset"),
        )
        if differing
    ]
    named = [visible(name, 40) for name in found.compared]
    listed = f", and so {'is' if len(named) == 1 else 'are'} {_listed(named)}" if named else ""
    said = f"Parameters, requirements and pinned data are the same on both sides{listed}."
    if parts:
        said = f"{_listed(parts)} {'differs' if parts == ['1 ' + parts[0][2:]] else 'differ'} from the base."
    return f"{said} The datasets were not compared: {found.why_not}." if found.why_not else said


def complexity(comparison: Comparison) -> str:
    """Return what the change adds to what must be kept alive, in one sentence."""
    added = sum(lines.added for lines in comparison.complexity.lines)
    removed = sum(lines.removed for lines in comparison.complexity.lines)
    steps = [_stepped(row) for row in comparison.complexity.counts if row.after != row.before]
    lines = f"{plural(added, 'line')} added, {count(removed)} removed"
    return f"{lines}; {_listed(steps)}." if steps else f"{lines}; no feature, stage or dependency came or went."


def stages(comparison: Comparison) -> str:
    """Return how many stages ran and how many were cached."""
    states = [row.state for row in comparison.stages]
    if not states:
        return "The run of this commit is not in the ledger, so its stages are not known."
    ran, cached = states.count("ran"), states.count("cached")
    said = f"In the tested run {plural(ran, 'stage')} ran and {cached} came from the ledger."
    differing = [row.differs for row in comparison.stages]
    if None in differing:
        return f"{said} The base's run is not known: the reasons are those of the tested run."
    count_ = sum(map(bool, differing))
    return (
        f"{said} {count_} of {plural(len(differing), 'stage')} {'differs' if count_ == 1 else 'differ'} from the base."
    )


def reasons(comparison: Comparison) -> str:
    """Return what the reasons of stages are about."""
    return "why" if any(row.differs is None for row in comparison.stages) else "what differs from the base"


def tiles(comparison: Comparison) -> tuple[Tile, ...]:
    """Return the numbers for the top of the page."""
    found = [_primary_tile(comparison), *_flip_tiles(comparison), _test_tile(comparison), _line_tile(comparison)]
    return tuple(tile for tile in found if tile is not None)


def _primary_tile(comparison: Comparison) -> Tile | None:
    row = next((row for row in comparison.metrics if row.primary), None)
    if row is None or row.candidate is None:
        return None
    label = f"{visible(row.name, 40)}, primary metric"
    if not comparison.rivals or row.versus[0].difference is None:
        return Tile("metrics", label, metric(row.candidate["value"]), interval(row.candidate))
    versus = row.versus[0]
    tone = {"better": "good", "worse": "bad"}.get(versus.judgement, "")
    aside = (
        f"{signed(versus.difference['value'])} against {visible(comparison.rivals[0].name, 40)}"
        if versus.difference
        else ""
    )
    return Tile("metrics", label, metric(row.candidate["value"]), aside, tone)


def _flip_tiles(comparison: Comparison) -> list[Tile]:
    if not comparison.flips:
        return [Tile("flips", "changed predictions", "not run", "nothing to hold them against")]
    measure = comparison.flips[0].measure
    floor = measure["floor"]
    aside = f"{percent(floor['value'])} by training again" if floor else f"{count(measure['negative_count'])} rows"
    broken = "bad" if measure["outcome"] == "blocked" else ""
    return [
        Tile("flips", "broken predictions", percent(measure["negative"]["value"]), aside, broken),
        Tile(
            "flips",
            "fixed predictions",
            percent(measure["positive"]["value"]),
            f"{count(measure['positive_count'])} rows",
        ),
    ]


def _test_tile(comparison: Comparison) -> Tile:
    verdicts = [row.verdict for row in comparison.checks]
    failed, idle = sum(verdict in SAYS_NO for verdict in verdicts), verdicts.count("not_run")
    aside = (
        ", ".join(filter(None, [f"{failed} failed" if failed else "", f"{idle} not run" if idle else ""]))
        or "none failed"
    )
    return Tile(
        "tests", "checks passed", f"{verdicts.count('passed')} of {len(verdicts)}", aside, "bad" if failed else ""
    )


def _line_tile(comparison: Comparison) -> Tile:
    added = sum(lines.added for lines in comparison.complexity.lines)
    removed = sum(lines.removed for lines in comparison.complexity.lines)
    steps = [_stepped(row) for row in comparison.complexity.counts if row.after != row.before]
    figure = f"+{added:,} \N{MINUS SIGN}{removed:,}"
    return Tile("complexity", "lines", figure, ", ".join(steps) or "nothing else came or went")


def _step(amount: int) -> str:
    return f"{amount:+,}".replace("-", "\N{MINUS SIGN}") if amount else "0"


def _stepped(row: Count) -> str:
    amount = row.after - row.before
    singular = f"{row.name[:-3]}y" if row.name.endswith("ies") else row.name.removesuffix("s")
    return f"{_step(amount)} {singular if abs(amount) == 1 else row.name}"


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]


def decision(value: object) -> str:
    """Return a decision in a word."""
    match value:
        case True:
            return "yes"
        case False:
            return "no"
        case _:
            return visible(plain(value), 40)
