"""What holds for every directory: an implementation's tests inherit these, and give it with Ada in it."""

from __future__ import annotations

import time
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from roadworthy.platform.identity.directory import Directory

NAME, PASSWORD = "ada", "difference engine no 2"


def seconds(directory: Directory, name: str, password: str, tries: int = 7) -> float:
    """Return how long it takes to be told."""
    spent = []
    for _ in range(tries):
        begin = time.process_time()
        directory.authenticate(name, password)
        spent.append(time.process_time() - begin)
    return median(spent)


class DirectoryContract:
    """Inherited by the tests of an implementation, which give a `directory` that knows Ada by `PASSWORD`."""

    def test_the_right_password_gives_the_groups(self, directory: Directory) -> None:
        """Who signs in has the groups that the directory says."""
        found = directory.authenticate(NAME, PASSWORD)

        assert found is not None
        assert found == directory.groups(NAME)

    def test_a_wrong_password_gives_nothing(self, directory: Directory) -> None:
        """Neither another password, nor none, nor the right one with more behind it."""
        for wrong in ("difference engine no 1", "", PASSWORD + " ", PASSWORD.upper(), PASSWORD * 100, "\0", "\ud800"):
            assert directory.authenticate(NAME, wrong) is None

    def test_an_unknown_name_gives_nothing(self, directory: Directory) -> None:
        """Whatever is asked for as a name is a value, not a pattern or a query."""
        for name in ("babbage", "", "*", "ada*", "Ada ", "a%", "ada'--", "(uid=*)", "ada\0"):
            assert directory.authenticate(name, PASSWORD) is None
            assert directory.groups(name) is None

    def test_an_unknown_name_takes_as_long_as_a_wrong_password(self, directory: Directory) -> None:
        """Nobody learns by a clock who has an account: the two differ by less than half."""
        known, unknown = seconds(directory, NAME, "wrong but long"), seconds(directory, "babbage", "wrong but long")

        assert 0.5 < known / unknown < 2
