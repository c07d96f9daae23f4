"""A platform speaks for the team with its own key; a machine believes it when it was told its public half."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from roadworthy.errors import IntegrityError, NotAllowed
from roadworthy.ledger import ledger
from roadworthy.ledger.records.record import Record

if TYPE_CHECKING:
    from pathlib import Path

    from roadworthy.ledger.ledger import Ledger

FACT = Record("change", {"number": 1}, "ada", "2026-01-31T12:00:00Z")


@pytest.fixture
def bucket(tmp_path: Path) -> Ledger:
    """Return the bucket of a project on a platform."""
    return ledger.open_bucket(tmp_path / "buckets" / "flights", tmp_path / "key", "ada")


@pytest.fixture
def laptop(tmp_path: Path) -> Ledger:
    """Return the ledger of a laptop."""
    return ledger.open(tmp_path / "laptop" / ".roadworthy")


def bring(bucket: Ledger, laptop: Ledger) -> Ledger:
    """Copy the platform's records to the laptop, and return its ledger as the next command finds it."""
    shutil.copytree(bucket.records.folder, laptop.records.folder, dirs_exist_ok=True)
    return ledger.open(laptop.state)


def trust(bucket: Ledger, laptop: Ledger, tmp_path: Path) -> None:
    """Tell the laptop the platform's public key."""
    bucket.keep("audit", {})  # the key is made with the first record
    folder = laptop.state / ledger.TRUSTED
    folder.mkdir()
    shutil.copy(tmp_path / "key.pub", folder / "platform.pub")


def test_a_fact_of_the_platform_is_stated_by_the_authenticated_actor(bucket: Ledger) -> None:
    """Who is signed in states it, whatever git is configured with."""
    record = bucket.records.read(bucket.spoken_by("grace").keep("change", {"number": 1}))

    assert (record.actor, record.authority) == ("grace", "platform")


def test_a_platform_is_believed_once_its_key_is_known(bucket: Ledger, laptop: Ledger, tmp_path: Path) -> None:
    """The public key is what makes its records count on another machine."""
    trust(bucket, laptop, tmp_path)
    address = bucket.keep("version", {"version": "v1.0.0"})

    record = bring(bucket, laptop).records.read(address)

    assert record.authority == "platform"


def test_a_platform_that_nobody_told_of_is_not_believed(bucket: Ledger, laptop: Ledger) -> None:
    """A record from elsewhere does not count by lying in the right folder."""
    address = bucket.keep("version", {"version": "v1.0.0"})

    with pytest.raises(IntegrityError, match="not trusted here"):
        bring(bucket, laptop).records.read(address)


def test_a_platform_does_not_believe_laptops(bucket: Ledger, laptop: Ledger) -> None:
    """What a laptop signed is nothing that the team stated."""
    address = laptop.keep("version", {"version": "v1.0.0"})
    shutil.copytree(laptop.records.folder, bucket.records.folder, dirs_exist_ok=True)

    with pytest.raises(IntegrityError, match="not trusted here"):
        bucket.records.read(address)


def test_neither_speaks_for_the_other(bucket: Ledger, laptop: Ledger) -> None:
    """A key states facts with its own authority alone."""
    with pytest.raises(NotAllowed):
        laptop.records.write(replace(FACT, authority="platform"))
    with pytest.raises(NotAllowed):
        bucket.records.write(FACT)


def test_what_is_no_public_key_is_told(bucket: Ledger, laptop: Ledger, tmp_path: Path) -> None:
    """A damaged key of a platform is named, not passed over."""
    trust(bucket, laptop, tmp_path)
    (laptop.state / ledger.TRUSTED / "platform.pub").write_text("nonsense", encoding="utf-8")
    address = bucket.keep("version", {"version": "v1.0.0"})

    with pytest.raises(IntegrityError, match=r"platform\.pub is not a public key"):
        bring(bucket, laptop).records.read(address)
