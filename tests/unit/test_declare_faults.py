"""Every fault of a declared file is told at once: where it is, what is wrong, and how to mend it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadworthy.declare.contract import Contract
from roadworthy.declare.fault import Fault
from roadworthy.declare.pipeline import Pipeline
from roadworthy.declare.profile import Profile
from roadworthy.declare.read.file import parse, parse_values
from roadworthy.declare.requirements import Requirements

API = "apiVersion: roadworthy/v1alpha1\n"


def faults(owner: type, text: str) -> list[tuple[int, int, str, str]]:
    """Return line, column, problem and fix of every fault."""
    found = parse(owner, (API + text).encode(), "file.yaml").faults
    return [(fault.line, fault.column, fault.problem, fault.fix) for fault in found]


def test_all_faults_are_told_at_once() -> None:
    """A misspelt key, a wrong type, a wrong word and a missing key are all told, in the order of their places."""
    text = "environment: {python: 3.10, manged: true}\nrepository: {forge: githup}\nalerts:\n  - {to: 'slack:#a'}\n"

    found = faults(Profile, text)

    assert found == [
        (1, 1, "The file lacks `project`.", "Add `project: flight-delay`."),
        (2, 23, "`environment.python` must be text, and `3.10` is a number.", 'Put it in quotes: "3.10".'),
        (2, 29, "`manged` is not a key of `environment`.", "Did you mean `managed`?"),
        (3, 21, "`repository.forge` cannot be `githup`.", "Did you mean `github`?"),
        (5, 5, "`alerts[0]` lacks `on`.", "Add `on: […]`."),
    ]


def test_a_fault_is_shown_with_its_line_and_a_caret() -> None:
    """The caret stands under the place, also after wide characters and tabs."""
    fault = Fault("profile.yaml", 3, 7, "It is wrong.", "Mend it.", "a: 列\t`wrong`")

    assert fault.render().splitlines() == [
        "profile.yaml:3:7: It is wrong.",
        "    3 | a: 列→`wrong`",
        "      |        ^",
        "  fix: Mend it.",
    ]


@pytest.mark.parametrize(
    ("text", "place"), [("project: p\nlog: 'x\n", (3, 6)), ("log: {keep: [a\n", (2, 13)), ("a: [b,\n\n", (2, 6))]
)
def test_what_is_never_closed_is_shown_where_it_opens(text: str, place: tuple[int, int]) -> None:
    """The end of the file shows nothing: the caret stands under the quote or bracket."""
    fault = parse(Profile, (API + text).encode(), "profile.yaml").faults[0]

    assert (fault.line, fault.column) == place
    assert "^" in fault.render()


def test_a_fault_of_the_whole_file_has_a_place_or_a_size() -> None:
    """An empty file is told at its beginning."""
    fault = parse(Profile, b"", "profile.yaml").faults[0]

    assert fault.render().startswith("profile.yaml:1:1: The file is empty.")


def test_a_long_line_is_shown_around_its_fault() -> None:
    """A line of a megabyte shows a hundred characters of itself."""
    fault = Fault("a.yaml", 1, 500_001, "It is wrong.", "Mend it.", "x" * 500_000 + "!" + "y" * 500_000)

    shown = fault.render().splitlines()

    assert max(map(len, shown)) < 120
    assert shown[1][shown[2].index("^")] == "!"


def test_a_file_cannot_steer_the_terminal() -> None:
    """What is shown of a file holds no control characters, whoever wrote it."""
    fault = Fault("a.yaml", 1, 1, "It is wrong.", "Mend it.", "\x1b[2J\x07\u202e evil")

    assert "\x1b" not in fault.render()
    assert "\u202e" not in fault.render()


@pytest.mark.parametrize(
    ("text", "problem", "fix"),
    [
        ("project: p\nlog:\n\tkeep: none\n", "A tab stands where YAML wants spaces.", "Indent with spaces."),
        ("project: p\nproject: q\n", "`project` stands twice, first on line 2.", "Keep one of the two."),
        ("project: [p\n", "This is not YAML", "Mend the brackets"),
        ("project: 'p\n", "A quote is opened here, and never closed.", "Close it"),
        ("project: p: q\n", "A `:` stands here where no key can be.", "Put text that holds `: ` in quotes"),
        ("project: @p\n", "No value can begin with this character.", "Put the text in quotes."),
        ("project: *p\n", "`*p` refers to nothing above it.", "Mark what is meant with `&p`"),
        ("project: !!python/name:os.system x\n", "The tag", "Remove the tag."),
        ("project: p\n---\nproject: q\n", "A second document begins here.", "remove the `---`"),
        ("project: p\nx\x00: 1\n", "A control character stands here.", "Delete it"),
        ("project: p\n? [a]\n: 1\n", "A key must be text.", "Write a word as the key"),
        ("project: a/b\n", "`a/b` is not a name.", "Write it like `a-b`."),
        ("project: p\nstorage: {quota: 50 gigs}\n", "`50 gigs` is not a size.", "Write it like `2GiB`."),
        ("project: p\nenvironment: {lock: ../a}\n", "`../a` is not a path inside the project.", "Write it like"),
        ("project: p\nmembers: [a]\n", "`members` must be a mapping, and this is a list.", "Write `members: {…: ma"),
        ("project: p\nmembers:\n", "`members` must be a mapping, and this is empty.", "Write `members:"),
        ("project:\n", "`project` must be a name, and this is empty.", "Write `project: flight-delay`."),
        ("project: p\nbranches: 3\n", "`branches` must be `gitflow` or `trunk` or a mapping", "Write `branches: gitf"),
        (
            "project: p\nlog: {hash: {a: b}}\n",
            "`log.hash` must be a list, and this is a mapping.",
            "Write `hash: […]`.",
        ),
        ("project: p\nci: {secrets: [1]}\n", "`ci.secrets[0]` must be text, and `1` is a number.", "Put it in quotes"),
        (
            "project: p\nenvironment: {managed: yes}\n",
            "must be `true` or `false`, and `yes` is text",
            "`managed: true`",
        ),
    ],
)
def test_a_fault_says_what_to_do(text: str, problem: str, fix: str) -> None:
    """Each kind of mistake has its own words, and a fix."""
    found = faults(Profile, text)

    assert len(found) == 1
    assert problem in found[0][2]
    assert fix in found[0][3]


@pytest.mark.parametrize(("line", "fix"), [
    ("decision: {flag_top: 150%}", "Write a number between 0 and 1."),
    ("decision: {flag_top: 15}", "Did you mean `15%`?"),
    ("behaviour: [{name: n, kind: invariance, change: {a: +20}}]", 'Write `a: "+20"`.'),
    ("behaviour: [{name: n, kind: invariance, change: {a: missin}}]", "Did you mean `missing`?"),
    ("behaviour: [{name: n, kind: invariance, change: {a: twice}}]",
     'Write it like `"+20"`, `missing`, `missing 20%`, `noise 10%`, `shuffled`, `lower_case`, `upper_case`.'),
])  # fmt: skip
def test_a_fix_that_is_followed_mends(line: str, fix: str) -> None:
    """What is to be written is written as YAML reads it, and no sign is added to one that is there."""
    found = faults(Requirements, f"model: m\ntask: regression\noutputs: {{y: {{type: number}}}}\n{line}\n")

    assert fix in [one[3] for one in found]


def test_a_share_without_its_sign_is_recognised() -> None:
    """95 where a share stands is a percentage without its sign."""
    text = "dataset: d\ncolumns: {a: {missing: 95}}\n"

    assert faults(Contract, text) == [
        (3, 24, "`columns.a.missing` must be between 0 and 1, and is `95`.", "Did you mean `95%`?")
    ]


def test_a_template_stands_only_where_it_is_resolved() -> None:
    """`${…}` may stand for a duration in a pipeline, and nowhere else."""
    stage = "stages: {a: {cmd: x, timeout: '${limit}'}}\n"

    assert faults(Pipeline, stage) == []
    assert faults(Profile, "project: p\nlog: {retention: '${limit}'}\n")[0][2] == "`${limit}` is not a duration."


def test_a_version_from_the_future_is_told() -> None:
    """A file of a newer format says so, and nothing is guessed."""
    found = parse(Profile, b"apiVersion: roadworthy/v7\nproject: p\n", "profile.yaml").faults

    assert [(fault.line, fault.column) for fault in found] == [(1, 13)]
    assert "needs a newer Roadworthy" in found[0].fix


def test_a_file_that_is_not_utf8_shows_where() -> None:
    """The first byte that is not UTF-8 is shown in its line."""
    fault = parse(Profile, API.encode() + b"project: caf\xe9\n", "profile.yaml").faults[0]

    assert (fault.line, fault.column, fault.problem) == (2, 13, "The byte 0xe9 stands here, which is not UTF-8.")
    assert fault.source == "project: caf\ufffd"


def test_a_byte_order_mark_is_no_fault() -> None:
    """Editors on other systems write one."""
    assert parse(Profile, b"\xef\xbb\xbf" + API.encode() + b"project: p\n", "profile.yaml").faults == ()


@pytest.mark.parametrize("number", [".inf", "-.INF", ".nan", "1e999", "9007199254740993", "9" * 5000])
def test_numbers_that_cannot_be_kept_are_refused(number: str) -> None:
    """A parameter that no canonical form can hold is told at its place, instead of failing a run later."""
    found = parse_values(f"train:\n  seed: {number}\n".encode(), "params.yaml").faults

    assert [(fault.line, fault.column) for fault in found] == [(2, 9)]


def test_scalars_mean_what_dvc_takes_them_for() -> None:
    """YAML 1.2: `on` and `yes` are text, `1e-3` is a number, a date is text."""
    text = "on: yes\na: 1e-3\nb: 2013-01-01\nc: 0x10\nd: 1_000\ne: ~\nf: 'no'\ng: 1:30\nh: .5\ni: 010\n"

    assert parse_values(text.encode(), "params.yaml").value == {
        "on": "yes", "a": 0.001, "b": "2013-01-01", "c": 16, "d": 1000, "e": None, "f": "no", "g": "1:30", "h": 0.5,
        "i": 10,
    }  # fmt: skip


def test_aliases_and_merges_are_read() -> None:
    """What a file says once it may refer to; its own keys win over merged ones."""
    text = "base: &base {a: 1, b: 2}\nother:\n  <<: *base\n  b: 3\nlist: [*base]\n"

    value = parse_values(text.encode(), "params.yaml").value

    assert value == {"base": {"a": 1, "b": 2}, "other": {"a": 1, "b": 3}, "list": [{"a": 1, "b": 2}]}


@given(st.binary(max_size=300))
def test_no_bytes_are_a_bug(data: bytes) -> None:
    """Whatever a file holds, it is read or has faults, and every fault can be shown."""
    document = parse(Requirements, data, "requirements.yaml")

    assert document.faults
    assert all(fault.render() for fault in document.faults)


@given(st.text(alphabet="ab:-[]{},&*!|>'\"%@#?\n \t<${}1.", max_size=120))
def test_no_text_is_a_bug(text: str) -> None:
    """Text made of YAML's own signs is read or has faults within its lines."""
    document = parse_values(text.encode(), "params.yaml")

    assert (document.value is None) == bool(document.faults)
    assert all(0 <= fault.line <= text.count("\n") + 2 for fault in document.faults)
