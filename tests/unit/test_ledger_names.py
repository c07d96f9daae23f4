"""Names that are given once, and the names of versions and deployments."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadworthy.errors import IntegrityError, UsageError
from roadworthy.ledger.objects.address import Address
from roadworthy.ledger.records.names import Names
from roadworthy.ledger.versions.names import DeploymentName, VersionName, format_number, parse_number

if TYPE_CHECKING:
    from pathlib import Path

ONE, OTHER = Address.of(b"one"), Address.of(b"other")
WORDS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,10}", fullmatch=True)
FOLDERS = st.just("") | st.lists(WORDS, min_size=1, max_size=3).map("/".join)
NUMBERS = st.tuples(*[st.integers(0, 10**6)] * 3)


@pytest.fixture
def names(tmp_path: Path) -> Names:
    """Return an empty set of names."""
    return Names(tmp_path / "names")


def test_the_first_to_claim_a_name_has_it(names: Names) -> None:
    """Later claims are told whose the name is, and change nothing."""
    assert names.resolve("stage/abc") is None
    assert names.claim("stage/abc", ONE) == ONE
    assert names.claim("stage/abc", OTHER) == ONE
    assert names.claim("stage/abc", ONE) == ONE
    assert names.resolve("stage/abc") == ONE


def test_names_under_a_kind_are_listed(names: Names) -> None:
    """Those of that kind, and no draft or stray file."""
    for name in ("change/1", "change/2", "change/of/3", "audit/1"):
        names.claim(name, ONE)
    (names.folder / "change" / ".hidden").touch()

    assert names.under("change") == {"1", "2", "of"}
    assert names.under("stage") == set()


def test_of_many_at_once_one_wins(names: Names) -> None:
    """Threads that claim one name at the same moment all hear the same winner."""
    claims = [Address.of(str(number).encode()) for number in range(16)]
    heard: list[Address] = []
    start = threading.Barrier(len(claims))

    def claim(record: Address) -> None:
        start.wait()
        heard.append(names.claim("stage/abc", record))

    threads = [threading.Thread(target=claim, args=(record,)) for record in claims]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(heard) == len(claims)
    assert set(heard) == {names.resolve("stage/abc")}


def test_a_lost_record_gives_its_name_back(names: Names) -> None:
    """A name is let go of only for the record that it means; a name that means nothing is let go of in peace."""
    names.claim("stage/abc", ONE)
    names.forget("stage/abc", OTHER)
    kept = names.resolve("stage/abc")
    names.forget("stage/abc", ONE)
    names.forget("stage/none", ONE)

    assert kept == ONE
    assert names.claim("stage/abc", OTHER) == OTHER


def test_a_damaged_name_is_an_error_and_can_be_let_go_of(names: Names) -> None:
    """What is no address under a name is not taken for one."""
    names.claim("stage/abc", ONE)
    (names.folder / "stage" / "abc").write_bytes(b"blake3:half")

    with pytest.raises(IntegrityError, match="does not hold the address"):
        names.resolve("stage/abc")
    names.forget("stage/abc", ONE)
    assert names.resolve("stage/abc") is None


@pytest.mark.parametrize(
    "name", ["", "stage", "stage/", "/x", "stage/../x", "stage/.x", "stage/a b", "Stage/x", "stage/a\n"]
)
def test_a_hostile_name_is_refused(names: Names, name: str) -> None:
    """A name cannot lead out of its folder."""
    with pytest.raises(ValueError, match="not a name"):
        names.claim(name, ONE)
    assert not names.folder.exists()


@given(model=WORDS, number=NUMBERS, folder=FOLDERS)
def test_the_tag_of_a_version_names_it(model: str, number: tuple[int, int, int], folder: str) -> None:
    """A version's name is read back from its tag, and is no deployment's."""
    name = VersionName(model, number, folder)

    assert VersionName.parse(str(name)) == name
    assert DeploymentName.parse(str(name)) is None
    assert parse_number(format_number(number)) == number


@given(model=WORDS, environment=WORDS, number=st.integers(1, 10**6), folder=FOLDERS)
def test_the_tag_of_a_deployment_names_it(model: str, environment: str, number: int, folder: str) -> None:
    """A deployment's name is read back from its tag, and is no version's."""
    name = DeploymentName(model, environment, number, folder)

    assert DeploymentName.parse(str(name)) == name
    assert VersionName.parse(str(name)) is None


def test_the_grammar_is_gtos() -> None:
    """Tags look as the ecosystem writes them."""
    assert str(VersionName("delay", (1, 4, 0))) == "delay@v1.4.0"
    assert str(VersionName("delay", (1, 4, 0), "teams/ops")) == "teams/ops=delay@v1.4.0"
    assert str(DeploymentName("delay", "production", 8)) == "delay#production#8"


@pytest.mark.parametrize(
    "tag",
    [
        "delay",
        "delay@1.0.0",
        "delay@v1.0",
        "delay@v01.0.0",
        "delay@v1.0.0-rc",
        "delay#production",
        "delay#p#0",
        "delay#p#01",
        "@v1.0.0",
        "-x@v1.0.0",
        "delay@v1.0.0\n",
    ],
)
def test_other_tags_are_neither(tag: str) -> None:
    """What is not exactly a version's or deployment's tag is left alone."""
    assert VersionName.parse(tag) is None
    assert DeploymentName.parse(tag) is None


@pytest.mark.parametrize("folder", ["we ird", "-x", "a..b", "a//b", "a=b", "ü", "a/.b", "a/"])
def test_a_folder_that_no_tag_can_name_is_refused(folder: str) -> None:
    """A name that git would refuse, or that would be read back as another, is not made."""
    with pytest.raises(UsageError):
        str(VersionName("delay", (1, 0, 0), folder))


@pytest.mark.parametrize("text", ["1", "v1.2", "one", "v1.2.3.4", "", "v-1.0.0"])
def test_what_is_no_version_is_a_usage_error(text: str) -> None:
    """A number that a user mistyped is answered with how to write it."""
    with pytest.raises(UsageError, match="not a version"):
        parse_number(text)
