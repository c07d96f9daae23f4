"""The templates as data: what they ask, what they lock, and the lines that the documentation changes in them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from roadworthy.app.starting.template import TEMPLATES, Rendering, message, names
from roadworthy.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

TABULAR = TEMPLATES / "tabular" / "project"
MINIMAL = TEMPLATES / "minimal" / "project"


def text(path: Path) -> str:
    """Return the text of a file of a template."""
    return path.read_text(encoding="utf-8")


def test_the_templates_are_those_that_lie_on_the_shelf() -> None:
    """A folder with a copier.yml is a template; another name is refused with those that there are."""
    assert names() == ("minimal", "tabular")
    with pytest.raises(UsageError, match="tabluar") as refused:
        _ = Rendering("tabluar", {}).folder
    assert "minimal, tabular" in refused.value.remedy


@pytest.mark.parametrize("name", names())
def test_a_template_runs_nothing_while_it_is_rendered(name: str) -> None:
    """No template has tasks, migrations or extensions: making a project executes no code of the template."""
    settings = re.findall(r"^(_\w+):", text(TEMPLATES / name / "copier.yml"), re.MULTILINE)

    assert set(settings) == {"_subdirectory", "_min_copier_version", "_exclude"}


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("params.yaml", "learner: late_share"),
        ("params.yaml", "  rows: 0 "),
        ("src/flight_delay/features.sql", "ON observed.origin = asked.origin"),
    ],
)
def test_the_lines_that_the_demo_changes_stand_once(file: str, line: str) -> None:
    """The demo and the tutorial change one line each; it is there, and there is no other one like it."""
    assert text(TABULAR / file).count(line) == 1


def test_the_lock_names_hashes_and_no_index() -> None:
    """Whoever installs the project gets the bytes that were locked, from whatever index they use."""
    pins = re.split(r"^(?=[a-z])", text(TABULAR / "requirements.txt"), flags=re.MULTILINE)[1:]

    assert len(pins) > 10
    assert all("==" in pin and "--hash=sha256:" in pin for pin in pins)
    assert not re.search(r"https?:|index", text(TABULAR / "requirements.txt"))


def test_the_smallest_project_is_ten_lines() -> None:
    """What the minimal template declares, with its default answers, is ten lines; a comment for editors is none."""
    profile = re.sub(r"{%.*?%}.*?{% endif %}", "", text(MINIMAL / "profile.yaml.jinja"), flags=re.DOTALL)
    lines = (profile + text(MINIMAL / "pipeline.yaml")).splitlines()

    assert len([line for line in lines if not line.startswith("#")]) == 10


def test_a_rendering_is_found_again_by_the_end_of_its_message() -> None:
    """The commit of a rendering says of which template it is, and in which folder of the repository."""
    said = message("Start", Rendering("minimal", {}), "models/price")

    assert said == "Start\n\nRoadworthy-Template: minimal\nRoadworthy-Project: models/price\n"
