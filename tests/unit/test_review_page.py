"""The review's page: complete in itself, small, and never misled by a name."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest

from review_poison import PAYLOAD, poisoned
from review_story import better, comparison, lost_weather, without_production
from roadworthy.prove.proof import Check
from roadworthy.prove.review.comparison import CheckRow, Comparison, Gate, Side
from roadworthy.prove.review.page import render

if TYPE_CHECKING:
    from roadworthy.prove.measures import FlipExample

LARGEST = 2 * 1024 * 1024
LINKING = {"src", "href", "action", "formaction", "data", "poster", "background", "srcset", "style"}


class Page(HTMLParser):
    """What a browser would see: elements with their attributes, scripts and styles, and the text besides."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.held: dict[str, list[str]] = {"script": [], "style": []}
        self.text = ""
        self._inside = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag in self.held:
            self._inside = tag
            self.held[tag].append("")

    def handle_endtag(self, tag: str) -> None:
        """Leave a script or a style."""
        self._inside = "" if tag == self._inside else self._inside

    def handle_data(self, data: str) -> None:
        """Note text."""
        if self._inside:
            self.held[self._inside][-1] += data
        else:
            self.text += data

    def all(self, tag: str) -> list[dict[str, str]]:
        """Return the attributes of every element *tag*."""
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def policy(self) -> dict[str, list[str]]:
        """The content security policy: directive → sources."""
        meta = next(one for one in self.all("meta") if one.get("http-equiv") == "Content-Security-Policy")
        parts = (part.split() for part in meta["content"].split(";"))
        return {part[0]: part[1:] for part in parts}

    def specs(self) -> list[dict[str, Any]]:
        """Return the plots' specifications."""
        kinds = [one.get("type") for one in self.all("script")]
        return [json.loads(text) for kind, text in zip(kinds, self.held["script"], strict=True) if kind]


def nothing_known() -> Comparison:
    """Return a comparison with nothing but its two ends."""
    return Comparison(
        project="p", model="m", purpose="", task="regression", decision="", rows=0,
        base=Side("main", "a" * 40), head=Side("x", "b" * 40), outcome="ready", gates=(), checks=(),
    )  # fmt: skip


@pytest.fixture(scope="module")
def page() -> Page:
    """Return the page of the better change."""
    return Page(render(comparison(better())))


def test_the_page_allows_no_script_but_its_own_by_hash(page: Page) -> None:
    """The policy names each script and style by its digest, and allows neither inline code nor eval."""
    scripts = [text for one, text in zip(page.all("script"), page.held["script"], strict=True) if "type" not in one]

    def digest(text: str) -> str:
        return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

    assert page.policy["default-src"] == ["'none'"]
    assert sorted(page.policy["script-src"]) == sorted(map(digest, scripts))
    assert page.policy["style-src"] == [digest(text) for text in page.held["style"]]
    assert not any("unsafe" in source for sources in page.policy.values() for source in sources)


def test_the_page_loads_nothing(page: Page) -> None:
    """No element names an address but a place on the page itself, and no specification names data elsewhere."""
    addresses = {value for _, attributes in page.elements for name, value in attributes.items() if name in LINKING}
    keys = re.findall(r'"(url|href|src)":', "".join(map(json.dumps, page.specs())))

    assert all(address.startswith("#") for address in addresses)
    assert keys == []
    assert not page.all("link")
    assert not page.all("iframe")


def test_every_number_of_a_plot_stands_in_a_table(page: Page) -> None:
    """Without scripts the page still tells all: each plot has its numbers beside it, opened."""
    plots = [one["data-plot"] for one in page.all("figure")]
    opened = [one for one in page.all("details") if one.get("class") == "numbers" and "open" in one]

    assert plots == ["calibration", "histogram", "slices", "thresholds", "floor", "movement"]
    assert len(opened) == len(plots)
    assert "Numbers" in page.text
    assert "roc_auc" in page.text


def test_the_page_says_what_came_of_the_change(page: Page) -> None:
    """Verdict, metrics with their differences, changed predictions, tests, changes, complexity and stages are told."""
    told = (
        "Ready to merge",
        "primary",
        "broken: right before",
        "more wind is never safer",
        "train.learner",
        "scikit-learn",
        "late_share_table in src/flight_delay/rates.py",
        "what differs from the base",
    )

    assert [part for part in told if part not in page.text] == []


def test_a_blocked_change_says_why() -> None:
    """The page of a refused change opens with the tests that refuse it."""
    found = Page(render(comparison(lost_weather())))

    assert "Not ready to merge: 1 test says no" in found.text
    assert "Against production, negative flips beyond the noise floor." in found.text
    assert "more than the 0.5 % allowed" in found.text


def test_sentences_show_code_as_code_and_a_true_minus() -> None:
    """What stands between backticks is code, and a loss has the same minus as in the tables."""
    found = comparison(lost_weather())
    refusing = replace(found.gates[-1], section="Data", verdict="failed", reason="Run `roadworthy test`: it is -0.3.")
    html = render(replace(found, gates=(refusing,)))

    assert "Run <code>roadworthy test</code>: it is \u22120.3." in html


def test_the_headline_counts_tests_as_the_table_does() -> None:
    """A rule about the change as a whole is no row of the tests, and so is counted beside them."""
    found = comparison(lost_weather())
    rule = Gate("Commit", "the run is of the commit alone", "failed", "Commit them.", whole=True)

    assert "Not ready to merge: 1 test says no" in render(found)
    assert "Not ready to merge: 1 test and 1 rule say no" in render(replace(found, gates=(rule, *found.gates)))


def test_without_production_the_base_is_compared_with() -> None:
    """Before anything is deployed, flips against the base are shown, and the gate is said not to have run."""
    found = Page(render(comparison(without_production())))

    assert "Nothing is deployed in production yet." in found.text
    assert "No gate judges that" in found.text


def test_a_hundred_thousand_flips_fit_on_a_page() -> None:
    """However many predictions changed, the page holds examples of them and stays below 2 MB."""
    found = comparison(lost_weather())
    measure = found.flips[0].measure
    many: list[FlipExample] = [measure["broken"][at % len(measure["broken"])] for at in range(100_000)]
    flooded = replace(found.flips[0], measure={**measure, "broken": many, "fixed": many, "negative_count": 100_000})

    assert len(render(replace(found, flips=(flooded,))).encode()) <= LARGEST


@pytest.mark.parametrize("story", [better, lost_weather, without_production])
def test_a_hostile_name_is_never_markup(story: Any) -> None:
    """Whatever a branch, file, column, category, test or stage is called, no element or attribute comes of it."""
    plain, hostile = (Page(render(found)) for found in (comparison(story()), poisoned(comparison(story()))))
    attributes = {name for _, found in hostile.elements for name in found}

    assert [tag for tag, _ in hostile.elements] == [tag for tag, _ in plain.elements]
    assert not any(name.startswith("on") for name in attributes)
    assert hostile.policy == plain.policy
    assert "<img src=x" in hostile.text


def test_a_hostile_name_stays_inside_its_specification() -> None:
    """A name in a plot is a value of its data; it ends neither the script that holds it nor becomes a field."""
    html = render(poisoned(comparison(better())))
    held = [text for text in Page(html).held["script"] if "vega-lite/v6" in text and text.startswith('{"$schema"')]

    assert len(held) == len(Page(html).specs()) > 0
    assert not any("<" in text for text in held)
    assert not any(PAYLOAD in field for spec in Page(html).specs() for field in _fields(spec))


def test_nothing_hides_in_a_name() -> None:
    """Characters that turn the text around them, or that are not seen, are shown as escapes."""
    html = render(poisoned(comparison(better())))

    assert "\u202e" not in html
    assert r"\u202e" in html


def test_a_page_with_nothing_known_is_still_a_page() -> None:
    """No metrics, no tests, no stages, no flips: the page says so of each."""
    found = Page(render(nothing_known()))

    assert "No metric was measured" in found.text
    assert "No test is declared" in found.text
    assert "the run of this commit is not in the ledger" in found.text.lower()
    assert found.all("figure") == []


def _fields(spec: Any) -> list[str]:
    match spec:
        case dict():
            own = [
                str(value) for key, value in spec.items() if key in {"field", "expr", "signal", "calculate", "filter"}
            ]
            return own + [found for key, value in spec.items() if key != "values" for found in _fields(value)]
        case list():
            return [found for value in spec for found in _fields(value)]
        case _:
            return []


def test_model_tests_stand_as_a_matrix() -> None:
    """Each capability has a cell for each kind that was tried: how many tests passed, and what share of rows failed."""
    about = {"capability": "the <b>weather</b>", "rows": 200}
    wind = Check("behaviour", "wind", "failed", "", {**about, "kind": "directional", "wrong": 30})
    rain = Check("behaviour", "rain", "passed", "", {**about, "kind": "invariance", "wrong": 0})
    rows = (CheckRow(wind, "failed"), CheckRow(rain, "passed"))
    seen = Page(render(replace(nothing_known(), checks=rows)))

    assert "the <b>weather</b>invariance1/1 passed, 0 % of 200 fail" in seen.text
    assert "directional0/1 passed, 15 % of 200 fail" in seen.text
    assert "Model tests by capability" not in Page(render(replace(nothing_known(), checks=rows[:1]))).text
