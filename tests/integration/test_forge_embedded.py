"""The embedded forge keeps the contract, and lets nothing but itself decide what git does."""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from forge_contract import ADA, AT, MAIN, ForgeContract
from roadworthy.adapters.forge.embedded.forge import EmbeddedForge
from roadworthy.errors import Conflict, NotFound
from roadworthy.ledger.repo.repository import Repository
from roadworthy.platform.forge.forge import Merge, Person

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from forge_contract import Commit


@pytest.fixture
def forge(tmp_path: Path) -> Iterator[EmbeddedForge]:
    """Return a forge with an empty repository."""
    opened = EmbeddedForge.open(tmp_path / "repos")
    opened.create("flights")
    yield opened
    opened.close()


@pytest.fixture
def commit(forge: EmbeddedForge, tmp_path: Path) -> Commit:
    """Give a function that writes a commit straight into the repository."""

    def write(files: dict[str, str], parents: tuple[str, ...]) -> str:
        index = str(tmp_path / f"index-{os.urandom(4).hex()}")
        where = {**os.environ, "GIT_DIR": str(forge.path("flights")), "GIT_INDEX_FILE": index}

        def git(*arguments: str, data: str = "") -> str:
            done = subprocess.run(
                ["git", *arguments], input=data, env=where, capture_output=True, check=True, text=True
            )
            return done.stdout.strip()

        for name, text in files.items():
            git(
                "update-index",
                "--add",
                "--cacheinfo",
                f"100644,{git('hash-object', '-w', '--stdin', data=text)},{name}",
            )
        before = [part for parent in parents for part in ("-p", parent)]
        return git("commit-tree", git("write-tree"), *before, "-m", "work")

    return write


class TestEmbedded(ForgeContract):
    """The contract, on real bare repositories."""


def test_a_merge_runs_nothing_that_a_repository_or_a_user_says(
    forge: EmbeddedForge, commit: Commit, home: Path, tmp_path: Path
) -> None:
    """No hook, filter, merge driver or configuration of the user's, and none that a commit names."""
    evil = f"touch {tmp_path / 'ran'}; false"
    for scope in (home / ".gitconfig", forge.path("flights") / "evil"):
        scope.write_text(f'[merge "evil"]\n driver = {evil}\n[filter "evil"]\n smudge = {evil}\n clean = {evil}\n')
    hooks = forge.path("flights") / "hooks"
    hooks.mkdir()
    for name in ("pre-merge-commit", "reference-transaction", "post-update", "update"):
        (hooks / name).write_text(f"#!/bin/sh\n{evil}\n")
        (hooks / name).chmod(0o755)
    attributes = {".gitattributes": "* merge=evil filter=evil diff=evil\n"}
    first = commit({**attributes, "a": "1\n2\n3\n"}, ())
    forge.update("flights", MAIN, None, first)
    forge.update("flights", MAIN, first, onto := commit({**attributes, "a": "0\n2\n3\n"}, (first,)))
    source = commit({**attributes, "a": "1\n2\n4\n"}, (first,))
    made = forge.merge("flights", Merge(source, "main", onto, "m", ADA, AT))

    assert forge.read("flights", made, "a") == b"0\n2\n4\n"
    assert not (tmp_path / "ran").exists()


def test_an_author_with_a_hostile_name_is_written_plainly(forge: EmbeddedForge, commit: Commit) -> None:
    """A name cannot end the line that it stands on, and says the same in every merge."""
    first = commit({"a": "1"}, ())
    forge.update("flights", MAIN, None, first)
    who = Person("Eve <root@x>\ncommitter Ada <a@b> 0 +0000\x00\u202e", "<>\n")
    made = forge.merge("flights", Merge(commit({"a": "2"}, (first,)), "main", first, "m\0essage\n\n", who, AT))
    (found,) = Repository.open(forge.path("flights")).log(made, limit=1)

    assert found.author == "Eve root@xcommitter Ada a@b 0 +0000 <nobody@roadworthy.invalid>"
    assert found.subject == "message"


def test_hostile_file_names_are_named_safely_in_a_conflict(forge: EmbeddedForge, commit: Commit) -> None:
    """What a terminal would obey is escaped."""
    name = "a\x1b[2J\u202eb"
    first = commit({name: "1\n"}, ())
    forge.update("flights", MAIN, None, first)
    forge.update("flights", MAIN, first, onto := commit({name: "2\n"}, (first,)))
    wanted = Merge(commit({name: "3\n"}, (first,)), "main", onto, "m", ADA, AT)

    with pytest.raises(Conflict) as told:
        forge.merge("flights", wanted)
    assert r"a\x1b[2J\u202eb" in told.value.problem
    with pytest.raises(Conflict, match="no history"):
        forge.merge("flights", replace(wanted, source=commit({"z": "1"}, ())))


def test_a_removed_repository_comes_back_as_it_was(forge: EmbeddedForge, commit: Commit) -> None:
    """A removal is undone by name, and nobody is given the old repository by making one of that name."""
    first = commit({"a": "1"}, ())
    forge.update("flights", MAIN, None, first)
    for _ in range(2):
        forge.remove("flights")

    with pytest.raises(NotFound):
        forge.refs("flights")
    with pytest.raises(Conflict, match="still kept"):
        forge.create("flights")
    for _ in range(2):
        forge.restore("flights")
    assert forge.refs("flights") == {MAIN: first}
    with pytest.raises(NotFound):
        forge.remove("absent")
    with pytest.raises(NotFound):
        forge.restore("absent")


def test_what_killed_pushes_left_is_cleared_at_the_start(forge: EmbeddedForge, commit: Commit, tmp_path: Path) -> None:
    """Locks and unfinished packs of gits that are dead stop nobody."""
    place = forge.path("flights")
    first = commit({"a": "1"}, ())
    forge.update("flights", MAIN, None, first)
    left = [
        "refs/heads/main.lock",
        "packed-refs.lock",
        "objects/pack/tmp_pack_x",
        "objects/tmp_objdir-incoming-x/aa/bb",
    ]
    for name in left:
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text("")
    while_at_work = EmbeddedForge.open(tmp_path / "repos")

    assert all((place / name).exists() for name in left)
    while_at_work.close()
    forge.close()
    again = EmbeddedForge.open(tmp_path / "repos")
    assert [name for name in left if (place / name).exists()] == []
    again.update("flights", MAIN, first, commit({"a": "2"}, (first,)))
    again.close()


def test_tidying_joins_packs_and_keeps_every_object(forge: EmbeddedForge, commit: Commit) -> None:
    """Also the objects that no ref names: somebody may be about to name them."""
    kept = [commit({"a": str(number)}, ()) for number in range(5)]
    forge.update("flights", MAIN, None, kept[0])
    forge.tidy("flights")

    assert all(forge.read("flights", one, "a") == str(number).encode() for number, one in enumerate(kept))
