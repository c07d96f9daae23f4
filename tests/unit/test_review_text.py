"""How a review's numbers and names read, on the page and in Markdown."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from review_poison import poisoned
from review_story import better, comparison, lost_weather
from roadworthy.prove.proof import Check
from roadworthy.prove.review import words
from roadworthy.prove.review.comparison import Change, CheckRow
from roadworthy.prove.review.feedback.markdown import render
from roadworthy.prove.review.feedback.marks import code, prose
from roadworthy.prove.review.text import duration, interval, metric, number, percent, signed, signs, size, visible

READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])


@given(st.text())
def test_everything_in_a_name_is_seen(name: str) -> None:
    """No control, no invisible and no reordering character is left in what is shown."""
    assert not any(
        unicodedata.category(letter) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"} for letter in visible(name)
    )


@given(st.text(min_size=1))
def test_nothing_ends_a_piece_of_code(name: str) -> None:
    """A name in backticks is one piece of code, whatever it holds, also in the cell of a table."""
    html = READER.render(f"| a | b |\n|---|---|\n| {code(name)} | x |\n")

    assert html.count("<code>") == 1
    assert html.count("<td>") == 2


@example("  # not a heading")
@given(st.text(alphabet=st.sampled_from("ab \\`*_[]()<>#+-!|~&@$:^=/.1\n\tw"), min_size=1))
def test_nothing_in_a_sentence_is_a_mark(sentence: str) -> None:
    """A foreign sentence in a list is one paragraph of plain text: no link, emphasis, heading, list or HTML."""
    html = READER.render(f"- {prose(sentence)} .\n")

    assert set(re.findall(r"<(/?\w+)", html)) <= {"ul", "/ul", "li", "/li"}


@pytest.mark.parametrize("sentence", ["5.29 % of the rows are broken", "+0.063 better", "-0.3 worse", "3) of 4"])
def test_a_number_at_the_beginning_is_left_as_it_is(sentence: str) -> None:
    """What begins like a list is escaped only where Markdown would make one of it."""
    told = prose(sentence)

    assert (told == sentence) == (sentence != "3) of 4")
    assert f"<li>{sentence}</li>" in READER.render(f"- {told}\n")


def test_mentions_and_links_of_a_forge_are_broken() -> None:
    """A test's message cannot call a person, refer to an issue or become an address."""
    told = prose("ask @ada about #12 at https://evil.example or www.evil.example")

    assert not re.search(r"@\w|#\d|https://|www\.", told)


def test_the_summary_of_hostile_names_holds_no_html() -> None:
    """Names that would be elements stay text in the Markdown summary."""
    html = READER.render(render(poisoned(comparison(lost_weather()))))

    assert "<script" not in html
    assert "<img" not in html


def test_the_summary_says_what_the_page_says() -> None:
    """Verdict, metrics, flips, tests, changes, complexity and stages stand in it."""
    text = render(comparison(better()))

    for told in (
        "## ✓ Ready to merge",
        "`roc_auc` (primary)",
        "Broken:",
        "`train.learner`",
        "the dependency tabulate",
        "`prepare`",
    ):
        assert told in text


def test_the_summary_says_whose_rows_production_was_measured_on() -> None:
    """Where production was measured on rows of its own, the metrics and the flips say so, as the page does."""
    story = lost_weather()
    tested = story.head.proof
    assert tested is not None
    apart = replace(tested, predictions={"candidate": tested.predictions["candidate"]})
    text = render(comparison(replace(story, head=replace(story.head, proof=apart))))

    assert "Production's numbers, and the difference from them, are of production's own frozen reference rows" in text
    assert "The rows are production's own frozen reference rows." in text


def test_what_a_check_printed_stands_in_lines_of_its_own() -> None:
    """The lines of a failed test are lines in the summary too, as they were printed, whatever stands in them."""
    printed = "It failed:\n    assert (None, None) == (None, 0.1)\n``` <b>x</b>\n- no item"
    found = comparison(better())
    failed = CheckRow(Check("project", "tests/test_a.py::test_b", "failed", printed), "failed")
    text = render(replace(found, checks=(failed,)))
    html = READER.render(text)

    assert r"\n" not in text
    assert "assert (None, None) == (None, 0.1)\n" in html
    assert "<b>x" not in html
    assert "<li>no item" not in html


def test_without_a_metric_the_summary_says_why() -> None:
    """A review without labels, or without a primary metric, is told so in a sentence."""
    found = comparison(better())
    none = replace(found, metrics=())
    idle = replace(found, metrics=tuple(replace(row, primary=False) for row in found.metrics))

    assert words.metrics(none).startswith("No metric was measured: ")
    assert words.metrics(idle) == "requirements.yaml asks nothing of a metric, so none is the primary one."


def test_the_summary_fits_into_a_comment() -> None:
    """However much a change alters, the summary stays below what a forge takes."""
    many = tuple(Change(f"parameter-{at}" * 9, "x" * 190, "y" * 190) for at in range(5000))

    assert len(render(replace(comparison(better()), parameters=many, requirements=many))) < 65_000


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (number(0.73124), "0.7312"),
        (number(12340.0), "12,340"),
        (number(-3.5), "\N{MINUS SIGN}3.5"),
        (number(None), "\N{EN DASH}"),
        (number(float("inf")), "\N{EN DASH}"),
        (metric(0.5), "0.500"),
        (metric(0.00002), "0.00002"),
        (metric(0.0003), "0.0003"),
        (signed(-0.06), "\N{MINUS SIGN}0.060"),
        (signed(0.0), "0.000"),
        (percent(0.0704), "7.0 %"),
        (signs("by -0.3 (-2 to 1), 2013-06-30, a-1"), "by \u22120.3 (\u22122 to 1), 2013-06-30, a-1"),
        (duration(0.42), "0.4 s"),
        (duration(125.0), "2 min 5 s"),
        (size(312_480), "312.5 KB"),
        (size(999), "999 B"),
        (interval({"value": 0.1, "low": -0.00078, "high": -0.00009}, sign=True), "−0.0008 to −0.0001"),  # noqa: RUF001
        (interval({"value": 0.1, "low": None, "high": None}), ""),
    ],
)
def test_numbers_read_well(shown: str, expected: str) -> None:
    """Few digits, a true minus sign, a dash for what is not known."""
    assert shown == expected


def test_the_primary_metric_is_told_in_a_sentence() -> None:
    """What came of the primary metric is said in words, with its interval."""
    assert re.fullmatch(r"roc_auc is 0\.\d+ on 1,500 rows: 0\.\d+ better than main \(\+\S+ to \+\S+\)\.",
                        words.metrics(comparison(better())))  # fmt: skip
