"""Data in a real repository: added, compared, pushed, fetched, read from its source; nothing lost on the way."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import subprocess
import zipfile
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from roadworthy.app.data import add_data, diff_data, ensure_data, fetch_data, push_data, status_of, update_data
from roadworthy.app.local import Local, declared, open_local
from roadworthy.build.data.pins import pins_in
from roadworthy.build.data.query import read
from roadworthy.cli.data import command
from roadworthy.errors import Conflict, IntegrityError, NotFound, RoadworthyError, Unreachable, UsageError
from roadworthy.ledger.objects.address import Address

if TYPE_CHECKING:
    from pathlib import Path

PIPELINE = """
apiVersion: roadworthy/v1alpha1
sources:
  flights: {package: toyflights==1.0, member: flights, to: data/flights.parquet}
  lost: {package: toyflights==1.0, member: nothing, to: data/lost.parquet}
  asked: {sql: queries/sales.sql, connection: warehouse, to: data/sales.parquet}
"""


@pytest.fixture
def local(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Local:
    """Return a project in the folder `p` of a repository, with `data/table.csv` and the folder `data/images`."""
    folder = tmp_path / "repo" / "p"
    (folder / "data" / "images").mkdir(parents=True)
    (folder / "profile.yaml").write_text("apiVersion: roadworthy/v1alpha1\nproject: toy\n")
    (folder / "pipeline.yaml").write_text(PIPELINE)
    (folder / "data" / "table.csv").write_text("a\n1\n")
    for name in ("one", "two"):
        (folder / "data" / "images" / name).write_text(name)
    subprocess.run(["git", "init", "--quiet", "--initial-branch", "main"], cwd=tmp_path / "repo", check=True)
    commit(tmp_path / "repo", "profile.yaml", "pipeline.yaml")
    monkeypatch.chdir(folder)
    monkeypatch.delenv("ROADWORTHY_BUCKET", raising=False)
    return open_local()


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the only index there is: a folder with one wheel, whose import would leave a trace."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    wheel(folder, "a,b\n1,x\n2,NA\n")
    for tool in ("UV", "PIP"):
        monkeypatch.setenv(f"{tool}_FIND_LINKS", str(folder))
        monkeypatch.setenv(f"{tool}_NO_INDEX", "1")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    return folder


def wheel(folder: Path, flights: str) -> None:
    """Write the wheel of `toyflights` with these rows."""
    files = {
        "toyflights/__init__.py": "import pathlib\npathlib.Path('imported').write_text('it was')\nraise SystemExit\n",
        "toyflights/data/flights.csv": flights,
        "toyflights-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: toyflights\nVersion: 1.0\n",
        "toyflights-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    digests = {
        name: base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        for name, text in files.items()
    }
    record = "".join(f"{name},sha256={digests[name]},{len(text)}\n" for name, text in files.items())
    with zipfile.ZipFile(folder / "toyflights-1.0-py3-none-any.whl", "w") as archive:
        for name, text in {**files, "toyflights-1.0.dist-info/RECORD": record}.items():
            archive.writestr(name, text)


def commit(top: Path, *names: str) -> None:
    """Commit these files of the project, and the pins."""
    subprocess.run(["git", "add", *(f"p/{name}" for name in names)], cwd=top, check=True)
    subprocess.run(["git", "commit", "--quiet", "--message", "more"], cwd=top, check=True)


def standings(local: Local) -> dict[str, str]:
    """Return how each dataset stands."""
    others = {"data/lost.parquet", "data/sales.parquet"}
    return {one.name: one.standing for one in status_of(local) if one.name not in others}


def damage(local: Local, name: str) -> None:
    """Damage the object that the pin of a file names."""
    path = local.ledger.objects.path(Address(pins_in(local.folder)[name].address))
    path.chmod(0o644)
    path.write_bytes(b"rot")


def test_what_is_added_is_pinned_ignored_and_unchanged(local: Local) -> None:
    """A file and a folder get pins that git sees, and bytes that it ignores; adding again changes nothing."""
    before = standings(local)
    add_data(local, [local.folder / "data" / "table.csv", local.folder / "data" / "images"])
    texts = [(local.folder / "data" / f"{name}.pin").read_text() for name in ("table.csv", "images")]
    again = add_data(local, [local.folder / "data" / "table.csv", local.folder / "data" / "images"])

    assert before == {"data/flights.parquet": "unpinned"}
    assert again["data/images"].files == 2
    assert standings(local) == {
        "data/images": "unchanged",
        "data/table.csv": "unchanged",
        "data/flights.parquet": "unpinned",
    }
    assert [(local.folder / "data" / f"{name}.pin").read_text() for name in ("table.csv", "images")] == texts
    assert sorted(local.repo.changed(local.folder)) == ["data/.gitignore", "data/images.pin", "data/table.csv.pin"]
    assert (local.folder / "data" / ".gitignore").read_text() == "/table.csv\n/images\n"


def test_a_change_is_seen_kept_and_told(local: Local) -> None:
    """Changed and missing files show; the difference to a commit names the files of a folder."""
    add_data(local, [local.folder / "data" / "table.csv", local.folder / "data" / "images"])
    commit(local.repo.root, "data")
    (local.folder / "data" / "table.csv").unlink()
    (local.folder / "data" / "images" / "one").write_text("other")
    (local.folder / "data" / "images" / "two").unlink()
    (local.folder / "data" / "images" / "three").write_text("three")
    seen = standings(local)
    add_data(local, [local.folder / "data" / "images"])
    (change,) = diff_data(local, "HEAD")

    assert (seen["data/table.csv"], seen["data/images"]) == ("absent", "changed")
    assert (change.name, change.added, change.removed, change.changed) == (
        "data/images",
        ("three",),
        ("two",),
        ("one",),
    )
    assert diff_data(local, "HEAD~1")[0].before is None


def test_what_is_pushed_is_fetched_elsewhere(local: Local, tmp_path: Path) -> None:
    """Another clone with the pins alone gets the bytes from the bucket; done again, nothing moves."""
    add_data(local, [local.folder / "data" / "table.csv", local.folder / "data" / "images"])
    commit(local.repo.root, "data")
    bucket = f"file://{tmp_path}/bucket"
    first, second = push_data(local, [], bucket, create=True), push_data(local, ["data/images"], bucket)
    subprocess.run(["git", "clone", "--quiet", local.repo.root, tmp_path / "clone"], check=True)
    other = open_local(tmp_path / "clone" / "p")
    with pytest.raises(NotFound, match="not kept here"):
        fetch_data(other, [], None)
    fetched = fetch_data(other, [], bucket)

    assert (first.objects, second.objects, second.present) == (4, 0, 3)
    assert fetched == {"data/images": True, "data/table.csv": True}
    assert fetch_data(other, [], None) == {"data/images": False, "data/table.csv": False}
    assert (other.folder / "data" / "images" / "two").read_text() == "two"


def test_a_fetch_does_not_take_away_what_is_kept_nowhere(local: Local) -> None:
    """A change that was not added is in nobody's way but its owner's: the fetch stops; a kept one is replaced."""
    path = local.folder / "data" / "table.csv"
    add_data(local, [path])
    commit(local.repo.root, "data")
    path.write_text("precious")
    with pytest.raises(Conflict, match="kept nowhere"):
        fetch_data(local, [], None)
    kept = path.read_text()
    add_data(local, [path])
    subprocess.run(["git", "checkout", "--quiet", "HEAD", "p/data/table.csv.pin"], cwd=local.repo.root, check=True)
    fetch_data(local, [], None)

    assert kept == "precious"
    assert path.read_text() == "a\n1\n"


def test_damage_here_is_mended_from_the_bucket(local: Local, tmp_path: Path) -> None:
    """A damaged object is not put in place: without a bucket that is an error, with one it is mended."""
    path, bucket = local.folder / "data" / "table.csv", str(tmp_path / "bucket")
    add_data(local, [path])
    push_data(local, [], bucket, create=True)
    path.unlink()
    damage(local, "data/table.csv")
    with pytest.raises(IntegrityError, match="holds other bytes"):
        fetch_data(local, [], None)
    was_there = path.exists()
    fetch_data(local, [], bucket)

    assert not was_there
    assert path.read_text() == "a\n1\n"


def test_damage_is_not_pushed(local: Local, tmp_path: Path) -> None:
    """A damaged object never reaches a bucket."""
    add_data(local, [local.folder / "data" / "table.csv"])
    damage(local, "data/table.csv")

    with pytest.raises(IntegrityError):
        push_data(local, [], str(tmp_path / "bucket"), create=True)
    assert [path for path in (tmp_path / "bucket").rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(
    "name", ["../outside", "profile.yaml", "link", "data/none", ".roadworthy/index.db", "linked/x"]
)
def test_what_cannot_be_added_is_refused(local: Local, tmp_path: Path, name: str) -> None:
    """What lies outside, is git's, is a link or behind one, or is not there, is not pinned."""
    (tmp_path / "repo" / "outside").write_text("outside")
    (local.folder / "link").symlink_to("/etc/passwd")
    (local.folder / "linked").symlink_to(tmp_path)
    (tmp_path / "x").write_text("x")

    with pytest.raises((UsageError, NotFound)):
        add_data(local, [local.folder / name])
    assert list(local.folder.rglob("*.pin")) == []
    assert list(local.ledger.objects) == []


def test_a_pin_cannot_make_us_write_outside(local: Local, tmp_path: Path) -> None:
    """A committed link in the place of the data's folder is not written through."""
    (local.folder / "data" / "table.csv").rename(local.folder / "secret")
    add_data(local, [local.folder / "secret"])
    (tmp_path / "elsewhere").mkdir()
    (local.folder / "linked").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "secret.pin").write_text((local.folder / "secret.pin").read_text())

    assert "linked/secret" not in pins_in(local.folder)
    assert list((tmp_path / "elsewhere").iterdir()) == [tmp_path / "elsewhere" / "secret.pin"]


@pytest.mark.parametrize("bucket", ["s3://name", "file://host/name", "none/at/all"])
def test_a_bucket_that_is_not_there_is_said_to_be(local: Local, bucket: str) -> None:
    """A bucket of another kind is a usage error, one that is missing is unreachable."""
    add_data(local, [local.folder / "data" / "table.csv"])

    with pytest.raises((UsageError, Unreachable)):
        push_data(local, [], bucket)
    with pytest.raises(UsageError, match="No bucket"):
        push_data(local, [], None)


def test_a_bucket_is_made_only_where_that_is_asked_for(local: Local, tmp_path: Path) -> None:
    """A misspelt folder does not become a bucket, and its disk may not be mounted; `--create` makes it, but no more."""
    add_data(local, [local.folder / "data" / "table.csv"])
    bucket = ["--bucket", str(tmp_path / "bucket")]
    refused = CliRunner().invoke(command, ["push", *bucket])
    was_made = (tmp_path / "bucket").exists()
    made = CliRunner().invoke(command, ["push", "--create", *bucket])
    again = CliRunner().invoke(command, ["push", *bucket])
    beyond = CliRunner().invoke(command, ["push", "--create", "--bucket", str(tmp_path / "none" / "bucket")])

    assert isinstance(refused.exception, Unreachable)
    assert "--create" in refused.exception.remedy
    assert not was_made
    assert (made.exit_code, again.exit_code) == (0, 0)
    assert isinstance(beyond.exception, Unreachable)
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("asked", [["push"], ["fetch"], ["diff"], ["push", "--bucket", "nowhere"]])
def test_a_project_without_pins_is_told_what_makes_one(local: Local, asked: list[str]) -> None:
    """Neither nothing nor a row of zeros is printed, but the command that pins something."""
    done = CliRunner().invoke(command, asked)

    assert local.folder.is_dir()
    assert done.exit_code == 0
    assert done.output.startswith("Nothing is pinned in this project yet: `roadworthy data add PATH`")


def test_where_nothing_is_a_name_is_not_held_against_nothing(local: Local) -> None:
    """`There is: none.` helps nobody: the fix is the command that makes the first one."""
    with pytest.raises(NotFound) as pinned:
        fetch_data(local, ["data/table.csv"], None)
    (local.folder / "pipeline.yaml").write_text("apiVersion: roadworthy/v1alpha1\n")
    with pytest.raises(NotFound) as declared_:
        list(update_data(local, ["flights"]))
    status = CliRunner().invoke(command, ["status"])

    assert "roadworthy data add PATH" in pinned.value.remedy
    assert "No sources are declared in pipeline.yaml" in declared_.value.remedy
    assert "roadworthy data add PATH" in status.output


def test_a_source_is_read_pinned_and_never_imported(local: Local, packages: Path) -> None:
    """The table arrives as parquet with its facts in the pin; read again, the pin keeps its bytes."""
    (updated,) = update_data(local, ["flights"])
    pin = pins_in(local.folder)["data/flights.parquet"]
    text = (local.folder / "data" / "flights.parquet.pin").read_text()
    (again,) = update_data(local, ["data/flights.parquet"])
    table = read(local.folder / "data" / "flights.parquet")

    assert packages.is_dir()
    assert (updated.before, updated.after.address, again.before) == (None, pin.address, again.after)
    assert (local.folder / "data" / "flights.parquet.pin").read_text() == text
    assert {name: pin.source[name] for name in ("package", "member")} == {
        "package": "toyflights==1.0",
        "member": "toyflights/data/flights.csv",
    }
    assert table["a"].values.tolist() == [1, 2]
    assert not (local.folder / "imported").exists()


def test_a_source_that_has_no_such_data_says_what_it_has(local: Local, packages: Path) -> None:
    """A missing member, a missing distribution and an unknown kind of source are told apart, and nothing is pinned."""
    with pytest.raises(NotFound, match="no data file called nothing") as missing:
        list(update_data(local, ["lost"]))
    with pytest.raises(UsageError, match="does not fetch"):
        list(update_data(local, ["asked"]))
    with pytest.raises(NotFound, match="no source called") as unknown:
        list(update_data(local, ["flight"]))
    (packages / "toyflights-1.0-py3-none-any.whl").unlink()
    (local.folder / "pipeline.yaml").write_text(PIPELINE.replace("==1.0", "==2.0"))
    with pytest.raises((NotFound, Unreachable), match=r"toyflights==2\.0"):
        list(update_data(local, ["flights"]))

    assert "toyflights/data/flights" in missing.value.remedy
    assert "flights" in unknown.value.remedy
    assert pins_in(local.folder) == {}


def test_absent_data_is_brought_from_wherever_it_is(local: Local, packages: Path) -> None:
    """Before a run, what is missing comes from the ledger, else from its source, and only what is missing."""
    first = ensure_data(local, ["data/flights.parquet", "data/table.csv", "not/declared"])
    path = local.folder / "data" / "flights.parquet"
    data = path.read_bytes()
    path.unlink()
    second = ensure_data(local, ["data/flights.parquet"])
    path.unlink()
    local.ledger.objects.path(Address(pins_in(local.folder)["data/flights.parquet"].address)).unlink()
    third = ensure_data(local, ["data/flights.parquet"])

    assert packages.is_dir()
    assert first == second == third == ("data/flights.parquet",)
    assert path.read_bytes() == data
    assert ensure_data(local, ["data/flights.parquet"]) == ()


def test_a_source_that_changed_does_not_pass_for_what_was_pinned(local: Local, packages: Path) -> None:
    """When the pinned bytes are kept nowhere and the source gives others, that is said, and the pin stays."""
    ensure_data(local, ["data/flights.parquet"])
    pin = pins_in(local.folder)["data/flights.parquet"]
    wheel(packages, "a,b\n9,changed\n")
    (local.folder / "data" / "flights.parquet").unlink()
    local.ledger.objects.path(Address(pin.address)).unlink()
    subprocess.run(["rm", "-r", local.ledger.state / "packages", os.environ["UV_CACHE_DIR"]], check=True)

    with pytest.raises(Conflict, match="other bytes now"):
        ensure_data(local, ["data/flights.parquet"])
    assert pins_in(local.folder)["data/flights.parquet"] == pin
    assert not (local.folder / "data" / "flights.parquet").exists()


@pytest.mark.usefixtures("local")
def test_the_commands_tell_what_they_did(tmp_path: Path) -> None:
    """Each command says it in words and, when asked, in one JSON document."""
    bucket = str(tmp_path / "bucket")

    def say(*arguments: str) -> str:
        done = CliRunner().invoke(command, arguments, catch_exceptions=False)
        assert done.exit_code == 0
        return done.stdout

    added = json.loads(say("add", "data/images", "--json"))
    assert added["data/images"]["files"] == 2
    assert "pinned by data/table.csv.pin" in say("add", "data/table.csv")
    assert "unchanged  data/table.csv" in say("status")
    assert {one["standing"] for one in json.loads(say("status", "--json"))} == {"unchanged", "unpinned"}
    assert "4 objects copied" in say("push", "--create", "--bucket", bucket)
    assert json.loads(say("push", "--bucket", bucket, "--json")) == {"objects": 0, "bytes": 0, "present": 4}
    assert "there already" in say("fetch", "data/table.csv")
    assert json.loads(say("fetch", "--json"))[0] == {"name": "data/images", "fetched": False}
    assert "pinned for the first time" in say("diff")
    assert [one["name"] for one in json.loads(say("diff", "--json"))] == ["data/images", "data/table.csv"]


def test_errors_are_the_users_to_mend(local: Local) -> None:
    """A mistyped name is answered with the right one."""
    add_data(local, [local.folder / "data" / "table.csv"])

    with pytest.raises(RoadworthyError) as refused:
        fetch_data(local, ["data/tabel.csv"], None)
    assert "data/table.csv" in refused.value.remedy
    assert declared(local).profile.project == "toy"
