"""What differs in files and notebooks: shown as text, as far as there is room, and nothing that a browser would run."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from review_story import better, comparison
from roadworthy.prove.review.page import render
from roadworthy.prove.review.sources.files import Contents, differing, ordered
from roadworthy.prove.review.sources.lines import hunks
from roadworthy.prove.review.sources.notebook import cells


def notebook(*sources: str, outputs: tuple[Any, ...] = ()) -> str:
    """Return a notebook of code cells; the last with *outputs*."""
    found = [{"cell_type": "code", "source": source, "outputs": []} for source in sources]
    found[-1]["outputs"] = list(outputs)
    return json.dumps({"cells": found, "nbformat": 4})


def contents(path: str, before: bytes | None, after: bytes | None) -> Contents:
    """Return a file that differs."""
    return Contents(path, 1, 1, before, after)


def test_a_line_has_its_number_on_each_side() -> None:
    """What went and what came stand between the three lines around them."""
    old = "\n".join(f"line {at}" for at in range(1, 11))
    (hunk,) = hunks(old, old.replace("line 5", "five"))

    assert [(line.sign, line.before, line.after) for line in hunk[2:6]] == [
        (" ", 4, 4), ("-", 5, None), ("+", None, 5), (" ", 6, 6)
    ]  # fmt: skip
    assert len(hunk) == 8
    assert hunks(old, old) == ()


def test_a_notebook_differs_by_its_cells() -> None:
    """A changed cell is compared line by line; a new one is told as new, with what it printed."""
    printed = {"output_type": "stream", "text": ["auc 0.7\n"]}
    found = cells(notebook("a = 1", "b = 2"), notebook("a = 1", "b = 3", "c", outputs=(printed,)), rows_shown=True)

    assert found is not None
    assert [(cell.number, cell.state) for cell in found] == [(2, "changed"), (3, "added")]
    assert [line.text for line in found[0].hunks[0]] == ["b = 2", "b = 3"]
    assert found[1].outputs == ("auc 0.7\n",)


def test_no_markup_of_an_output_reaches_the_page() -> None:
    """Of an output that a notebook would render, its text is shown, and of the rest that it is there."""
    hostile = "<img src=x onerror=alert(1)><script>alert(2)</script>"
    rich = {
        "output_type": "display_data",
        "data": {"text/html": hostile, "text/plain": hostile, "image/svg+xml": "<svg/>"},
    }
    after = notebook(hostile, outputs=(rich, {"output_type": "error", "ename": hostile, "evalue": "x"}))
    files = differing([contents("notebooks/look.ipynb", None, after.encode())], rows_shown=True)
    html = render(replace(comparison(better()), files=files))

    assert files[0].cells[0].outputs[0].endswith("[text/html, image/svg+xml: not shown]")
    assert "<img src=x" not in html
    assert "<script>alert(2)" not in html
    assert "&lt;img src=x onerror" in html


def test_outputs_and_tables_may_hold_rows() -> None:
    """With `rows: never` neither what a cell printed is shown, nor a file of rows."""
    printed = {"output_type": "stream", "text": "UA1000 was late"}
    files = differing(
        [
            contents("look.ipynb", None, notebook("x", outputs=(printed,)).encode()),
            contents("data/few.csv", b"id\nUA1000\n", b"id\nUA2000\n"),
        ],
        rows_shown=False,
    )

    assert files[0].cells[0].outputs == ("Its output is not shown: it may hold rows.",)
    assert "rows: never" in files[1].why_not
    assert files[1].hunks == ()


@pytest.mark.parametrize("text", ["{", "[]", '{"cells": 3}', "[" * 100_000])
def test_what_is_no_notebook_is_compared_by_its_lines(text: str) -> None:
    """A damaged notebook is a text like others."""
    assert cells(text, text, rows_shown=True) is None
    assert differing([contents("a.ipynb", b"x\n", text.encode())], rows_shown=True)[0].hunks


def test_a_change_of_any_size_has_room() -> None:
    """What goes beyond the room there is, or is no text, is told by name and reason; small files after it are shown."""
    long = "\n".join(f"x{at} = {at}" for at in range(3000)).encode()
    files = differing(
        [
            contents("a.py", b"", long[:3000]), contents("b.py", None, long), contents("c.py", b"1\n", b"2\n"),
            contents("d.bin", b"\0", b"\0\0"), contents("e.txt", b"\xff", b"x"), contents("f.py", b"\n" * 5001, b""),
        ],
        rows_shown=True,
    )  # fmt: skip

    assert [bool(one.hunks) for one in files] == [True, False, True, False, False, False]
    assert [one.why_not for one in files[1::2]] == [
        "the page has no more room", "it is no text", "it has more than 5,000 lines"
    ]  # fmt: skip
    assert len(render(replace(comparison(better()), files=files))) < 2 * 1024 * 1024


def test_what_hides_in_a_line_is_seen() -> None:
    """A line that would read in another order than a machine reads it is shown as it is written."""
    (one,) = differing([contents("a.py", b"", "if admin:\u202e # \u2066 check".encode())], rows_shown=True)
    html = render(replace(comparison(better()), files=(one,)))

    assert "\u202e" not in html
    assert r"if admin:\u202e # \u2066 check" in html


def test_code_is_read_first() -> None:
    """Code comes before its tests, these before declarations and documentation."""
    paths = ["README.md", "tests/test_a.py", "params.yaml", "src/b.py", "src/a.py"]
    kinds = ["documentation", "tests", "declarations", "code", "code"]

    assert [paths[at] for at in ordered(paths, kinds)] == [
        "src/a.py", "src/b.py", "tests/test_a.py", "params.yaml", "README.md"
    ]  # fmt: skip
