"""Rebuilding from what is forged, damaged, copied or missing: it is named, and nothing else changes."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import insert, select, update

from rebuild_world import World, dump, story
from roadworthy.ledger import ledger
from roadworthy.ledger.objects.address import Address
from roadworthy.platform.change.change import change
from roadworthy.platform.change.verdict import Checked, state_checked, verdict_on
from roadworthy.platform.rebuild.facts import catch_up
from roadworthy.platform.rebuild.rebuild import plan, rebuild
from roadworthy.platform.store import schema
from roadworthy.platform.store.platform import open_platform
from roadworthy.platform.workspace.keep import state_applied
from roadworthy.platform.workspace.resource import Resource

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from roadworthy.ledger.ledger import Ledger
    from roadworthy.platform.change.change import Change
    from roadworthy.platform.rebuild.report import Report
    from roadworthy.platform.store.database import Database


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the home of a platform that was at work."""
    return story(tmp_path_factory.mktemp("made"))


@pytest.fixture
def world(made: Path, tmp_path: Path) -> Iterator[World]:
    """Give a copy of that platform, with the index that its server keeps."""
    home = tmp_path / "home"
    shutil.copytree(made, home)
    live = open_platform(f"sqlite:///{home / 'live.db'}")
    yield World(home, live, 5)
    live.close()


def rebuilt(database: Database, world: World) -> Report:
    """Rebuild into *database*, and hold the report against its plan."""
    planned = plan(database, world.sources)
    report = rebuild(database, world.sources, print)

    assert report == planned
    assert not plan(database, world.sources).differs
    return report


def without(rows: dict[str, list[dict[str, object]]], address: str) -> dict[str, list[dict[str, object]]]:
    """Return *rows* without the fact at *address*."""
    return {**rows, "fact": [row for row in rows["fact"] if row["address"] != address]}


def plant(world: World, forger: Ledger, address: Address, name: str = "flights") -> None:
    """Copy a record from another ledger into the project's bucket."""
    place = world.ledgers[name].records.path(address)
    place.parent.mkdir(exist_ok=True)
    shutil.copy(forger.records.path(address), place)


def damage(kept: Ledger, address: Address) -> None:
    """Change a byte of a record."""
    path = kept.records.path(address)
    path.chmod(0o644)
    path.write_bytes(path.read_bytes().replace(b'"', b"'", 1))


def opened(database: Database, number: int = 2) -> Change:
    """Return a change of flights."""
    with database.read() as connection:
        return change(connection, "flights", number)


def test_a_forged_record_is_refused_by_name(database: Database, world: World, tmp_path: Path) -> None:
    """A record that says Eve is a maintainer, signed by a key of her own: named, and nothing else changes."""
    eve = ledger.open_bucket(tmp_path / "eve", tmp_path / "eve-key", "platform")
    everyone = [Resource("project", "flights", {}), Resource("member", "eve", {"role": "maintainer"})]
    forged = [state_applied(eve, "f" * 40, everyone), eve.keep("merge", {"project": "flights", "number": 2})]
    for address in forged:
        plant(world, eve, address)

    report = rebuilt(database, world)

    assert sorted(one.address for one in report.rejected) == sorted(forged)
    assert all("a key that is not trusted" in one.reason for one in report.rejected)
    assert dump(database) == dump(world.database)


def test_a_signature_that_was_moved_to_another_fact_is_refused(database: Database, world: World) -> None:
    """The platform's key is named, and did not sign this."""
    kept = world.ledgers["flights"]
    true, false = (kept.keep("note", {"project": "flights", "text": text}) for text in ("true", "false"))
    world.settle("flights")
    data, other = kept.records.path(true).read_bytes(), kept.records.path(false).read_bytes()
    forged = other[: other.index(b'"sig"')] + data[data.index(b'"sig"') :]
    address = Address.of(forged)
    kept.records.path(address).parent.mkdir(exist_ok=True)
    kept.records.path(address).write_bytes(forged)

    report = rebuilt(database, world)

    assert [(one.address, "not signed by the key" in one.reason) for one in report.rejected] == [(address, True)]
    assert dump(database) == dump(world.database)


def test_a_damaged_record_is_named(database: Database, world: World) -> None:
    """Of a run nothing but its fact is missing."""
    kept = world.ledgers["flights"]
    address, _ = next(kept.records.all("run"))
    damage(kept, address)

    report = rebuilt(database, world)

    assert [(one.project, one.address) for one in report.rejected] == [("flights", address)]
    assert "holds other bytes" in report.rejected[0].reason
    assert dump(database) == without(dump(world.database), address)


def test_a_record_of_another_project_is_refused(database: Database, world: World) -> None:
    """What the platform signed for loans says nothing in the bucket of flights, nor does what rests on it."""
    loans = world.ledgers["loans"]
    copied = [address for kind in ("project", "workspace", "change", "merge", "check", "run", "proof")
              for address, _ in loans.records.all(kind)]  # fmt: skip
    for address in copied:
        plant(world, loans, address)

    report = rebuilt(database, world)

    assert sorted(one.address for one in report.rejected) == sorted(copied)
    assert all("loans" in one.reason or "another project's" in one.reason for one in report.rejected)
    assert dump(database) == dump(world.database)


def test_a_record_that_cannot_be_read_is_named(database: Database, world: World) -> None:
    """However well it is signed: no row is made of half a fact."""
    kept = world.ledgers["flights"]
    wrong = [
        kept.keep("workspace", {"number": 9, "commit": "f" * 40, "resources": [["member", "eve", {}]]}),
        kept.keep("change", {"project": "flights", "number": 1, "state": "sold"}),
        kept.keep("merge", {"project": "flights", "number": "1"}),
    ]

    report = rebuilt(database, world)

    assert sorted(one.address for one in report.rejected) == sorted(wrong)
    assert dump(database) == dump(world.database)


def test_a_missing_bucket_is_told(database: Database, world: World) -> None:
    """The other project is restored all the same."""
    shutil.rmtree(world.home.bucket("loans"))
    report = rebuilt(database, world)

    assert [(one.project, one.what) for one in report.lost] == [("loans", "the project")]
    assert [row["name"] for row in dump(database)["project"]] == ["flights"]


def test_a_missing_repository_is_told(database: Database, world: World) -> None:
    """Changes are restored, and that nobody can say which were merged."""
    shutil.rmtree(world.home.repositories / "flights.git")
    report = rebuilt(database, world)

    assert [(one.project, one.what) for one in report.lost] == [
        ("flights", "its refs, and which changes were merged"),
        ("flights", "whether change 1 was merged into develop"),
    ]
    assert [opened(database, number).state for number in (1, 2)] == ["open", "open"]


def test_a_damaged_repository_is_told(database: Database, world: World) -> None:
    """Git is not let look for another one in the folders above."""
    subprocess.run(["git", "init", "--quiet", str(world.home.folder)], check=True)
    (world.home.repositories / "flights.git" / "HEAD").unlink()

    report = rebuilt(database, world)

    assert {one.project for one in report.lost} == {"flights"}
    assert "cannot be read" in report.lost[0].reason
    assert not [row for row in dump(database)["ref"] if row["project"] == "flights"]


def test_a_removed_project_stays_one(database: Database, world: World) -> None:
    """Its repository was put away, and is still read."""
    world.remove("loans")
    away = world.home.repositories / ".removed"
    away.mkdir()
    (world.home.repositories / "loans.git").rename(away / "loans.git")

    report = rebuilt(database, world)

    assert report.lost == ()
    assert dump(database) == dump(world.database)


def test_a_project_without_its_own_record_is_restored_from_the_others(database: Database, world: World) -> None:
    """What is not known of it is told."""
    kept = world.ledgers["flights"]
    for address, _ in kept.records.all("project"):
        kept.records.path(address).unlink()

    report = rebuilt(database, world)

    assert [(one.project, "when the project was made" in one.what) for one in report.lost] == [("flights", True)]
    assert dump(database)["member"] == dump(world.database)["member"]


def test_a_folder_that_is_no_project_is_not_made_one(database: Database, world: World) -> None:
    """A copy of a bucket holds records of another project alone."""
    shutil.copytree(world.home.bucket("loans"), world.home.bucket("copy"))
    (world.home.folder / "buckets" / "empty").mkdir()

    report = rebuilt(database, world)

    assert [(one.project, one.what) for one in report.lost] == [("copy", "the project"), ("empty", "the project")]
    assert {one.project for one in report.rejected} == {"copy"}
    assert [row["name"] for row in dump(database)["project"]] == ["flights", "loans"]


def test_a_merge_counts_only_when_the_branch_holds_it(database: Database, world: World) -> None:
    """A record alone merges nothing, nor a commit that names it and merges something else."""
    found = opened(world.database)
    kept, heads = world.ledgers["flights"], world.heads("flights")
    body = {"project": "flights", "number": 2, "branch": found.branch, "target": "develop", "head": found.head}
    record = kept.keep("merge", {**body, "unreviewed": True, "merged_at": 7, "verdict": "passed", "reason": ""})
    rebuilt(database, world)
    before = opened(database)
    world.merged(found, heads["main"], record)
    rebuilt(database, world)
    pretended = opened(database)
    commit = world.merged(found, found.head, record)
    rebuilt(database, world)
    after = opened(database)

    assert (before.state, pretended.state) == ("open", "open")
    assert (after.state, after.merge_commit, after.closed_at, after.unreviewed) == ("merged", commit, 7, True)


def test_a_change_whose_name_is_lost_is_told(database: Database, world: World) -> None:
    """Two records for one number are no fault: the other holds it."""
    kept = world.ledgers["flights"]
    first = opened(world.database, 1)
    kept.keep("change", {**kept.records.read(Address(first.record)).body, "title": "Later"})
    (kept.names.folder / "change" / "2").unlink()

    report = rebuilt(database, world)

    assert [("change/2 is not there" in one.reason) for one in report.lost] == [True]
    assert opened(database, 1) == first


def test_an_open_change_of_a_deleted_branch_is_told(database: Database, world: World) -> None:
    """Where it stood last is not known."""
    world.commit("flights", "feature/2")
    world.move("flights", "feature/2", None)
    report = rebuilt(database, world)

    assert [one.what for one in report.lost] == ["the last commit of change 2"]
    assert opened(database).head != opened(world.database).head


def test_what_somebody_did_to_the_tables_is_mended(database: Database, world: World) -> None:
    """A member, a merge and a fact that no record bears out are gone afterwards."""
    rebuilt(database, world)
    before = dump(database)
    with database.write() as connection:
        connection.execute(insert(schema.member).values(project="flights", who="eve", role="maintainer"))
        connection.execute(update(schema.change).values(state="merged"))
        connection.execute(update(schema.fact).where(schema.fact.c.kind == "proof").values(body={"measures": {}}))
        row = {"address": "blake3:0", "project": "loans", "kind": "proof", "at": "", "actor": "eve", "body": {}}
        connection.execute(insert(schema.fact).values(**row))
    rebuilt(database, world)

    assert dump(database) == before


def test_unfinished_work_is_left_to_be_found(database: Database, world: World) -> None:
    """A branch without a verdict on its head is not taken as reconciled, and one that was reconciled stays so."""
    made = world.push("flights", "feature/2")
    report = rebuilt(database, world)
    row = {"project": "flights", "name": "refs/heads/feature/2", "object": made}
    known = dump(database)["ref"]
    with database.write() as connection:
        connection.execute(insert(schema.ref).values(**row))
    again = rebuilt(database, world)

    assert report.unfinished == again.unfinished == (("flights", "feature/2"),)
    assert len(known) == len(dump(world.database)["ref"]) - 1
    assert row not in known
    assert row in dump(database)["ref"]


def test_a_verdict_is_found_in_the_facts(database: Database, world: World) -> None:
    """The last one on a commit against the target that is asked for; one against another does not count for it."""
    kept, head = world.ledgers["flights"], "d" * 40
    said = [Checked("flights", head, "feature/3", "develop", "full", outcome, "Why.", deploys=("staging",))
            for outcome in ("failed", "passed")]  # fmt: skip
    for one in said:
        state_checked(kept, one)
    rebuilt(database, world)

    with database.read() as connection:
        assert verdict_on(connection, "flights", head, "develop") == said[-1]
        assert verdict_on(connection, "flights", head, "main") is None
        assert verdict_on(connection, "flights", head, None) == said[-1]
        assert verdict_on(connection, "flights", "e" * 40, "develop") is None


def test_what_a_crash_left_without_its_row_is_caught_up(database: Database, world: World) -> None:
    """At the next start; doing it again does nothing."""
    rebuilt(database, world)
    kept = world.ledgers["flights"]
    address = kept.keep("proof", {"commit": "e" * 40, "measures": {"rows": ["x" * 1000] * 500}})

    with database.write() as connection:
        assert catch_up(connection, "flights", kept) == 1
        assert catch_up(connection, "flights", kept) == 0
    assert rebuild(database, world.sources, print).tables["fact"].differs is False
    with database.read() as connection:
        found = connection.execute(select(schema.fact).where(schema.fact.c.address == address)).one()
    assert (found.commit, found.body) == ("e" * 40, kept.records.read(address).body)


def test_a_damaged_audit_keeps_its_numbers(database: Database, world: World) -> None:
    """Entries that are lost or damaged are listed as such, the others as they are, and the next one follows."""
    names = world.own.names
    second, fourth = names.resolve("audit/2"), names.resolve("audit/4")
    assert second is not None
    assert fourth is not None
    damage(world.own, second)
    (names.folder / "audit" / "3").unlink()
    damage(world.own, fourth)
    report = rebuilt(database, world)
    rows = dump(database)["audit"]

    assert [row["action"] for row in rows] == ["change.merge", "audit.unreadable", "audit.unreadable"]
    assert {one.address for one in report.rejected} >= {second, fourth}
    assert [one.what for one in report.lost] == [f"the audit's entry {number}" for number in (2, 3, 4)]
    after = World(world.home.folder, database)
    after.audit("flights")
    assert [row["seq"] for row in dump(database)["audit"]] == [1, 2, 4, 5]


def test_a_project_that_only_the_index_knows_is_left(database: Database, world: World) -> None:
    """And told."""
    with database.write() as connection:
        connection.execute(insert(schema.project).values(name="ghost", state="active", created_at=1, record=""))
    report = rebuilt(database, world)

    assert [(one.project, one.what) for one in report.lost] == [("ghost", "the project")]
    assert "ghost" in [row["name"] for row in dump(database)["project"]]
