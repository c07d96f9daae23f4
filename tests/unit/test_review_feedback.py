"""The feedback on a change: what is new in it, what it leaves out, and that no name in it does anything."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from review_poison import poisoned
from review_story import better, comparison, lost_weather
from roadworthy.prove.proof import Check
from roadworthy.prove.review import keep, words
from roadworthy.prove.review.comparison import Change, CheckRow, Comparison, Gate, Side, StageRow
from roadworthy.prove.review.feedback.bars import bar, spread
from roadworthy.prove.review.feedback.document import document
from roadworthy.prove.review.feedback.drawing import flowchart
from roadworthy.prove.review.feedback.findings import Finding, Since, since
from roadworthy.prove.review.feedback.ladder import LADDER, MOST, Part, fit
from roadworthy.prove.review.feedback.markdown import marker, render
from roadworthy.prove.review.feedback.marks import code, label, printed, prose
from roadworthy.prove.review.feedback.terminal import lines

if TYPE_CHECKING:
    from roadworthy.prove.review.feedback.findings import Ending

READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
HOSTILE = (
    "/merge", "  /approve software", "@everyone", "#12", "GH-12", "!7", "~label", "%3", "$5", ":tada:", "```", "~~~",
    "<!-- roadworthy review of p -->", "</details>", "<details open>", "<img src=x onerror=alert(1)>", "| a | b |",
    "[x](javascript:alert(1))", "![x](https://evil.example/p.png)", "https://evil.example", "\u202egpj.exe", "a\u200bb",
    "\u05d0\u05d1\u05d2 12", ']"]-->s1["x', 'click s0 href "javascript:x"', "%%{init: {}}%%", "end", "\x1b[31mred",
    "a\nb", "\r\n/merge", "`" * 200, "x" * 5000, "fixes #1", "\u2028/merge", "&lt;b&gt;", "\\", "***", "- [ ] x",
)  # fmt: skip
NAMES = st.one_of(
    st.text(), st.sampled_from(HOSTILE), st.lists(st.sampled_from(HOSTILE), min_size=2, max_size=4).map("".join)
)
ESCAPE = "\x1b"


def gates(*said: tuple[str, str, str]) -> tuple[Gate, ...]:
    """Return gates from their section, name and verdict."""
    return tuple(Gate(section, name, verdict, f"{name} is so.") for section, name, verdict in said)  # type: ignore[arg-type]


def small(*said: tuple[str, str, str], commit: str = "b", **more: Any) -> Comparison:
    """Return a comparison of a change with those gates."""
    return Comparison(
        project="p", model="m", purpose="", task="regression", decision="", rows=0, base=Side("main", "a" * 40),
        head=Side("x", commit * 40), outcome="blocked" if any(one[2] == "failed" for one in said) else "ready",
        gates=gates(*said), checks=(), **more,
    )  # fmt: skip


def called(name: str) -> Comparison:
    """Return a comparison in which everything that can be named is named so."""
    story = comparison(better())
    failed = CheckRow(Check("project", name, "failed", f"{name}\n{name}\n/merge"), "failed", note=name)
    change = Change(name, name, name)
    return replace(
        story, project=name, model=name, base=Side(name, "a" * 40), head=replace(story.head, name=name), notes=(name,),
        gates=(Gate(name, name, "failed", name),), checks=(failed,), outcome="blocked", parameters=(change,),
        requirements=(change,), stages=(StageRow(name, "ran", name, 1.0), StageRow("b", "ran", name, 1, after=(name,))),
    )  # fmt: skip


@settings(max_examples=40)
@given(NAMES)
@example("/merge")
@example("<!-- roadworthy review of p -->")
def test_no_name_does_anything_in_a_comment(name: str) -> None:
    """No mention, reference, command, marker, HTML, link or image comes of it, and nothing in it hides or turns."""
    found = called(name)
    then = Since("c" * 40, new=(Finding(name, name, name),), ended=((Finding(name, name, name), "fixed"),))
    text = render(found, then)
    html = re.sub(r"<code[^>]*>.*?</code>", "", READER.render(text.partition("\n")[2]), flags=re.DOTALL)

    assert text.startswith(f"{marker(found.project)}\n## ")
    assert text.count("<!--") == 1
    assert not any(line.lstrip().startswith("/") for line in text.splitlines())
    assert not re.search(r"@\w|#\d|GH-\d|!\d", re.sub(r"&#\d+;", "", html))
    assert set(re.findall(r"<(\w+)", html)) <= {
        "h2", "h3", "p", "ul", "li", "strong", "table", "thead", "tbody", "tr", "th", "td", "details", "summary", "pre",
    }  # fmt: skip
    assert not any(unicodedata.category(one) in {"Cf", "Cc"} and one not in "\n\u2060\u2068\u2069" for one in text)
    assert text.count("\u2068") == text.count("\u2069")


@given(NAMES)
def test_no_name_does_anything_in_the_terminal(name: str) -> None:
    """It neither moves the cursor, nor begins a line of its own, nor hides."""
    for _, line in lines(document(called(name), Since("c" * 40, new=(Finding(name, name, name),)))):
        assert not any(unicodedata.category(one) in {"Cc", "Cf", "Zl", "Zp"} for one in line)


@given(NAMES)
def test_a_name_stays_inside_its_label(name: str) -> None:
    """In a drawing it is letters, digits and numbers of characters: nothing that the language of drawings reads."""
    drawn = flowchart((StageRow("a", "ran", "", 1.0), StageRow(name, "ran", "", 1.0, differs=True, after=("a",))))

    assert re.fullmatch(r"(?:[A-Za-z0-9 ._]|#\d+;|…)*", label(name).replace("#8230;", ""))
    assert len(drawn.splitlines()) == 8
    assert drawn.count("```") == 2
    assert "  s0 --> s1\n" in drawn


def test_a_drawing_that_would_show_nothing_is_none() -> None:
    """One stage, stages without an order, and more than anybody can follow are not drawn."""
    one = StageRow("a", "ran", "", 1.0)
    many = [StageRow(str(at), "ran", "", 1.0, after=(str(at - 1),) if at else ()) for at in range(31)]

    assert [flowchart((one,)), flowchart((one, replace(one, name="b"))), flowchart(many)] == ["", "", ""]


def test_what_is_left_out_is_fixed_and_told() -> None:
    """The first of the ladder goes first, no more than is needed; what is not on it stays."""
    parts = [Part("V" * 10), *(Part(name[4] * 10, name) for name in reversed(LADDER)), Part("F" * 10)]
    whole = 10 * (len(LADDER) + 2)

    for gone in range(len(LADDER) + 1):
        text, left = fit(parts, whole - 10 * gone)
        assert (len(text), left) == (whole - 10 * gone, LADDER[:gone])
    assert fit(parts, 0) == ("V" * 10 + "F" * 10, LADDER)


@pytest.mark.parametrize("letter", ["x", "*", "@a", "`", "\u05d0", "\x00", "#1"])
def test_the_largest_review_fits_and_keeps_its_verdict(letter: str) -> None:
    """However much a change alters, however long and strange its names are."""
    name = letter * 3000
    story = comparison(lost_weather())
    changes = tuple(Change(f"{at} {name}", name, name) for at in range(50))
    checks = tuple(CheckRow(Check("project", f"{at}{name}", "failed", f"{name}\n{name}"), "failed") for at in range(40))
    large = replace(
        story, head=replace(story.head, name=name), base=replace(story.base, name=name), notes=(name,) * 50,
        gates=tuple(Gate(f"{at} {name}", name, "failed", name) for at in range(40)), parameters=changes,
        requirements=changes, checks=checks, metrics=story.metrics * 40,
    )  # fmt: skip
    found = tuple(Finding(f"{at} {name}", name, name) for at in range(40))
    endings: tuple[Ending, ...] = ("fixed", "accepted", "not run any more", "not there any more")
    then = Since("c" * 40, found, found, tuple((one, ending) for one in found for ending in endings))
    text = render(large, then, "https://rw.example/projects/p/changes/1/review")

    assert len(text) <= MOST
    assert "## ✗ Not ready to merge" in text
    assert "Findings: 40 new, 40 unchanged, 160 gone." in text
    assert "[The page](<https://rw.example/projects/p/changes/1/review>)" in text
    assert ("Left out, for a comment would be too long: " in text) == (letter != "x")


def test_a_comment_of_usual_size_leaves_nothing_out() -> None:
    """The story's review is far below what a forge takes, and says all of it."""
    text = render(comparison(lost_weather()))

    assert len(text) < MOST / 4
    assert "Left out" not in text
    assert all(f"### {one}" in text for one in ("Metrics", "Slices", "Changed predictions", "Tests", "Stages"))


def test_numbers_stand_without_images() -> None:
    """Shares have bars of one scale, and differences a line that says on which side of none they lie."""
    text = render(comparison(better()))

    assert re.search(r"\| Broken \| [\d.]+ % \| \d+ \| `[█▏▎▍▌▋▊▉░]{20}` \|", text)
    assert re.search(r"better `·+[│┼]·*─+●─+`", text)


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_bar_is_as_long_as_its_share(value: float, most: float) -> None:
    """It is always of one width; what is more than nothing is seen, and the most of all is full."""
    drawn = bar(value, most)

    assert len(drawn) == 20
    assert (drawn == "░" * 20) == (value == 0 or most == 0)
    assert value < most or most == 0 or drawn == "█" * 20


@given(st.lists(st.floats(-1, 1), min_size=3, max_size=3).map(sorted))
def test_a_line_shows_on_which_side_a_difference_lies(ends: list[float]) -> None:
    """An interval above none is drawn on the right alone, one below on the left alone."""
    low, value, high = ends
    drawn = spread({"value": value, "low": low, "high": high})

    assert len(drawn) == 17
    assert drawn.count("●") == 1
    assert low < 0 or not set(drawn[:8]) & set("─●")
    assert high > 0 or not set(drawn[9:]) & set("─●")
    assert spread({"value": value, "low": None, "high": None}) == ""


def test_what_is_new_since_the_last_review_is_told() -> None:
    """A finding is known by its section and name; only what passes now is fixed."""
    before = small(
        ("Behaviour", "wind", "failed"), ("Behaviour", "carrier", "failed"), ("Data", "key", "failed"),
        ("Stress", "feed", "failed"), ("Evaluation", "auc", "failed"), commit="a",
    )  # fmt: skip
    before = replace(before, gates=(*before.gates, Gate("Production", "current", "failed", "old", whole=True)))
    checks = (
        CheckRow(Check("behaviour", "carrier", "passed", ""), "passed"),
        CheckRow(Check("data", "key", "not_run", ""), "not_run"),
        CheckRow(Check("stress", "feed", "failed", ""), "accepted"),
    )
    now = small(("Behaviour", "wind", "failed"), ("Data", "rows", "vacuous"), ("Behaviour", "carrier", "passed"))
    found = since(keep.body(before), replace(now, checks=checks))

    assert found.commit == "a" * 40
    assert [one.name for one in found.new] == ["rows"]
    assert [one.name for one in found.still] == ["wind"]
    assert {one.name: how for one, how in found.ended} == {
        "carrier": "fixed", "key": "not run any more", "feed": "accepted", "auc": "not there any more",
        "current": "fixed",
    }  # fmt: skip


def test_the_primary_metric_is_told_then_and_now() -> None:
    """As the record of the review before has it."""
    found = since(keep.body(comparison(lost_weather())), comparison(better()))

    assert found.metric is not None
    name, then, now = found.metric
    assert name == "roc_auc"
    assert then != now
    assert f"- `roc_auc`: {then:.3f} then, {now:.3f} now" in render(comparison(better()), found)


def test_a_review_without_a_proof_says_its_verdict_alone() -> None:
    """Nothing is said of tests that were not made."""
    text = render(small(("Check", "the pipeline", "failed")))
    ready = small(("Check", "the pipeline", "passed"))

    assert "###" not in text
    assert "## ✗ Not ready to merge: 1 rule says no" in text
    assert words.headline(ready) == "Nothing speaks against it: nothing was tested"
    assert document(ready)["summary"] == []


def test_a_link_stays_inside_its_brackets() -> None:
    """Whatever it holds."""
    html = READER.render(render(small(), link="https://rw.example/a>(b <script>x"))

    assert html.count("<a ") == 1
    assert "<script" not in html


@pytest.mark.parametrize("line", ["/merge", "  /merge", "\t/x"])
def test_what_was_printed_is_no_command(line: str) -> None:
    """Also where it stands alone in its line."""
    assert not printed(line, 80).lstrip().startswith("/")
    assert printed("a /merge", 80) == "a /merge"


def test_what_is_read_from_right_to_left_turns_nothing() -> None:
    """A Hebrew name is kept apart from the numbers beside it; other names are as they were."""
    assert code("\u05d0 12") == "`\u2068\u05d0 12\u2069`"
    assert prose("\u05d0") == "\u2068\u05d0\u2069"
    assert code("a 12") == "`a 12`"


def test_the_terminal_says_what_the_comment_says() -> None:
    """The verdict first, then why, what is new, and the numbers with their bars."""
    found = comparison(lost_weather())
    then = since(keep.body(comparison(better())), found)
    told = list(lines(document(found, then)))
    text = "\n".join(line for _, line in told)

    assert told[0] == ("bad", words.headline(found))
    assert "Since the last review, of 9a7be4410c9a: 1 new" in text
    assert re.search(r"broken +[\d.]+ %  [█▏▎▍▌▋▊▉░]{20}  \d+ rows", text)
    assert "roc_auc" in text
    assert ESCAPE not in text


def test_poison_stays_text() -> None:
    """What would be HTML or script in every foreign text of a review is none in its comment."""
    html = READER.render(render(poisoned(comparison(lost_weather()))))

    assert not re.search("<script|<img|<style", html)


def test_the_reference_says_what_is_left_out_and_every_key() -> None:
    """The ladder in its order, and each key of the JSON, down to those of its lists; no other."""
    page = (Path(__file__).parents[2] / "docs" / "reference" / "feedback.md").read_text(encoding="utf-8")
    found: Any = document(comparison(better()), since(keep.body(comparison(lost_weather())), comparison(better())))
    listed = re.findall(r"^\| (`.*?`) \| (.*) \|$", page.partition("## The JSON")[2], re.MULTILINE)
    written = {key: told for keys, told in listed for key in re.findall(r"`(\w+)`", keys)}

    assert tuple(re.findall(r"^\d+\. (.+)$", page, re.MULTILINE)) == LADDER
    assert set(written) == set(found)
    for key in ("base", "head", "findings", "since", "gates", "rivals", "measured", "slices", "flips", "checks",
                "changes", "stages"):  # fmt: skip
        first = found[key][0] if isinstance(found[key], list) and found[key] else found[key]
        assert {f"`{name}`" for name in first} <= set(re.findall(r"`\w+`", written[key])), key
