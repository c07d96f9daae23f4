"""A workspace in the index: applied once, drift found, removals undone; on both databases."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete, insert, select, update

from roadworthy.declare.profile import Profile
from roadworthy.ledger import ledger
from roadworthy.platform.store import schema
from roadworthy.platform.workspace.apply import apply
from roadworthy.platform.workspace.keep import APPLY, KEPT_MS, IndexHost, last_applied, number_of, state_applied, there
from roadworthy.platform.workspace.plan import Step, line, plan
from roadworthy.platform.workspace.resource import wanted

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection

    from roadworthy.ledger.ledger import Ledger
    from roadworthy.platform.store.database import Database

PROFILE = Profile("roadworthy/v1alpha1", "flights", members={"user:ada": "maintainer", "group:ops": "reader"})


@pytest.fixture
def bucket(tmp_path: Path) -> Ledger:
    """Return the bucket of the project, spoken for by the platform."""
    return ledger.open_bucket(tmp_path / "bucket", tmp_path / "key", "platform")


@pytest.fixture(autouse=True)
def _project(database: Database) -> None:
    with database.write() as connection:
        connection.execute(
            insert(schema.project).values(name="flights", state="active", created_at=1, record="blake3:0")
        )


def brought(database: Database, bucket: Ledger, profile: Profile) -> tuple[Step, ...]:
    """Apply *profile*, and return the steps that it took."""
    resources = wanted(profile)
    with database.write() as connection:
        steps = plan(resources, there(connection, bucket, "flights"))
        state_applied(bucket, "a" * 40, resources)
        apply(steps, IndexHost(connection, "flights"))
        told(connection, number_of(last_applied(bucket)))
    return steps


def told(connection: Connection, number: int) -> None:
    """Note in the audit that the record of that number was made so."""
    row = {"project": "flights", "at": "", "actor": "", "action": APPLY, "target": "", "record": str(number)}
    connection.execute(insert(schema.audit).values(seq=number, detail={"number": number}, **row))


def planned(database: Database, bucket: Ledger, profile: Profile) -> tuple[Step, ...]:
    """Return the steps that *profile* would take."""
    with database.read() as connection:
        return plan(wanted(profile), there(connection, bucket, "flights"))


def test_applying_again_does_nothing(database: Database, bucket: Ledger) -> None:
    """What was asked for is there, and is stated by a record."""
    first = brought(database, bucket, PROFILE)

    assert len(first) == len(wanted(PROFILE))
    assert planned(database, bucket, PROFILE) == ()
    said = last_applied(bucket)
    assert said is not None
    assert said["commit"] == "a" * 40


def test_members_stand_where_rights_are_looked_up(database: Database, bucket: Ledger) -> None:
    """The table of members is what the profile says, and a removed member has no right any more."""
    brought(database, bucket, PROFILE)
    brought(database, bucket, replace(PROFILE, members={"user:ada": "contributor"}))

    with database.read() as connection:
        rows = connection.execute(select(schema.member.c.who, schema.member.c.role)).all()
    assert [tuple(row) for row in rows] == [("ada", "contributor")]


def test_what_a_crash_kept_from_being_made_was_not_changed_by_hand(database: Database, bucket: Ledger) -> None:
    """It was stated, and killed before anything was made of it: what is planned again has the profile's reasons."""
    brought(database, bucket, PROFILE)
    more = replace(PROFILE, members={**PROFILE.members, "user:bob": "reader", "user:ada": "reader"})
    state_applied(bucket, "b" * 40, wanted(more))
    steps = planned(database, bucket, more)

    assert len(steps) == 2
    assert not any(step.drift for step in steps)


def test_a_member_who_was_added_by_hand_is_found(database: Database, bucket: Ledger) -> None:
    """Drift is named, and applying takes it back."""
    brought(database, bucket, PROFILE)
    with database.write() as connection:
        connection.execute(insert(schema.member).values(project="flights", who="eve", role="maintainer"))
        connection.execute(update(schema.member).where(schema.member.c.who == "group:ops").values(role="maintainer"))

    steps = planned(database, bucket, PROFILE)

    assert [line(step) for step in steps] == [
        "~ member group:ops: somebody changed it by hand: role maintainer → reader",
        "- member eve: somebody added it by hand; it can be brought back for 30 days",
    ]
    brought(database, bucket, PROFILE)
    assert planned(database, bucket, PROFILE) == ()


def test_a_member_who_was_removed_by_hand_comes_back(database: Database, bucket: Ledger) -> None:
    """The profile is what is wanted, not what somebody did to a table."""
    brought(database, bucket, PROFILE)
    with database.write() as connection:
        connection.execute(delete(schema.member).where(schema.member.c.who == "ada"))

    assert [line(step) for step in planned(database, bucket, PROFILE)] == ["+ member ada: somebody removed it by hand"]


def test_a_removal_is_a_tombstone_for_thirty_days(database: Database, bucket: Ledger) -> None:
    """Wanted again in time, it is brought back; later, it is made anew."""
    brought(database, bucket, PROFILE)
    brought(database, bucket, replace(PROFILE, branches="trunk"))

    again = {step.name: step.why for step in planned(database, bucket, PROFILE)}
    assert again["develop"] == "it was removed, and is wanted again"
    with database.write() as connection:
        old = schema.resource.c.removed_at - KEPT_MS - 1
        connection.execute(update(schema.resource).where(schema.resource.c.state == "tombstone").values(removed_at=old))
    later = {step.name: step.why for step in planned(database, bucket, PROFILE)}
    assert later["develop"] == "profile.yaml asks for it"


def test_half_a_plan_is_mended_by_planning_again(database: Database, bucket: Ledger) -> None:
    """A crash between two steps leaves a plan with the rest of them."""
    steps = planned(database, bucket, PROFILE)
    state_applied(bucket, "a" * 40, wanted(PROFILE))
    with database.write() as connection:
        apply(steps[:3], IndexHost(connection, "flights"))

    assert [step.name for step in planned(database, bucket, PROFILE)] == [step.name for step in steps[3:]]
