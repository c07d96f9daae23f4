"""A project is found, read once, and read again only when a file changed."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

import declared
from roadworthy.declare import project, restore
from roadworthy.declare.pin import Pin
from roadworthy.declare.pinned import pin_text
from roadworthy.declare.pipeline import Model, Pipeline, Stage
from roadworthy.declare.profile import Profile
from roadworthy.declare.read.file import parse
from roadworthy.declare.read.shape import Record, keys_of
from roadworthy.declare.schema import KINDS
from roadworthy.errors import InvalidDeclaration, NotAProject, NotFound

if TYPE_CHECKING:
    from pathlib import Path

ADDRESS = "blake3:" + "ab" * 32


@dataclass
class Memory:
    """A cache in memory that counts what it is given."""

    kept: dict[str, bytes] = field(default_factory=dict)
    puts: int = 0

    def get(self, key: str) -> bytes | None:
        """Return what was put under *key*."""
        return self.kept.get(key)

    def put(self, key: str, value: bytes) -> None:
        """Keep *value* under *key*."""
        self.kept[key] = value
        self.puts += 1


def test_a_project_is_found_from_inside(tmp_path: Path) -> None:
    """A command works in any folder of a project; the nearest profile above is its project's."""
    inner = declared.write(tmp_path / "outer" / "inner")
    (tmp_path / "outer" / "profile.yaml").touch()
    (inner / "src" / "deep").mkdir()

    assert project.find(inner / "src" / "deep") == inner
    assert project.find(tmp_path / "outer") == tmp_path / "outer"
    with pytest.raises(NotAProject, match=r"no profile\.yaml"):
        project.find(tmp_path)


def test_a_project_is_read_whole(tmp_path: Path) -> None:
    """Everything that is declared is there, by name."""
    read = project.read(declared.write(tmp_path), Memory())

    assert read.profile.project == "small"
    assert list(read.pipeline.stages) == ["prepare", "train"]
    assert read.requirements is not None
    assert list(read.contracts) == ["rows"]
    assert read.failure_modes["FM-001"].severity == "low"
    assert read.params == {"prepare": {"rows": 10}, "train": {"seed": 1}}


def test_what_did_not_change_is_not_read_again(tmp_path: Path) -> None:
    """The second reading comes from the cache and is equal; a changed byte is seen."""
    folder, cache = declared.write(tmp_path), Memory()
    first = project.read(folder, cache)
    second = project.read(folder, cache)
    (folder / "params.yaml").write_text("prepare: {rows: 11}\ntrain: {seed: 1}\n", encoding="utf-8")
    third = project.read(folder, cache)

    assert first == second
    assert third.params["prepare"] == {"rows": 11}
    assert third.pipeline == first.pipeline
    assert cache.puts == 2


def test_a_damaged_cache_is_as_good_as_none(tmp_path: Path) -> None:
    """A cache may lose or garble anything."""
    folder, cache = declared.write(tmp_path), Memory()
    project.read(folder, cache)
    cache.kept = dict.fromkeys(cache.kept, b"{garbled")

    assert project.read(folder, cache).profile.project == "small"


def test_faults_are_never_cached_and_all_told(tmp_path: Path) -> None:
    """A project with faults is refused as often as it is read, with every one of them."""
    folder, cache = declared.write(tmp_path, "pipeline.yaml", "stages:", "stage:"), Memory()
    (folder / "params.yaml").write_bytes(b"a: \xff\n")

    for _ in range(2):
        with pytest.raises(InvalidDeclaration) as raised:
            project.read(folder, cache)
        assert "2 faults" in raised.value.problem
        assert "pipeline.yaml:4:1: `stage` is not a key of this file." in raised.value.problem
        assert "params.yaml:1:4: The byte 0xff" in raised.value.problem
    assert cache.puts == 0


@pytest.mark.parametrize(("folder", "offered"), [("Late flights!", "Late-flights"), ("…", "flight-delay")])
@pytest.mark.parametrize("written", ["description: It has no name.\n", "project:\n"])
def test_a_profile_without_a_name_is_offered_that_of_its_folder(
    tmp_path: Path, folder: str, offered: str, written: str
) -> None:
    """The fix can be copied: it is the folder's name, as far as that makes one."""
    (tmp_path / folder).mkdir()
    (tmp_path / folder / "profile.yaml").write_text(f"apiVersion: roadworthy/v1alpha1\n{written}")

    (fault,) = project.faults(tmp_path / folder)

    assert f"`project: {offered}`" in fault.fix


def test_a_dvc_project_runs_as_it_is(tmp_path: Path) -> None:
    """A dvc.yaml alone makes a project named after its folder; what only DVC reads is noted."""
    folder = tmp_path / "legacy"
    folder.mkdir()
    (folder / "dvc.yaml").write_text("stages: {a: {cmd: make}}\nplots: []\n", encoding="utf-8")

    read = project.read(project.find(folder), Memory())

    assert read.profile == Profile("roadworthy/v1alpha1", "legacy")
    assert read.pipeline.stages == {"a": Stage(cmd=("make",))}
    assert read.notes == ("dvc.yaml: `plots` is read by DVC alone",)


def test_what_nothing_acts_on_yet_is_noted(tmp_path: Path) -> None:
    """A key that is read, checked and then without effect would look as if it worked."""
    (tmp_path / "profile.yaml").write_text(
        "apiVersion: roadworthy/v1alpha1\nproject: late\nlog: {retention: 90d}\n"
        "environments: {production: {rollout: {shadow: 1d}}}\n",
        encoding="utf-8",
    )

    assert project.read(tmp_path, Memory()).notes == (
        "profile.yaml: nothing acts on `log.retention` yet",
        "profile.yaml: nothing acts on `environments.production.rollout` yet",
    )


def test_an_unchanged_project_costs_no_reader(tmp_path: Path) -> None:
    """From the cache, neither the YAML reader nor the type hints nor the requirements' classes are loaded."""
    folder, cache = declared.write(tmp_path), Memory()
    project.read(folder, cache)
    ((key, value),) = cache.kept.items()
    script = (
        "import sys; from pathlib import Path; from roadworthy.declare import project\n"
        "class Kept(dict):\n    put = None\n"
        f"read = project.read(Path({str(folder)!r}), Kept({{{key!r}: {value!r}}}))\n"
        "assert len(read.pipeline.stages) == 2\n"
        "print(*sys.modules)"
    )

    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    loaded = set(answer.stdout.split())
    assert "roadworthy.declare.pipeline" in loaded
    assert not loaded & {"yaml", "pydantic", "difflib", "roadworthy.declare.requirements", "roadworthy.declare.read"}


def test_the_kept_form_has_a_number() -> None:
    """A changed dataclass needs a new number, or an older cache would be restored as what it is not."""
    waiting, seen = [*KINDS.values()], dict[str, str]()
    while waiting:
        owner = waiting.pop()
        if owner.__qualname__ not in seen:
            keys = keys_of(owner).values()
            seen[owner.__qualname__] = " ".join(sorted(f"{key.field}:{key.shape}" for key in keys))
            waiting += [shape.owner for key in keys for shape in shapes(key.shape) if isinstance(shape, Record)]
    digest = hashlib.sha256(repr(sorted(seen.items())).encode()).hexdigest()[:12]

    assert (project.FORMAT, digest) == (5, "ebac910fb899"), "raise project.FORMAT, and write the new digest here"


def shapes(shape: object) -> list[object]:
    """Return a shape and every shape inside of it."""
    inner = [getattr(shape, name, ()) for name in ("element", "value", "options")]
    flat = [part for group in inner for part in (group if isinstance(group, tuple) else (group,))]
    return [shape, *(found for part in flat for found in shapes(part))]


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5) | st.just("@"), inner, max_size=3),
    max_leaves=10,
)


@given(VALUES, st.lists(VALUES, max_size=3).map(tuple))
def test_what_is_kept_is_restored(value: object, several: tuple[object, ...]) -> None:
    """Dataclasses, mappings, tuples and lists come back as what they were, whatever their keys."""
    whole = Pipeline(
        stages={"s": Stage(cmd=("x",), meta=value, foreach=several)},
        models={"m": Model("a", load="b:c")},
        vars=({"@": value},),
    )

    assert restore.restored(json_of(whole)) == whole


def json_of(value: object) -> object:
    """Return what a cache gives back of *value*."""
    given: object = json.loads(restore.dump(value))
    return given


def test_only_declared_classes_are_restored() -> None:
    """A cache that somebody wrote into cannot name a class of another module."""
    with pytest.raises(ValueError, match="not declared here"):
        restore.restored({"@": "subprocess:Popen", "args": "ls"})
    with pytest.raises(ValueError, match="not declared here"):
        restore.restored({"@": "profile:Mapping"})


PINS = st.builds(
    Pin,
    st.just("roadworthy/v1alpha1"),
    st.just(ADDRESS),
    st.integers(0, 2**53),
    st.none() | st.integers(0, 10**9),
    st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
        st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
        max_size=4,
    ),
)


@given(PINS)
def test_a_pin_is_read_as_it_was_written(pin: Pin) -> None:
    """Whatever a source is called, the YAML reader reads what was written."""
    document = parse(Pin, pin_text(pin).encode(), "a.pin")

    assert document.faults == ()
    assert document.value == pin


def test_a_pin_is_written_whole(tmp_path: Path) -> None:
    """A pin replaces the one before, leaves nothing beside it, and reads the same by both readers."""
    path = tmp_path / "data" / "rows.csv.pin"
    for size in (1, 2):
        pin = Pin("roadworthy/v1alpha1", ADDRESS, size, 3, {"package": 'a "b" \\ ü', "at": "2026"})
        project.write_pin(path, pin)

    assert project.read_pin(path) == pin == parse(Pin, path.read_bytes(), "a.pin").value
    assert list(path.parent.iterdir()) == [path]


def test_a_pin_that_is_none_is_refused(tmp_path: Path) -> None:
    """A pin that is missing, or that a merge left in two halves, is told."""
    path = tmp_path / "rows.csv.pin"
    with pytest.raises(NotFound, match=r"rows\.csv"):
        project.read_pin(path)
    path.write_text("<<<<<<< ours\naddress: x\n", encoding="utf-8")

    with pytest.raises(InvalidDeclaration, match="is not a pin"):
        project.read_pin(path)
