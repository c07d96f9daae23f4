"""That there is a project, as its own bucket states it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from roadworthy.errors import Conflict
from roadworthy.ledger import ledger
from roadworthy.platform.workspace.project import latest, state_created, state_removed, state_restored

if TYPE_CHECKING:
    from pathlib import Path

    from roadworthy.ledger.ledger import Ledger


@pytest.fixture
def bucket(tmp_path: Path) -> Ledger:
    """Return the bucket of the project."""
    return ledger.open_bucket(tmp_path / "bucket", tmp_path / "key", "ada")


def test_a_bucket_that_states_nothing_is_no_project(bucket: Ledger) -> None:
    """There is nothing to restore."""
    assert latest(bucket) is None


def test_a_project_stands_as_it_was_stated_last(bucket: Ledger) -> None:
    """Created, removed, restored and removed within a second: in this order."""
    created = state_created(bucket, "flights")
    first = latest(bucket)
    state_removed(bucket, "flights")
    restored = state_restored(bucket, "flights")
    second = latest(bucket)
    removed = state_removed(bucket, "flights")
    third = latest(bucket)

    assert first is not None
    assert second is not None
    assert third is not None
    assert [one.record for one in (first, second, third)] == [created, restored, removed]
    assert [one.state for one in (first, second, third)] == ["active", "active", "removed"]
    assert [one.removed_at is None for one in (first, second, third)] == [True, True, False]
    assert {one.created_at for one in (first, second, third)} == {bucket.records.read(created).milliseconds}


def test_what_is_so_already_is_stated_once(bucket: Ledger) -> None:
    """A crash before the row is mended by stating it again."""
    assert state_created(bucket, "flights") == state_created(bucket, "flights") == state_restored(bucket, "flights")
    assert state_removed(bucket, "flights") == state_removed(bucket, "flights")


def test_a_removed_project_is_not_created_again(bucket: Ledger) -> None:
    """It is brought back, or the name stays taken."""
    state_created(bucket, "flights")
    state_removed(bucket, "flights")

    with pytest.raises(Conflict, match="was removed"):
        state_created(bucket, "flights")
