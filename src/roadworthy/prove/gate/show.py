"""The list of verdicts for machines and comments: JSON, JUnit XML and Markdown; the same lines in the same order."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from roadworthy.prove.gate.verdicts import SAYS_NO, Line, counted, says_no
from roadworthy.prove.junit import legible

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from roadworthy.prove.measures import AgainstProduction

_SIGNS = {"passed": "✓", "failed": "✗", "vacuous": "✗", "accepted": "!", "not_run": "○"}


@dataclass(frozen=True, slots=True)
class Listed:
    """The verdicts on a change.

    Attributes:
        base, head: The two ends, as they were asked for.
        base_commit, head_commit: And their commits.
        lines: Every verdict.
        told: What the flips are about, in sentences.
        notes: What a reviewer should look at though nothing refuses it.
        measured: What was measured against production; None when nothing was.
    """

    base: str
    head: str
    base_commit: str
    head_commit: str
    lines: tuple[Line, ...]
    told: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    measured: AgainstProduction | None = None

    @property
    def blocked(self) -> bool:
        """Whether the change is refused."""
        return says_no(self.lines)


def document(listed: Listed) -> dict[str, object]:
    """Return the list as JSON values."""
    return {
        "base": {"name": listed.base, "commit": listed.base_commit},
        "head": {"name": listed.head, "commit": listed.head_commit},
        "outcome": "blocked" if listed.blocked else "ready",
        "verdicts": [asdict(line) for line in listed.lines],
        "explained": list(listed.told),
        "notes": list(listed.notes),
        "against_production": listed.measured,
    }


def junit(listed: Listed) -> bytes:
    """Return the list as JUnit XML: accepted is a success with its reason, not run is skipped, vacuous is a failure."""
    root = ET.Element("testsuites", {"name": legible(f"roadworthy gate {listed.head}"), **_counts(listed.lines)})
    for section, group in groupby(listed.lines, key=lambda line: line.section):
        cases = tuple(group)
        suite = ET.SubElement(root, "testsuite", {"name": section, **_counts(cases)})
        for line in cases:
            case = ET.SubElement(suite, "testcase", classname=section, name=legible(line.name))
            _verdict(case, line)
    if listed.told:
        ET.SubElement(root, "system-out").text = legible("\n".join(listed.told))
    ET.indent(root)
    whole: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return whole


def markdown(listed: Listed, code: Callable[[str], str], prose: Callable[[str], str]) -> str:
    """Return the list as Markdown; *code* and *prose* make foreign names and sentences harmless."""
    says = "no" if listed.blocked else "yes"
    text = [
        f"## The gate says {says}: {counted(listed.lines)}",
        "",
        f"{code(listed.head)} into {code(listed.base)}.",
        "",
    ]
    text += [f"- {prose(one)}" for one in (*listed.told, *listed.notes)]
    text += ["", "| | section | verdict | what | why |", "|---|---|---|---|---|"]
    for line in listed.lines:
        why = prose(line.reason.splitlines()[0] if line.reason else "")
        verdict = line.verdict.replace("_", " ")
        text.append(f"| {_SIGNS[line.verdict]} | {line.section} | {verdict} | {code(line.name)} | {why} |")
    return "\n".join(text) + "\n"


def sign(line: Line) -> str:
    """Return the sign of a verdict."""
    return _SIGNS[line.verdict]


def _verdict(case: ET.Element, line: Line) -> None:
    if line.verdict in SAYS_NO:
        ET.SubElement(case, "failure", message=legible(line.reason), type=line.verdict)
    elif line.verdict == "not_run":
        ET.SubElement(case, "skipped", message=legible(line.reason))
    else:
        ET.SubElement(case, "system-out").text = legible(f"{line.verdict}: {line.reason}")


def _counts(lines: Sequence[Line]) -> dict[str, str]:
    failed = sum(1 for line in lines if line.verdict in SAYS_NO)
    skipped = sum(1 for line in lines if line.verdict == "not_run")
    return {"tests": str(len(lines)), "failures": str(failed), "skipped": str(skipped), "errors": "0"}
