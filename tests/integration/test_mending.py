"""What is kept and gets damaged or lost is mended by the command that the error names, wherever the bytes still are."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from release_project import change, git, make, prove
from roadworthy.app.data import add_data, fetch_data
from roadworthy.app.local import open_local
from roadworthy.app.release import release_here
from roadworthy.build.model.version import fetch
from roadworthy.build.pipeline.record import item_from_json
from roadworthy.errors import IntegrityError, NotFound
from roadworthy.ledger.objects.address import Address
from roadworthy.ledger.objects.tree import listing
from roadworthy.ledger.versions.read import history
from toy_pipeline import Toy, make_toy

if TYPE_CHECKING:
    from pathlib import Path

    from roadworthy.app.local import Local
    from roadworthy.ledger.objects.item import Item

HOW = ["one byte", "cut short", "gone"]


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Toy:
    """A project with two stages that have run; the second writes a folder."""
    toy = make_toy(tmp_path / "toy", monkeypatch)
    toy.run()
    return toy


@pytest.fixture
def local(tmp_path: Path) -> Local:
    """A project with a released version, whose artifact still stands in the working tree."""
    local = make(tmp_path / "toy")
    prove(local, "clever")
    release_here(None, as_baseline=False, start=local.folder)
    return local


def spoil(local: Local, address: str, how: str) -> Path:
    """Damage, cut short or remove an object, and return where it belongs."""
    place = local.ledger.objects.path(Address(address))
    data = bytearray(place.read_bytes())
    place.chmod(0o644)
    if how == "one byte":
        data[0] ^= 1
        place.write_bytes(data)
    elif how == "cut short":
        place.write_bytes(data[:-1])
    else:
        place.unlink()
    return place


def version(local: Local) -> tuple[dict[str, object], Item]:
    """Return what the record of the one version says, and the one file of its artifact."""
    (found,) = history(local.repo, local.ledger, "toy").versions
    body = dict(local.ledger.records.read(found.record).body)
    (file,) = listing(item_from_json(body["artifact"]), local.ledger.objects).values()
    return body, file


@pytest.mark.parametrize("how", ["cut short", "gone"])
@pytest.mark.parametrize("output", ["build/rows.txt", "build/model"])
def test_a_run_keeps_again_what_stands_in_its_place(toy: Toy, output: str, how: str) -> None:
    """A lost object whose bytes are still in the working tree is written again, and no stage runs for that."""
    local = toy.local()
    item = toy.run().outputs[output]
    address = item.address if item.files is None else next(iter(listing(item, local.ledger.objects).values())).address
    spoil(local, address, how)
    foreseen = toy.cli("status").stdout
    stage = "prepare" if output == "build/rows.txt" else "train"
    again = toy.run().stages[stage]

    assert f"{stage}: would be restored (nothing changed, and what it wrote is kept no more)" in foreseen
    assert (again.state, again.why) == ("cached", "nothing changed; its outputs were kept again")
    assert local.ledger.objects.holds(address)
    assert toy.run().stages[stage].why == "nothing changed"


def test_damaged_records_are_made_anew(toy: Toy) -> None:
    """A record's bytes are looked at every time: its stage runs again, and then all commands work again."""
    for record in (toy.folder / ".roadworthy/ledger/records").rglob("*.json"):
        record.chmod(0o644)
        record.write_bytes(record.read_bytes()[:-1] + b" ")
    lost = toy.cli("status")
    again = toy.run()
    found = toy.cli("status")

    assert lost.returncode == 1
    assert "The record of the last run cannot be used" in lost.stderr
    assert "Run `roadworthy run`: it records anew what is damaged." in lost.stderr
    assert {name: one.state for name, one in again.stages.items()} == {"prepare": "ran", "train": "ran"}
    assert again.stages["prepare"].why == "its record or its outputs are lost or damaged"
    assert (found.returncode, "2 of 2 stages are as recorded" in found.stdout) == (0, True)
    assert toy.states() == {"prepare": "cached", "train": "cached"}


def test_a_damaged_record_of_a_run_alone_is_made_anew(toy: Toy) -> None:
    """No stage runs for it: the same run is recorded once more."""
    address = toy.run().address
    assert address is not None
    place = toy.local().ledger.records.path(address)
    place.chmod(0o644)
    place.write_bytes(b"{}")
    again = toy.run()

    assert again.address != address
    assert {one.state for one in again.stages.values()} == {"cached"}
    assert toy.cli("status").returncode == 0


def test_an_output_that_is_not_kept_is_not_missed(toy: Toy) -> None:
    """`cache: false` says that only its address is recorded: an unchanged run stays unchanged."""
    toy.stages({"a": {"cmd": "echo 1 > build/a", "outs": [{"build/a": {"cache": False}}]}})
    toy.run()

    assert toy.run().stages["a"].why == "nothing changed"


@pytest.mark.parametrize("how", HOW)
def test_a_version_is_mended_from_the_working_tree(local: Local, tmp_path: Path, how: str) -> None:
    """Serving a version whose artifact is damaged takes the same bytes from where they still stand, and keeps them."""
    body, file = version(local)
    spoil(local, file.address, how)
    path = fetch(local.ledger, tmp_path / "version", body, "artifact")

    assert path is not None
    assert (path / "weights").read_text(encoding="utf-8") == "clever"
    assert local.ledger.objects.holds(file.address)


@pytest.mark.parametrize("how", HOW)
def test_a_version_that_nobody_has_whole_says_how_to_make_it(local: Local, tmp_path: Path, how: str) -> None:
    """When other bytes stand there now, the error names the commit to run again."""
    body, file = version(local)
    spoil(local, file.address, how)
    shutil.rmtree(local.folder / "build")
    with pytest.raises((IntegrityError, NotFound)) as found:
        fetch(local.ledger, tmp_path / "version", body, "artifact")

    assert "git switch --detach toy@v1.0.0" in found.value.remedy
    assert not (tmp_path / "version" / "build" / "model" / "weights").exists()


@pytest.mark.parametrize("how", HOW)
def test_releasing_again_mends_the_version(local: Local, how: str) -> None:
    """The version is there already; what is damaged of it is kept again from the working tree."""
    _, file = version(local)
    spoil(local, file.address, how)
    again = release_here(None, as_baseline=False, start=local.folder).released

    assert not again.created
    assert local.ledger.objects.holds(file.address)


def test_releasing_a_later_change_needs_no_old_objects(local: Local) -> None:
    """A damaged older version does not stand in the way of the next."""
    _, file = version(local)
    spoil(local, file.address, "gone")
    change(local, "more")
    prove(local, "cleverer")

    assert release_here(None, as_baseline=False, start=local.folder).released.version.name == "v1.1.0"
    assert git(local.folder, "tag").split() == ["toy@v1.0.0", "toy@v1.1.0"]


@pytest.mark.parametrize("how", HOW)
def test_damaged_data_without_a_bucket_names_what_would_bring_it(toy: Toy, how: str) -> None:
    """The remedy is not the command that just failed, but the same with a bucket, or the source."""
    local = toy.local()
    toy.write("rows2.csv", "1\n")
    spoil(local, add_data(local, [local.folder / "rows2.csv"])["rows2.csv"].address, how)
    (local.folder / "rows2.csv").unlink()
    with pytest.raises((IntegrityError, NotFound)) as found:
        fetch_data(local, [], None)

    assert found.value.remedy.startswith("Bring")
    assert "--bucket" in found.value.remedy
    assert "roadworthy data update" in found.value.remedy


def test_data_that_stands_in_its_place_is_kept_again(toy: Toy) -> None:
    """A fetch of pinned data that lies there whole and is kept no more keeps it, and says that it did something."""
    toy.write("rows2.csv", "1\n")
    local = toy.local()
    pin = add_data(local, [local.folder / "rows2.csv"])["rows2.csv"]
    spoil(local, pin.address, "gone")
    first = fetch_data(local, [], None)
    second = fetch_data(open_local(local.folder), [], None)

    assert (first, second) == ({"rows2.csv": True}, {"rows2.csv": False})
    assert local.ledger.objects.holds(Address(pin.address))
