"""The pages of projects: what they show of what happened, what can be done on them, and by whom."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

import pytest

from web_story import HOSTILE, LINE, TITLE, Story, tell
from web_world import Client, World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from web_world import Answer

TOY = "/projects/toy"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Give a platform on which a good deal has happened; nothing is changed in it."""
    with World.open(tmp_path_factory.mktemp("world")) as opened:
        tell(opened.platform, tmp_path_factory.mktemp("laptop"))
        yield opened


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[tuple[World, Story]]:
    """Give a platform with a project that was just pushed, to change things in."""
    with World.open(tmp_path) as opened:
        yield opened, Story.begin(opened.platform, tmp_path / "laptop")


def text_of(answer: Answer) -> str:
    """Return what a page says, without its markup."""
    assert answer.status == 200, answer.text
    body = answer.text.partition("<main")[2].partition("</main>")[0]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


def test_the_list_says_how_each_project_stands(world: World) -> None:
    """Its health, checks, what is in place, open changes and one's role; of one without commits, that it has none."""
    mona, ada = world.person("mona"), world.person("ada")
    said = text_of(mona.get("/projects"))

    assert re.search(
        r"toy Whether a <toy> is \"late\"\. healthy main passed develop passed production v1\.0\.0 2 maintainer", said
    )
    assert "flights nothing yet nothing pushed yet \N{EN DASH} 0 maintainer" in said
    assert "trains" not in said
    assert "trains nothing yet nothing pushed yet \N{EN DASH} 0 administrator" in text_of(ada.get("/projects"))


def test_whoever_has_no_project_learns_how_to_get_one(world: World) -> None:
    """The empty list has the command and the form."""
    world.identity.accounts.create("nora", None, display="")
    page = world.person("nora").get("/projects")

    assert "roadworthy project create NAME" in text_of(page)
    assert 'action="/projects"' in page.text


def test_a_project_shows_all_that_stands_about_it(world: World) -> None:
    """Environments, changes, branches with their last check, jobs, members, the plan, the rules, how to clone it."""
    said = text_of(world.person("mona").get(TOY))

    for part in (
        "production v1.0.0 toy#production#1", "staging nothing yet", f"#3 {TITLE} says no {HOSTILE} develop carl",
        "main passed", f"{HOSTILE} says no", "feature/waiting queued", "mona maintainer", "nothing to do",
        "check against develop (feature)", f"git clone {world.url}/git/toy.git",
    ):  # fmt: skip
        assert part in said, part


def test_only_maintainers_are_offered_to_deploy(world: World) -> None:
    """The forms are not on the pages of others, who would be refused."""
    assert f'action="{TOY}/deployments"' in world.person("mona").get(TOY).text
    assert f'action="{TOY}/deployments"' not in world.person("carl").get(TOY).text
    assert world.person("carl").post(f"{TOY}/deployments", version="v1.0.0", environment="staging").status == 403


def test_names_that_others_chose_are_text(world: World) -> None:
    """A branch, a title and a log that would be markup are shown as they are, with what hides in them seen."""
    mona = world.person("mona")
    pages = [mona.get(TOY + path).text for path in ("", "/changes", "/changes/3", "/jobs", "/jobs/8", "/events")]

    for text in pages:
        assert "<img" not in text.replace('<img src="/static', "")
        assert "<b>all" not in text
        assert not re.search(r"<script>|\u202e|\x1b", text)
    assert html.escape(TITLE, quote=False) in pages[2].replace("&#34;", '"')
    assert html.escape(r"<script>alert('log')</script> red \u202ehidden") in pages[4].replace("&#39;", "&#x27;")
    assert LINE not in pages[4]


def test_a_change_says_first_whether_it_can_be_merged(world: World) -> None:
    """And then why not, and every gate."""
    carl = world.person("carl")
    good, bad = carl.get(f"{TOY}/changes/2"), carl.get(f"{TOY}/changes/3")

    assert "It can be merged Job 7 : Every test holds." in text_of(good)
    assert 'action="/projects/toy/changes/2/merge"' in good.text
    assert "The tests say no Job 8 : 1 gate failed: more is never less." in text_of(bad)
    assert "says no Behaviour more is never less 0.80 of rows, 0.95 was asked." in text_of(bad)
    assert "disabled>Merge into develop" in bad.text
    assert 'action="/projects/toy/changes/3/merge"' not in bad.text


def test_a_change_that_nobody_approved_says_so_for_ever(world: World) -> None:
    """On its own page and in the list."""
    rita = world.person("rita")

    assert "merged unreviewed carl opened it" in text_of(rita.get(f"{TOY}/changes/1"))
    assert "Train on more rows merged unreviewed" in text_of(rita.get(f"{TOY}/changes?state=merged"))


def test_a_job_shows_what_came_of_it(world: World) -> None:
    """Its gates, metrics, the stages with who waited for whom, its parameters and its log."""
    page = world.person("rita").get(f"{TOY}/jobs/7")
    said = text_of(page)

    for part in (
        "check of feature/good passed Every test holds.", "on 300 rows", "prepare cached run before",
        "roc_auc 1", "train ran it has no record prepare 1.0 s",
        "Checking out", "Cause event ", "train.rows 10",
    ):  # fmt: skip
        assert part in said, part
    assert '<g class="stage ran"><title>train: ran</title>' in page.text
    assert "Do it again" not in said
    assert "data-src" not in page.text


def test_an_event_says_why_nothing_was_done_and_what_would(world: World) -> None:
    """What main does not deploy by itself is told, with the fix."""
    rita = world.person("rita")
    said = text_of(rita.get(f"{TOY}/events/1"))

    assert "make a version of" in said
    assert "nothing The environment production takes from main when a person says so." in said
    assert "roadworthy deploy VERSION --to production" in said


def test_the_jobs_of_all_projects_are_those_that_one_may_read(world: World) -> None:
    """Otto, who has no role in it, sees none of them."""
    assert "check of feature/good toy passed" in text_of(world.person("carl").get("/jobs"))
    assert "toy" not in text_of(world.person("otto").get("/jobs"))
    assert "feature/waiting" in text_of(world.person("carl").get("/jobs?state=queued"))
    assert "feature/good" not in text_of(world.person("carl").get("/jobs?state=queued"))


def test_lists_go_on_where_the_page_before_ended(world: World) -> None:
    """Only what is older is shown, and the way back."""
    page = world.person("carl").get(f"{TOY}/jobs?before=3")

    assert "check of main" in text_of(page)
    assert "feature/good" not in text_of(page)
    assert f'href="{TOY}/jobs">Newest' in page.text


@pytest.mark.parametrize("path", ["/audit", f"{TOY}/audit"])
def test_the_audit_is_filtered_and_its_chain_is_read(world: World, path: str) -> None:
    """By who and what; and the whole chain is whole."""
    ada = world.person("ada")

    assert "mona change.merge toy/1" in text_of(ada.get(f"{path}?actor=mona&action=change"))
    assert "No entries" in text_of(ada.get(f"{path}?actor=nobody"))
    assert re.search(r"The chain is whole: \d+ entries", text_of(ada.get(f"{path}/verified")))
    assert ada.get(f"{path}?actor=a%00b").status == 422


def test_what_is_not_there_is_not_found(world: World) -> None:
    """Numbers of other projects are as good as none."""
    ada = world.person("ada")
    paths = (
        "jobs/8",
        "jobs/8/report",
        "jobs/8/log/stream",
        "events/1",
        "deliveries/1",
        "changes/1",
        "changes/1/review",
        "changes/1/report",
    )

    assert {ada.get(f"/projects/flights/{path}").status for path in paths} == {404}
    assert {ada.send("POST", f"/projects/flights/jobs/8/{do}", {}).status for do in ("cancel", "retry")} == {404}


def test_every_form_wants_the_proof_of_its_page(world: World) -> None:
    """Without it, nothing is done."""
    mona = world.person("mona")
    forms = [
        "/projects", *(f"{TOY}/{path}" for path in (
            "changes", "changes/2/merge", "changes/2/close", "deployments", "rollbacks", "jobs/9/cancel",
            "jobs/8/retry", "deliveries/1/replay",
        )),
    ]  # fmt: skip

    assert {path: mona.post(path, csrf="another").status for path in forms} == dict.fromkeys(forms, 403)


def test_a_project_is_made_on_the_page(fresh: tuple[World, Story]) -> None:
    """Whoever makes it is led there; a name that cannot be one is refused, and kept in the field."""
    carl = fresh[0].person("carl")
    refused = carl.post("/projects", name="../up")
    made = carl.post("/projects", name="weather")

    assert refused.status == 400
    assert 'value="../up"' in refused.text
    assert (made.status, made.headers["location"]) == (303, "/projects/weather")
    assert "roadworthy new weather" in text_of(carl.get("/projects/weather"))


def opened(client: Client, branch: str) -> str:
    """Open a change on the page, and return where it is."""
    done = client.post(f"{TOY}/changes", title="Count more", branch=branch, target="develop")
    assert done.status == 303, done.text
    return done.headers["location"]


def test_a_change_is_opened_merged_and_closed_on_pages(fresh: tuple[World, Story]) -> None:
    """Not before its check passed; and what was merged is not merged or closed again."""
    world, story = fresh
    carl = world.person("carl")
    story.branch("feature/more", "more")
    place = opened(carl, "feature/more")
    early = carl.post(f"{place}/merge")
    while "passed" not in text_of(carl.get(place)):
        story.check()
    merged = carl.post(f"{place}/merge")
    story.branch("feature/other", "other")
    closed = carl.post(f"{opened(carl, 'feature/other')}/close")

    assert early.status == 422
    assert "cannot be merged" in early.text
    assert (merged.status, closed.status) == (303, 303)
    assert "merged unreviewed" in text_of(carl.get(place))
    assert carl.post(f"{place}/close").status == 409
    assert carl.post(f"{TOY}/changes", title="x", branch="none", target="develop").status == 404


def test_a_reason_stands_for_the_approvals_that_are_asked_for(fresh: tuple[World, Story]) -> None:
    """A maintainer is asked for one, a contributor is not; it stands in the audit."""
    world, story = fresh
    profile = story.local.folder / "profile.yaml"
    profile.write_text(profile.read_text() + 'reviewers: {software: ["user:mona"]}\n')
    story.branch("release/1", "ask for approvals", start="main")
    for _ in range(3):
        story.check()
    number = story.propose("release/1", "Ask for approvals", "main")
    story.merge(number)
    story.check()
    story.branch("feature/more", "more", start="develop")
    place = opened(world.person("carl"), "feature/more")
    story.check()
    mona = world.person("mona")
    offered = mona.get(place).text
    done = mona.post(f"{place}/merge", reason="It is <urgent>.")

    assert 'name="reason"' in offered
    assert 'name="reason"' not in world.person("carl").get(place).text
    assert done.status == 303
    assert "reason: It is <urgent>." in text_of(mona.get(f"{TOY}/audit?action=change.merge"))


def test_a_version_is_deployed_on_the_page(fresh: tuple[World, Story]) -> None:
    """Only one that there is, and only when what one saw in its place still is; what is refused says why, there."""
    world, story = fresh
    story.check()
    story.check()
    mona = world.person("mona")
    none = mona.post(f"{TOY}/deployments", version="v9.0.0", environment="staging")
    nothing = mona.post(f"{TOY}/rollbacks", environment="staging")
    done = mona.post(f"{TOY}/deployments", version="v1.0.0", environment="staging")
    stale = mona.post(f"{TOY}/deployments", version="v1.0.0", environment="production", expect="v1.0.0")
    said = text_of(mona.get(TOY))

    assert 'name="expect" value="v1.0.0"' in mona.get(TOY).text
    assert (none.status, nothing.status, done.status, stale.status) == (404, 404, 303, 409)
    assert "There is no version v9.0.0" in none.text
    assert "<h1><bdi>toy</bdi></h1>" in none.text
    assert re.search(r"staging v1\.0\.0 toy#staging#1 , just now http://127\.0\.0\.1:\d+", said)
    assert "mona deployment.deploy staging" in text_of(mona.get(f"{TOY}/audit?action=deployment"))


def test_a_job_is_cancelled_and_done_again_on_its_page(fresh: tuple[World, Story]) -> None:
    """And one that has passed is not."""
    world, story = fresh
    carl, rita = world.person("carl"), world.person("rita")
    cancelled = carl.post(f"{TOY}/jobs/2/cancel")
    said = text_of(carl.get(f"{TOY}/jobs/2"))
    again = carl.post(f"{TOY}/jobs/2/retry")

    assert (cancelled.status, again.status) == (303, 303)
    assert "cancelled carl cancelled it." in said
    assert "check of main queued" in text_of(carl.get(f"{TOY}/jobs/2"))
    assert carl.post(f"{TOY}/jobs/1/retry").status == 409
    assert rita.post(f"{TOY}/jobs/2/cancel").status == 403
    assert "Cancel" not in text_of(rita.get(f"{TOY}/jobs/2"))
    assert story.check()


def test_a_delivery_is_looked_at_again(fresh: tuple[World, Story]) -> None:
    """What has been done stays so, and that nothing had moved is said."""
    carl = fresh[0].person("carl")
    first = carl.get(f"{TOY}/deliveries/1")
    again = carl.post(f"{TOY}/deliveries/1/replay")
    said = text_of(carl.get(again.headers["location"]))

    assert "hook, carl" in text_of(first)
    assert f'action="{TOY}/deliveries/1/replay"' in first.text
    assert again.status == 303
    assert "Looks again at delivery 1" in said
    assert "It led to no event" in said
