"""`roadworthy gate` in a real repository with a real ledger: the list, its forms, and acceptances that become stale."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from release_project import FAILED, PASSED, change, git, make, prove
from roadworthy.app.gate import accept_here, gate_here
from roadworthy.app.release import release_here
from roadworthy.cli.main import roadworthy
from roadworthy.errors import NotFound, TestsFailed, UsageError
from roadworthy.prove import keep
from roadworthy.prove.gate import acceptance
from roadworthy.prove.proof import Check

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

    from roadworthy.app.local import Local

FLIPS = Check("against_production", "flips against v1.0.0", "failed", "7 % are newly wrong.", {"digest": "rows"})
SOON = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=30)


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Local:
    """A project with a branch `feature` whose proof lists a regression, checked out; the current folder is in it."""
    local = make(tmp_path / "toy")
    monkeypatch.chdir(local.folder)
    git(local.folder, "switch", "-q", "-c", "feature")
    change(local, "clever")
    prove(local, "clever", PASSED, FLIPS)
    return local


def gate(*arguments: str) -> Result:
    """Run the command as a user would."""
    return CliRunner().invoke(roadworthy, ["gate", *arguments], standalone_mode=False)


def verdicts(change_: str = "main..HEAD") -> dict[str, str]:
    """Return the verdicts of the list by name."""
    return {line.name: line.verdict for line in gate_here(change_).lines}


def test_a_change_is_refused_until_its_regression_is_accepted(toy: Local) -> None:
    """The list says no with exit status 3; once a person accepts these rows, it says yes, and by whom until when."""
    refused = gate("main..HEAD")
    accepted = gate("accept", "main..HEAD", FLIPS.name, "--until", SOON.isoformat(), "--why", "A strike.")
    passed = gate("main..HEAD", "-v")
    [(_, record)] = toy.ledger.records.all(acceptance.KIND)

    assert refused.return_value == 3
    assert "✗ failed  Against production, flips against v1.0.0: 7 % are newly wrong." in refused.stdout
    assert accepted.exit_code == 0
    assert passed.return_value != 3
    assert f"on this machine alone, until {SOON}: A strike." in passed.stdout
    assert record.authority == "local"
    assert record.body["rows"] == "rows"
    assert release_here(None, as_baseline=False, start=toy.folder).released.version.name == "v1.0.0"


def test_all_forms_are_written(toy: Local, tmp_path: Path) -> None:
    """JSON on the standard output, JUnit and Markdown to files, the same verdicts in each."""
    places = {name: tmp_path / "out" / f"gate.{name}" for name in ("xml", "md")}
    result = gate("main..HEAD", "--json", "--junit", str(places["xml"]), "--markdown", str(places["md"]))
    found: dict[str, Any] = json.loads(result.stdout)

    assert result.return_value == 3
    assert found["outcome"] == "blocked"
    assert found["head"]["commit"] == git(toy.folder, "rev-parse", "HEAD")
    for line in found["verdicts"]:
        assert line["name"] in places["md"].read_text("utf-8")
        assert line["name"] in places["xml"].read_text("utf-8")


@pytest.mark.parametrize("what", ["candidate", "rows", "production"])
def test_an_acceptance_of_something_else_is_stale(toy: Local, what: str) -> None:
    """With another model, other rows or another version in production, nothing is accepted, and that is said."""
    accept_here("main..HEAD", [FLIPS.name], SOON, "A strike.")
    proof = keep.find(toy.ledger, git(toy.folder, "rev-parse", "HEAD"))
    assert proof is not None
    if what == "candidate":
        change(toy, "cleverer")
        prove(toy, "cleverer", PASSED, FLIPS)
    elif what == "rows":
        prove(toy, "clever", PASSED, replace(FLIPS, facts={"digest": "others"}))
    else:
        keep.write(toy.ledger, replace(proof[1], production="v2.0.0"))
    found = gate_here("main..HEAD")

    assert found.blocked
    assert any("does not hold: " in note for note in found.notes)


def test_an_acceptance_ends(toy: Local) -> None:
    """After its last day an acceptance says nothing any more."""
    accept_here("main..HEAD", [FLIPS.name], SOON, "A strike.")
    _, proof = keep.of_commit(toy.ledger, git(toy.folder, "rev-parse", "HEAD"))

    assert FLIPS.name in acceptance.find(toy.ledger, proof, SOON).holding
    late = acceptance.find(toy.ledger, proof, SOON + dt.timedelta(days=1))
    assert not late.holding
    assert "it ended on" in late.stale[0]


def test_what_cannot_be_accepted_is_said(toy: Local) -> None:
    """Another check, none of that name, a day that is far, no reason: each is refused with what to do."""
    prove(toy, "clever", PASSED, FAILED, FLIPS)
    far = SOON + dt.timedelta(days=400)

    with pytest.raises(UsageError, match="lists no regressed rows"):
        accept_here("main..HEAD", [FAILED.name], SOON, "Why not.")
    with pytest.raises(UsageError, match="did not fail"):
        accept_here("main..HEAD", [PASSED.name], SOON, "Why not.")
    with pytest.raises(NotFound, match="no check"):
        accept_here("main..HEAD", ["flips"], SOON, "Why not.")
    with pytest.raises(UsageError, match="more than a year"):
        accept_here("main..HEAD", [FLIPS.name], far, "Why not.")
    with pytest.raises(UsageError, match="No reason"):
        accept_here("main..HEAD", [FLIPS.name], SOON, " ")


def test_a_release_is_refused_while_nobody_accepts(toy: Local) -> None:
    """What the gate refuses is not released either."""
    with pytest.raises(TestsFailed):
        release_here(None, as_baseline=False, start=toy.folder)

    assert verdicts()[FLIPS.name] == "failed"
