"""What a project has evidence of, on pages and by the API: found, compared, exported, and never of another project."""

from __future__ import annotations

import csv
import io
import re
import time
from typing import TYPE_CHECKING, Any

import pytest

from roadworthy.cli.examples import EXAMPLES
from roadworthy.web.app import guarded
from roadworthy.web.show.csv import as_csv
from web_evidence import BIRTHDAY, DATA, EVIL, FORMULA, fill, tell_more
from web_world import World

if TYPE_CHECKING:
    from collections.abc import Iterator

    from web_world import Client

TOY, API = "/projects/toy", "/api/projects/toy"
LISTS = (
    f"{API}/runs", f"{API}/data", f"{API}/data/tests", f"{API}/versions", f"{API}/environments",
    f"{API}/environments/production",
    f"{API}/failure-modes", f"{API}/readiness", f"{API}/people", f"{API}/health", f"{API}/jobs", f"{API}/changes",
    f"{API}/events", f"{API}/deliveries", f"{API}/audit", f"{API}/rules", "/api/projects", "/api/audit", "/api/jobs",
    "/api/accounts", "/api/tokens",
)  # fmt: skip
ROWS = ("runs", "checks", "tests", "reasons", "predictions")  # what a list is called that is not all of an answer
PAGES = ("runs", "data", "versions", "environments", "failure-modes", "readiness", "people", "settings")
WITHOUT_TWIN = {
    "/": "it leads on",
    "/sign-in": "a program shows a token, or POSTs",
    "/join/{secret}": "an invitation is for a person",
    "/account/sessions": "of browsers, seen in person alone",
    "/account/tokens": "/api/tokens",
    "/design": "nothing but looks",
    "/health": "it is data itself",
    "/static/{digest}/{name}": "styles and scripts",
    "/projects/{project}/audit/verified": "/api/audit/verified: the chain is of the whole platform",
    "/projects/{project}/jobs/{job}/log/stream": "/api/projects/{project}/jobs/{job}/log, from an offset on",
    "/projects/{project}/jobs/{job}/report": "a document, under an address that the job names",
    "/projects/{project}/changes/{number}/report": "likewise",
    "/projects/{project}/changes/{number}/rows": "the rows of that document, which asks for them",
    "/projects/{project}/changes/{number}/approvals/{record}/report": "likewise",
}
MANY = 10_000
SECONDS = 0.3  # for a page of that many


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Give a platform with evidence of every kind."""
    with World.open(tmp_path_factory.mktemp("world")) as opened:
        tell_more(opened.platform, tmp_path_factory.mktemp("laptop"))
        yield opened


@pytest.fixture
def rita(world: World) -> Client:
    """Give somebody who reads the projects, and no more."""
    return world.person("rita")


def runs(client: Client, query: str = "") -> list[dict[str, Any]]:
    """Return the runs that are found."""
    found: list[dict[str, Any]] = client.get(f"{API}/runs{query}").data["runs"]
    return found


def test_runs_are_found_by_words_and_by_comparing(rita: Client) -> None:
    """By a metric, a parameter, a branch; all words must fit; what is compared with a word is a word."""
    assert {one["metrics"]["roc_auc"] for one in runs(rita, "?q=roc_auc%3E=0.72%20train.trees%3C300")} == {0.72, 0.73}
    assert {one["branch"] for one in runs(rita, "?q=feature/good")} == {"feature/good"}
    assert {one["params"]["train"] if "train" in one["params"] else one["params"]["train.note"]
            for one in runs(rita, "?q=train.note=plain")} == {"plain"}  # fmt: skip
    assert runs(rita, "?q=roc_auc%3E=0.72%20nobody") == []
    assert {one["verdict"] for one in runs(rita, "?verdict=failed")} == {"failed"}


def test_runs_are_sorted_by_any_value_and_what_lacks_it_comes_last(rita: Client) -> None:
    """Whichever way."""
    up = [one["metrics"].get("log_loss") for one in runs(rita, "?sort=log_loss")]
    down = [one["metrics"].get("log_loss") for one in runs(rita, "?sort=-log_loss")]
    there = [one for one in up if one is not None]

    assert there == sorted(there)
    assert [one for one in down if one is not None] == sorted(there, reverse=True)
    assert up[len(there) :] == down[len(there) :] == [None] * (len(up) - len(there))


def test_a_pinned_run_is_what_others_are_held_against(rita: Client) -> None:
    """The difference stands under each metric, and the list is an address that can be sent to somebody."""
    best = runs(rita, "?sort=-roc_auc&q=train.trees%3E0")[0]
    page = rita.get(f"{TOY}/runs?pin={best['run']}&sort=roc_auc&q=train.trees%3E0").text

    assert "Metrics are held against" in page
    assert "\N{MINUS SIGN}0.040" in page
    assert f'name="pin" value="{best["run"]}"' in page


def test_two_to_six_runs_are_compared_value_by_value(rita: Client) -> None:
    """What differs from the pinned one is marked; `diff` leaves out the rest."""
    chosen = runs(rita, "?q=train.trees%3E0")[:3]
    query = "&".join(f"run={one['run']}" for one in chosen)
    whole = rita.get(f"{API}/runs/compare?{query}&pin={chosen[1]['run']}").data
    diff = rita.get(f"{API}/runs/compare?{query}&pin={chosen[1]['run']}&diff=true").data
    (metric,) = [one for one in whole["rows"] if (one["group"], one["name"]) == ("metric", "roc_auc")]

    assert metric["values"] == [one["metrics"]["roc_auc"] for one in chosen]
    assert metric["changes"][1] is None
    assert metric["differs"]
    assert [one for one in whole["rows"] if one["differs"]] == diff["rows"] != whole["rows"]
    assert {"run", "metric", "check", "parameter", "data", "stage", "output", "environment"} == {
        one["group"] for one in whole["rows"]
    }


@pytest.mark.parametrize("count", [0, 1, 7])
def test_other_numbers_of_runs_are_not_compared(rita: Client, count: int) -> None:
    """The page says how many to choose."""
    query = "&".join(f"run={one['run']}" for one in runs(rita)[:count])
    answer = rita.get(f"{TOY}/runs/compare?{query}")

    assert answer.status == 400
    assert "Choose 2 to 6 different ones." in answer.text


def test_a_run_that_is_gone_is_told_of(rita: Client) -> None:
    """On its own page, among those that are compared, and as what others are held against."""
    gone, there = f"blake3:{'0' * 64}", runs(rita)[0]["run"]
    own, among = rita.get(f"{TOY}/runs/{gone}"), rita.get(f"{TOY}/runs/compare?run={gone}&run={there}")
    pinned = rita.get(f"{TOY}/runs?pin={gone}")

    assert (own.status, among.status, pinned.status) == (404, 404, 200)
    for answer in (own, among, pinned):
        assert "its record is not kept any more" in answer.text


def test_nothing_of_another_project_is_shown(world: World) -> None:
    """Neither to who may read both, under the other's name, nor to who may read one alone."""
    run = runs(world.person("rita"))[0]["run"]
    ada, otto = world.person("ada"), world.person("otto")

    assert ada.get(f"/projects/trains/runs/{run}").status == 404
    assert ada.get(f"/api/projects/trains/runs/{run}").status == 404
    assert ada.get(f"/api/projects/trains/runs/compare?run={run}&run=blake3:{'1' * 64}").status == 404
    assert ada.get("/projects/trains/versions/v1.0.0").status == 404
    assert ada.get(f"/projects/trains/data/versions?path={DATA}").status == 404
    assert ada.get("/projects/trains/failure-modes/FM-001").status == 404
    assert {otto.get(f"{TOY}/{name}").status for name in (*PAGES, f"runs/{run}")} == {403}
    assert {otto.get(f"{API}/{name}").status for name in (*PAGES, f"runs/{run}")} == {403}


def test_no_text_of_a_project_becomes_markup(rita: Client) -> None:
    """Subjects, sources, checks, titles, cards and parameters stand as they were written."""
    failing = next(one for one in runs(rita, "?verdict=failed&q=train.trees%3E0"))
    paths = ("failure-modes", "failure-modes/FM-001", "data", f"data/versions?path={DATA}", f"runs/{failing['run']}")
    for path in paths:
        page = rita.get(f"{TOY}/{path}").text

        assert "&lt;img src=x onerror=alert(1)&gt;" in page
        assert EVIL not in page


@pytest.mark.parametrize("path", LISTS)
def test_every_list_is_exported_as_json_and_csv(world: World, path: str) -> None:
    """The same rows in both; nothing in the CSV is carried out by a spreadsheet."""
    ada = world.person("ada")
    answer = ada.get(f"{path}?form=csv")
    data = ada.get(path).data
    rows = data if isinstance(data, list) else next(data[name] for name in ROWS if name in data)
    lines = list(csv.reader(io.StringIO(answer.text)))

    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"].startswith("attachment; filename=")
    assert len(lines) == len(rows) + bool(rows)
    assert [cell for line in lines for cell in line if cell.startswith(("=", "+", "@"))] == []


def test_another_form_is_refused(rita: Client) -> None:
    """As any value that a request may not have."""
    assert rita.get(f"{API}/runs?form=xml").status == 422
    assert rita.get(f"{API}/people?form=xml").status == 422


def test_a_formula_in_a_cell_is_text() -> None:
    """Whatever a text begins with that a spreadsheet would carry out; numbers stay numbers."""
    assert as_csv([{"a": FORMULA, "b": -1.5, "c": "-x"}]) == f"a,b,c\r\n{_quoted(chr(39) + FORMULA)},-1.5,'-x\r\n"
    assert as_csv([]) == ""


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def test_data_has_its_versions_and_what_differs_between_two(rita: Client) -> None:
    """By the pins in git, without reading a byte of the data."""
    (one,) = rita.get(f"{API}/data").data
    newer, older = rita.get(f"{API}/data/versions?path={DATA}").data
    addresses = f"before={older['address']}&after={newer['address']}"
    changed = rita.get(f"{API}/data/changed?path={DATA}&{addresses}").data
    page = rita.get(f"{TOY}/data/versions?path={DATA}").text

    assert (one["path"], one["versions"], one["size"]) == (DATA, 2, 9_200_000)
    assert newer["from"] == {"url": "https://example.com/rows?<b>"}
    assert (changed["before"]["size"], changed["after"]["size"], changed["is_same"]) == (8_100_000, 9_200_000, False)
    assert "8.1 MB → 9.2 MB" in page
    assert rita.get(f"{API}/data/versions?path=../../etc/passwd").status == 404
    assert rita.get(f"{API}/data/versions?path=:(glob)**").status == 404


def test_a_version_is_led_back_to_its_run_and_commit_and_on_to_where_it_is(rita: Client) -> None:
    """Each step of the line names what it comes from."""
    found = rita.get(f"{API}/versions/v1.0.0").data
    line = {one["kind"]: one for one in found["lineage"]}
    page = rita.get(f"{TOY}/versions/v1.0.0").text

    assert line["predictions"]["needs"] == [line["environment"]["name"]]
    assert line["environment"]["needs"] == [line["version"]["name"]]
    assert line["version"]["needs"] == [line["run"]["name"]]
    assert line["commit"]["name"] in line["run"]["needs"]
    assert f'href="{TOY}/runs/{found["version"]["run"]}"' in page
    assert found["version"]["environments"] == ["production"]


def test_predictions_are_counted_by_version_and_no_value_is_shown(rita: Client) -> None:
    """Each leads to its version; the inputs, keys and outputs of rows stay in the log."""
    data = rita.get(f"{API}/environments/production").data
    page = rita.get(f"{TOY}/environments/production").text

    assert data["answered"] == [
        {"version": "v1.0.0", "verdict": "in_scope", "rows": 60}, {"version": "v1.0.0", "verdict": "refused", "rows": 3}
    ]  # fmt: skip
    assert len(data["predictions"]) == 50
    assert f'href="{TOY}/versions/v1.0.0"' in page
    assert BIRTHDAY not in page
    assert BIRTHDAY not in str(data)
    assert rita.get(f"{TOY}/environments/none").status == 404
    assert rita.get(f"{TOY}/environments/..%2F..").status == 404


def test_a_failure_mode_shows_its_last_test_and_makes_health_a_word(rita: Client) -> None:
    """The list, its page and the project's health say the same."""
    (one,) = rita.get(f"{API}/failure-modes").data
    health = rita.get(f"{API}/health").data

    assert (one["id"], one["severity"], one["status"]) == ("FM-001", "high", "open")
    assert one["tested"]["run"] in rita.get(f"{TOY}/failure-modes/FM-001").text
    assert health["word"] == "attention"
    assert "1 grave failure mode is open" in [reason["why"] for reason in health["reasons"]]
    assert "1 grave failure mode is open" in rita.get("/projects").text


def test_readiness_counts_what_records_say_was_executed(rita: Client) -> None:
    """28 tests in four sections; the score is the least of them; nothing counts that is too old."""
    found = rita.get(f"{API}/readiness").data

    assert len(found["tests"]) == 28
    assert found["score"] == min(found["sections"].values())
    assert max(found["sections"].values()) > 0
    assert any(each["evidence"] for each in found["tests"])


def test_empty_pages_say_which_command_fills_them(rita: Client) -> None:
    """And each is a command that there is."""
    shown = "".join(rita.get(f"/projects/flights/{name}").text for name in PAGES)
    typed = re.findall(r"(?:<code>|&amp;&amp; )roadworthy ([a-z-]+)(?: ([a-z-]+))?", shown)

    assert {name for name, _ in typed} >= {"data", "release", "redteam", "deploy", "new", "contract"}
    assert [one for one in typed if one[0] not in EXAMPLES and " ".join(one) not in EXAMPLES] == []


def test_settings_are_those_of_the_profile(rita: Client) -> None:
    """Under the keys that stand in the file."""
    found = rita.get(f"{API}/settings").data

    assert found["profile"]["environments"]["staging"]["from"] == "develop"
    assert "staging.from" in rita.get(f"{TOY}/settings").text


def test_every_page_has_its_twin_in_the_api(world: World) -> None:
    """Under the same path, after `/api`; what has none has its reason."""
    paths = {route.path for route in guarded(world.app) if "GET" in (route.methods or ())}
    alone = {path for path in paths if not path.startswith("/api") and f"/api{path}" not in paths}

    assert alone == set(WITHOUT_TWIN)


def test_of_a_huge_log_its_end_is_shown(world: World, rita: Client) -> None:
    """And the whole is a link: the page stays light whatever a job prints."""
    place = world.platform.home.job_log(7)
    place.write_bytes(b"a line that says little\n" * 2_000_000 + b"the last line\n")
    begun = time.process_time()
    answer = rita.get(f"{TOY}/jobs/7")

    assert answer.status == 200
    assert "the last line" in answer.text
    assert len(answer.text) < 2_000_000
    assert time.process_time() - begun < 3


def test_ten_thousand_runs_are_found_sorted_and_paged_at_once(world: World) -> None:
    """Within 0.3 s of this process, which is server and client: whatever else the machine does."""
    fill(world.platform, "trains", MANY)
    otto = world.person("otto")
    otto.get("/projects/trains/runs")
    took = {}
    for query in ("", "?page=200", "?sort=-roc_auc", "?q=roc_auc%3E=0.8%20train.trees%3E1000&sort=log_loss"):
        tries = []
        for _ in range(3):
            begun = time.process_time()
            answer = otto.get(f"/projects/trains/runs{query}")
            tries.append(time.process_time() - begun)
        assert answer.status == 200
        took[query] = min(tries)

    assert {query: seconds for query, seconds in took.items() if seconds > SECONDS} == {}
    assert otto.get("/api/projects/trains/runs?page=200").data["total"] == MANY
    assert len(otto.get("/api/projects/trains/runs?page=200").data["runs"]) == 50
