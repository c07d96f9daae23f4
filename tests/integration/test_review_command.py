"""`roadworthy review` in a real repository with a real ledger: which proofs it finds, what it writes, how it exits."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from release_project import FAILED, PASSED, change, git, make, prove
from review_story import without_production
from review_world import FEATURES
from roadworthy.app.release import deploy_here, release_here
from roadworthy.build.data.table import Column, Table
from roadworthy.cli.main import roadworthy
from roadworthy.errors import NotFound, UsageError
from roadworthy.ledger.objects.address import Address
from roadworthy.prove import keep
from roadworthy.prove.remembered import keep as keep_table

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

    from roadworthy.app.local import Local
    from roadworthy.prove.review.evidence import Evidence
    from roadworthy.prove.review.rows.answers import Answers

DATASET = "datasets: {reference: {path: build/test.parquet, key: [flight_id], label: late}}\n"


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Local:
    """A project on `main` with one commit, and the current folder in it; a branch `feature` with one more."""
    local = make(tmp_path / "toy")
    monkeypatch.chdir(local.folder)
    return local


def review(*arguments: str) -> Result:
    """Run the command as a user would."""
    return CliRunner().invoke(roadworthy, ["review", *arguments], standalone_mode=False)


def document(*arguments: str) -> dict[str, Any]:
    """Return what the command prints with `--json`."""
    found: dict[str, Any] = json.loads(review(*arguments, "--json").stdout)
    return found


def branch(local: Local, text: str, name: str = "feature") -> None:
    """Commit a change on a branch of its own."""
    git(local.folder, "switch", "-q", "-c", name)
    change(local, text)


def test_a_review_is_written_and_kept(toy: Local) -> None:
    """The page and the summary stand among the reports, and a record says what came of it."""
    prove(toy, "plain")
    branch(toy, "clever")
    prove(toy, "clever")
    result = review("main..HEAD")
    [(_, record)] = toy.ledger.records.all("review")

    assert result.exit_code == 0
    assert "feature into main" in result.stdout
    assert "Ready to merge" in result.stdout
    assert record.body["outcome"] == "ready"
    assert document("main..HEAD")["record"] in {address for address, _ in toy.ledger.records.all("review")}
    head = git(toy.folder, "rev-parse", "HEAD")
    for ending, start in (("html", "<!doctype html>"), ("md", "<!-- roadworthy review of toy -->\n## ")):
        assert (toy.ledger.state / "reports" / f"review-{head[:12]}.{ending}").read_text("utf-8").startswith(start)


def test_a_refused_change_exits_with_three(toy: Local, tmp_path: Path) -> None:
    """A failed check is the verdict, on the command line, in the exit status and on the page at its place."""
    branch(toy, "bad")
    prove(toy, "bad", PASSED, FAILED)
    result = review("main..feature", "--html", str(tmp_path / "out" / "page.html"))

    assert result.return_value == 3
    assert "more is never less" in result.stdout
    assert "Not ready to merge" in (tmp_path / "out" / "page.html").read_text("utf-8")


def test_a_change_that_was_not_tested_is_not_reviewed(toy: Local) -> None:
    """Without a proof of the head there is nothing to hold against anything; the remedy names the commands."""
    branch(toy, "new")
    result = review("main..HEAD")

    assert isinstance(result.exception, NotFound)
    assert "roadworthy test" in result.exception.remedy


@pytest.mark.parametrize("asked", ["main", "..HEAD", "feature..feature", "feature..main"])
def test_what_names_no_change_is_refused(toy: Local, asked: str) -> None:
    """One revision, no base, a commit against itself, or the two the wrong way round."""
    branch(toy, "new")
    prove(toy, "new")

    assert isinstance(review(asked).exception, UsageError)


def test_a_base_that_moved_on_is_told(toy: Local) -> None:
    """The change is held against where it began, and its author is told what came since."""
    prove(toy, "plain")
    fork = git(toy.folder, "rev-parse", "HEAD")
    branch(toy, "clever")
    prove(toy, "clever")
    git(toy.folder, "switch", "-q", "main")
    (toy.folder / "other.py").write_text("x = 1\n", encoding="utf-8")
    git(toy.folder, "add", ".")
    git(toy.folder, "commit", "-q", "-m", "Meanwhile")
    found = document("main..feature")

    assert found["base"]["commit"] == fork
    assert found["base"]["proof"] is not None
    assert any("main has gained 1 commit since" in note for note in found["notes"])


def test_a_proof_of_the_same_files_is_the_proof_of_a_merge(toy: Local) -> None:
    """A merge commit that holds what was tested needs no test of its own."""
    branch(toy, "first")
    proof = prove(toy, "first")
    git(toy.folder, "switch", "-q", "main")
    git(toy.folder, "merge", "-q", "--no-ff", "-m", "Merge", "feature")
    branch(toy, "second", "next")
    prove(toy, "second")
    found = document("main..next")

    assert found["base"]["commit"] != proof.commit
    assert toy.ledger.records.read(Address(found["base"]["proof"])).body["commit"] == proof.commit


def test_a_proof_of_a_changed_tree_is_no_base(toy: Local) -> None:
    """Figures of a tree that its commit does not hold are not those of the base: it counts as untested, and says so."""
    prove(toy, "plain", dirty=("train.py",))
    branch(toy, "clever")
    prove(toy, "clever")
    found = document("main..HEAD")

    assert found["base"]["proof"] is None
    assert any("main was tested only with changes that its commit does not hold" in note for note in found["notes"])


def test_a_change_tested_before_a_deployment_is_tested_again(toy: Local) -> None:
    """A proof that was not held against what is in production now says so, and no."""
    prove(toy, "clever")
    name = release_here(None, as_baseline=False, start=toy.folder).released.version.name
    branch(toy, "next")
    prove(toy, "next")
    assert review("main..HEAD").exit_code == 0
    deploy_here(name, "production", expect=None, start=toy.folder)
    found = document("main..HEAD")

    assert found["outcome"] == "blocked"
    assert any("v1.0.0 is in production now" in gate["reason"] for gate in found["gates"])


def test_the_base_is_compared_row_by_row_from_what_was_kept(toy: Local) -> None:
    """Predictions and rows of both proofs are read from the ledger and paired; metrics differ by an interval."""
    story = without_production()
    declare(toy)
    keep_proof(toy, "older", story.base, story.answers[0])
    branch(toy, "clever")
    keep_proof(toy, "clever", replace(story.head, artifacts={}), story.answers[1])
    found = document("main..HEAD")
    page = toy.ledger.state / "reports" / f"review-{git(toy.folder, 'rev-parse', 'HEAD')[:12]}.html"

    assert found["differences"]["main"]["roc_auc"]["low"] > 0
    assert "How scores moved" in page.read_text("utf-8")


def test_a_hostile_branch_is_text(toy: Local) -> None:
    """A branch whose name is a script is reviewed like any other, and shown as its name."""
    name = 'x"><script>alert(1)</script>'
    branch(toy, "new", name)
    prove(toy, "new")
    result = review("main..HEAD")
    page = (toy.ledger.state / "reports" / f"review-{git(toy.folder, 'rev-parse', 'HEAD')[:12]}.html").read_text(
        "utf-8"
    )

    assert result.exit_code == 0
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def declare(local: Local) -> None:
    """Declare the reference rows and the inputs of the story, and commit that."""
    pipeline, requirements = local.folder / "pipeline.yaml", local.folder / "requirements.yaml"
    pipeline.write_text(pipeline.read_text("utf-8") + DATASET, encoding="utf-8")
    text = requirements.read_text("utf-8").replace("columns: [x]", f"columns: [{', '.join(FEATURES)}]")
    requirements.write_text(text + "decision: {flag_top: 15%}\n", encoding="utf-8")
    git(local.folder, "commit", "-q", "-a", "-m", "Declare the rows")


def keep_proof(local: Local, model: str, side: Evidence, answers: Answers) -> None:
    """Keep a proof of HEAD that measured what the story's did, with its rows and predictions."""
    proof = prove(local, model)
    said = Table({"probability": Column(answers.scored.score)})
    measures = side.proof.measures if side.proof else {}
    held = replace(
        proof,
        measures=measures,
        predictions={"candidate": keep_table(local.ledger, said)},
        reference=keep_table(local.ledger, answers.rows),
    )
    keep.write(local.ledger, held)


def test_what_is_new_since_the_last_review_is_told(toy: Local) -> None:
    """Held against the last review of the same change that was of another proof, however often it is asked."""
    branch(toy, "bad")
    prove(toy, "bad", PASSED, FAILED)
    first = document("main..HEAD")
    change(toy, "good again")
    prove(toy, "good again")
    found = [document("main..HEAD", "--link", "https://rw.example/1")["since"] for _ in range(2)]
    printed = review("main..HEAD").stdout
    text = (toy.ledger.state / "reports" / f"review-{git(toy.folder, 'rev-parse', 'HEAD')[:12]}.md").read_text("utf-8")

    assert first["since"] is None
    assert found[0] == found[1]
    assert found[0]["commit"] == first["head"]["commit"]
    assert [(one["name"], one["how"]) for one in found[0]["gone"]] == [(FAILED.name, "not there any more")]
    assert f"not there any more: Behaviour, {FAILED.name}" in printed
    assert f"`{FAILED.name}`" in text
