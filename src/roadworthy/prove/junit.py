"""A proof as JUnit XML, which every CI server shows: a suite for each section, a case for each check."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from roadworthy.prove.proof import Check, Proof

# Of a test's facts, those that say what it is about, how much of it there was, and how far it can be believed.
_TOLD = ("capability", "kind", "failure_mode", "rows", "wrong", "share", "asked", "level", "false_alarm", "power")
# What XML 1.0 cannot hold, not even escaped.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(proof: Proof) -> bytes:
    """Return *proof* as JUnit XML."""
    return junit_of(proof.model, proof.checks)


def junit_of(what: str, checks: Sequence[Check]) -> bytes:
    """Return the *checks* of *what*, in the order of their sections, as JUnit XML.

    Source:
        The schema of Apache Ant's JUnit task, as Jenkins and GitLab read it: testsuites, testsuite, testcase, failure
        and skipped.
    """
    root = ET.Element("testsuites", {"name": legible(f"roadworthy {what}"), **_counts(checks)})
    for section, group in groupby(checks, key=lambda check: check.section):
        listed = tuple(group)
        suite = ET.SubElement(root, "testsuite", {"name": section, **_counts(listed)})
        for check in listed:
            _case(suite, check)
    ET.indent(root)
    whole: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return whole


def _case(suite: ET.Element, check: Check) -> None:
    case = ET.SubElement(suite, "testcase", classname=check.section, name=legible(check.name))
    _properties(case, check)
    if check.verdict == "failed":
        failure = ET.SubElement(case, "failure", message=legible(check.summary))
        failure.text = legible("\n".join(json.dumps(example, ensure_ascii=False) for example in check.examples))
    elif check.verdict == "not_run":
        ET.SubElement(case, "skipped", message=legible(check.summary))
    else:
        ET.SubElement(case, "system-out").text = legible(check.summary)


def _properties(case: ET.Element, check: Check) -> None:
    """Tell of a model test what line and column of the matrix it belongs to, and what it counted."""
    told = {name: check.facts[name] for name in _TOLD if check.facts.get(name) is not None}
    if told:
        listed = ET.SubElement(case, "properties")
        for name, value in told.items():
            ET.SubElement(listed, "property", name=name, value=legible(str(value)))


def _counts(checks: Sequence[Check]) -> dict[str, str]:
    failed = sum(1 for check in checks if check.verdict == "failed")
    skipped = sum(1 for check in checks if check.verdict == "not_run")
    return {"tests": str(len(checks)), "failures": str(failed), "skipped": str(skipped), "errors": "0"}


def legible(text: str) -> str:
    """Return *text* without what XML cannot hold."""
    return _NOT_XML.sub("�", text)
