"""What every forge does: a suite that each adapter's tests subclass, with a real forge."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from roadworthy.errors import Conflict, NotFound, UsageError
from roadworthy.platform.forge.forge import DECLARED, Merge, Person

if TYPE_CHECKING:
    from collections.abc import Callable

    from roadworthy.platform.forge.forge import Forge

    # Gives a commit on the parents that are named, with these files and no others, to the repository.
    Commit = Callable[[dict[str, str], tuple[str, ...]], str]

AT = datetime(2026, 1, 31, 12, tzinfo=UTC)
ADA = Person("Ada", "ada@example.com")
MAIN, DEVELOP = "refs/heads/main", "refs/heads/develop"
NOWHERE = "1" * 40


class ForgeContract:
    """Subclass it with the fixtures `forge` (it has the empty repository `flights`) and `commit`."""

    @pytest.fixture
    def first(self, forge: Forge, commit: Commit) -> str:
        """Return the commit that `main` and `develop` are at."""
        made = commit({"a": "1\n2\n3\n", "b": "b\n"}, ())
        for ref in (MAIN, DEVELOP):
            forge.update("flights", ref, None, made)
        return made

    @pytest.fixture
    def wanted(self, forge: Forge, commit: Commit, first: str) -> Merge:
        """Return a merge of one commit into `main`, which has moved since."""
        forge.update("flights", MAIN, first, onto := commit({"a": "1\n2\n3\n", "b": "other\n"}, (first,)))
        return Merge(commit({"a": "1\n2\n4\n", "b": "b\n"}, (first,)), "main", onto, "Merge wind", ADA, AT)

    def test_making_a_repository_again_leaves_it(self, forge: Forge, first: str) -> None:
        """Creating may be repeated: what is in it stays."""
        forge.create("flights")

        assert forge.refs("flights")[MAIN] == first

    def test_a_new_repository_has_no_refs(self, forge: Forge) -> None:
        """It is empty."""
        assert forge.refs("flights") == {}

    @pytest.mark.parametrize(
        "name", ["", ".", "..", "../x", "a/b", "a\0", "-a", "a.git", "a..b", "é", "a\n", "x" * 101]
    )
    def test_a_name_that_is_a_path_is_no_projects(self, forge: Forge, name: str) -> None:
        """A project's name is never a way to somewhere else."""
        with pytest.raises(UsageError, match="cannot be the name of a project"):
            forge.create(name)
        with pytest.raises(UsageError):
            forge.refs(name)

    def test_a_repository_that_is_not_there_is_said_to_be(self, forge: Forge, wanted: Merge) -> None:
        """Every method tells so."""
        with pytest.raises(NotFound):
            forge.refs("absent")
        with pytest.raises(NotFound):
            forge.update("absent", MAIN, None, NOWHERE)
        with pytest.raises(NotFound):
            forge.merge("absent", wanted)
        with pytest.raises(NotFound):
            forge.read("absent", wanted.source, "a")

    def test_a_ref_is_changed_only_from_what_it_is_known_to_name(
        self, forge: Forge, commit: Commit, first: str
    ) -> None:
        """Who knows an older state changes nothing."""
        second = commit({"a": "2"}, (first,))
        forge.update("flights", MAIN, first, second)

        with pytest.raises(Conflict, match="not at"):
            forge.update("flights", MAIN, first, commit({"a": "3"}, (first,)))
        with pytest.raises(Conflict):
            forge.update("flights", MAIN, None, first)
        with pytest.raises(Conflict):
            forge.update("flights", MAIN, first, None)
        assert forge.refs("flights")[MAIN] == second

    def test_an_update_may_be_repeated(self, forge: Forge, commit: Commit, first: str) -> None:
        """What is so already is left: after a crash the same is done again."""
        second = commit({"a": "2"}, (first,))
        for _ in range(2):
            forge.update("flights", MAIN, first, second)
        for _ in range(2):
            forge.update("flights", DEVELOP, first, None)

        assert forge.refs("flights") == {MAIN: second}

    def test_a_ref_names_only_what_is_there(self, forge: Forge, first: str) -> None:
        """An object that was not sent is not named."""
        with pytest.raises(NotFound):
            forge.update("flights", MAIN, first, NOWHERE)
        with pytest.raises(UsageError):
            forge.update("flights", MAIN, first, "develop")

    @pytest.mark.parametrize(
        "ref", ["main", "HEAD", "refs/notes/x", "refs/heads/a..b", "refs/heads/a b", "refs/heads/\0"]
    )
    def test_only_branches_and_tags_are_refs(self, forge: Forge, first: str, ref: str) -> None:
        """Nothing else is made, whatever it is called."""
        with pytest.raises(UsageError, match="cannot be a branch or a tag"):
            forge.update("flights", ref, None, first)

    def test_of_many_who_change_a_branch_one_wins(self, forge: Forge, commit: Commit, first: str) -> None:
        """The others are told, and the branch names what the winner wanted."""
        wanted = [commit({"a": str(number)}, (first,)) for number in range(8)]

        def attempt(after: str) -> str | None:
            try:
                forge.update("flights", MAIN, first, after)
            except Conflict:
                return None
            return after

        with ThreadPoolExecutor(8) as pool:
            (winner,) = [one for one in pool.map(attempt, wanted) if one is not None]

        assert forge.refs("flights")[MAIN] == winner

    def test_a_merge_has_both_sides(self, forge: Forge, wanted: Merge) -> None:
        """The branch is at the new commit, which holds what each side changed."""
        made = forge.merge("flights", wanted)

        assert forge.refs("flights")[MAIN] == made
        assert (forge.read("flights", made, "a"), forge.read("flights", made, "b")) == (b"1\n2\n4\n", b"other\n")

    def test_a_merge_may_be_repeated(self, forge: Forge, commit: Commit, wanted: Merge) -> None:
        """The same merge is the same commit, also when the branch has moved on."""
        made = forge.merge("flights", wanted)
        again = forge.merge("flights", wanted)
        forge.update("flights", MAIN, made, commit({"a": "later"}, (made,)))

        assert made == again == forge.merge("flights", wanted)

    def test_a_branch_without_changes_of_its_own_still_gets_a_merge(
        self, forge: Forge, commit: Commit, first: str
    ) -> None:
        """What was merged when stays visible: a branch is never just moved forward."""
        source = commit({"a": "new"}, (first,))
        made = forge.merge("flights", Merge(source, "main", first, "Merge", ADA, AT))

        assert made not in {first, source}

    def test_a_conflict_names_the_files_and_changes_nothing(self, forge: Forge, commit: Commit, first: str) -> None:
        """Whoever asked for the merge learns where both sides differ."""
        forge.update("flights", MAIN, first, onto := commit({"a": "ours\n", "b": "b\n"}, (first,)))
        source = commit({"a": "theirs\n", "b": "b\n"}, (first,))

        with pytest.raises(Conflict, match=r"the same lines of a\."):
            forge.merge("flights", Merge(source, "main", onto, "Merge", ADA, AT))
        assert forge.refs("flights")[MAIN] == onto

    def test_a_merge_is_refused_when_its_target_moved(self, forge: Forge, commit: Commit, wanted: Merge) -> None:
        """What was approved was the merge onto another commit."""
        forge.update("flights", MAIN, wanted.onto, moved := commit({"a": "moved"}, (wanted.onto,)))

        with pytest.raises(Conflict, match="not at"):
            forge.merge("flights", wanted)
        assert forge.refs("flights")[MAIN] == moved

    def test_what_is_merged_already_is_not_merged(self, forge: Forge, wanted: Merge, first: str) -> None:
        """An ancestor of the target has nothing to give."""
        with pytest.raises(Conflict, match="already"):
            forge.merge("flights", replace(wanted, source=first))

    def test_a_merge_of_what_is_not_there_is_told(self, forge: Forge, wanted: Merge) -> None:
        """A commit or a branch that was never pushed is not found."""
        with pytest.raises(NotFound):
            forge.merge("flights", replace(wanted, source=NOWHERE))
        with pytest.raises(NotFound):
            forge.merge("flights", replace(wanted, target="absent"))

    def test_a_declared_file_is_read_from_a_commit(self, forge: Forge, first: str) -> None:
        """As it was committed; what is not there is told."""
        assert forge.read("flights", first, "b") == b"b\n"
        with pytest.raises(NotFound):
            forge.read("flights", first, "absent")
        with pytest.raises(NotFound):
            forge.read("flights", NOWHERE, "b")

    def test_a_file_too_large_to_be_declared_is_not_read(self, forge: Forge, commit: Commit) -> None:
        """Nobody fills the server's memory with a `profile.yaml`."""
        large = commit({"profile.yaml": "x" * (DECLARED + 1)}, ())

        with pytest.raises(UsageError, match="more than"):
            forge.read("flights", large, "profile.yaml")
