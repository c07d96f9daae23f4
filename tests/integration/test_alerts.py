"""Alerts of a project, from what happens to who is told: signed, repeated, gathered, given up, and never a secret."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import hmac
import json
import time
from typing import TYPE_CHECKING, Any, cast

import pytest

from automated import let_time_pass
from receiver import Receiver, closed_port, mail_server, receiving
from roadworthy.adapters.alert.email import Server
from roadworthy.app.outside.reach import Outside, outside_of
from roadworthy.app.server import hand
from roadworthy.app.server.alerting.send import send_next
from roadworthy.app.server.operate import do_next
from roadworthy.app.server.view.events import events
from roadworthy.platform.automate import jobs
from runner_world import PROJECT, Told
from web_world import World

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

HOOK, CHAT, MAIL = "webhook:pager", "slack:#flight-ops", "email:ops@example.org"
MEMBERS = "members: {mona: maintainer, carl: contributor}"
PROFILE = f"""
alerts:
  - {{to: "{HOOK}", on: [failed_ci, merge]}}
  - {{to: "{CHAT}", on: [failed_ci]}}
  - {{to: "{MAIL}", on: [unreviewed]}}
"""
ALERTS = f"/api/projects/{PROJECT}/alerts"


class Alerted(Told):
    """A platform whose project has alert channels, which may reach loopback."""

    def __init__(self, world: World, folder: Path) -> None:
        super().__init__(world, folder)
        profile = self.tree / "profile.yaml"
        text = profile.read_text(encoding="utf-8").replace("members: {ada: maintainer}", MEMBERS)
        profile.write_text(text + PROFILE, encoding="utf-8")
        self.push("main", "Say whom to tell")
        while do_next(self.platform):
            pass
        with self.platform.database.write() as connection:
            for one in jobs.listed(connection, PROJECT, frozenset({"queued"})):
                jobs.cancel(connection, one.id, "Main is not checked here.")

    def set(self, to: str, url: str) -> Any:
        """Set where a channel is, as Mona."""
        answer = self.mona.send("POST", ALERTS, {"to": to, "url": url})
        assert answer.status == 201, answer.text
        return answer.data["secret"]

    def outside(self, outside: Outside) -> None:
        """Let the server reach this from now on."""
        object.__setattr__(self.platform, "outside", outside)

    def send(self) -> int:
        """Send all whose time has come; return how many messages were tried."""
        number = 0
        while send_next(self.platform, self.world.url):
            number += 1
        return number

    def pass_time(self, seconds: int) -> None:
        """Let a while pass."""
        let_time_pass(self.platform.database, seconds)

    def fail(self, branch: str = "feature/worse") -> int:
        """Push a branch, have a runner hand in that it failed, and return the job."""
        (self.tree / "notes.txt").write_text(branch, encoding="utf-8")
        self.push(branch, "Break it")
        claimed = hand.claim(self.platform, "r", ("check",))
        assert claimed is not None
        number, fence = cast("int", claimed["id"]), cast("int", claimed["fence"])
        hand.complete(self.platform, number, fence, {"outcome": "failed", "summary": "Stage train failed."})
        return number

    def channels(self) -> dict[str, Any]:
        """Return the channels as the API has them, by name."""
        return {one["to"]: one for one in self.mona.get(ALERTS).data}


@pytest.fixture
def told(tmp_path: Path) -> Iterator[Alerted]:
    """Give a platform with a project that has alert channels."""
    with World.open(tmp_path / "world") as world:
        alerted = Alerted(world, tmp_path / "runner")
        alerted.outside(outside_of(["127.0.0.1"], None))
        yield alerted


@pytest.fixture
def there() -> Iterator[Receiver]:
    """Give somebody who receives."""
    with receiving() as found:
        yield found


def verified(secret: str, got: tuple[str, Mapping[str, str], bytes]) -> Any:
    """Return what was received, once its signature was worked out anew as Standard Webhooks says."""
    _, headers, body = got
    number, at = headers["webhook-id"], headers["webhook-timestamp"]
    key = base64.b64decode(secret.removeprefix("whsec_"))
    wanted = hmac.new(key, f"{number}.{at}.".encode() + body, hashlib.sha256).digest()
    assert headers["webhook-signature"] == f"v1,{base64.b64encode(wanted).decode()}"
    assert abs(time.time() - int(at)) < 60
    return json.loads(body)


def test_a_check_that_fails_is_told_signed_and_with_its_place(told: Alerted, there: Receiver) -> None:
    """Each channel that wants it is told once; the event says whom; what is no channel's address comes out nowhere."""
    secret = told.set(HOOK, there.url)
    told.set(CHAT, there.url)
    job = told.fail()
    tried = told.send()

    hook = next(one for one in there.got if "webhook-id" in one[1])
    chat = json.loads(next(one for one in there.got if "webhook-id" not in one[1])[2])
    found = verified(secret, hook)
    assert (tried, len(there.got), found["type"]) == (2, 2, "roadworthy.failed_ci")
    assert found["data"]["notices"][0]["names"]["branch"] == "feature/worse"
    assert found["data"]["notices"][0]["url"] == f"{told.world.url}/projects/{PROJECT}/jobs/{job}"
    assert "The check of feature/worse" in chat["text"]
    first = next(one for one in events(told.platform, PROJECT, None) if one["kind"] == "alert")
    assert [one["did"] for one in first["outcome"]] == [f"tell {CHAT}", f"tell {HOOK}"]
    assert all(one["state"] == "done" for one in first["outcome"])
    for place in told.platform.home.folder.rglob("*"):
        if place.is_file() and not place.name.startswith("identity.db"):
            data = place.read_bytes()
            assert b"canary-91b7" not in data, place
            assert secret.encode() not in data, place
    assert "canary-91b7" not in told.mona.get(ALERTS).text


def test_a_receiver_that_is_down_is_told_later_under_the_same_id(told: Alerted, there: Receiver) -> None:
    """What it may have taken already it knows by the id; what came meanwhile is told with it, as one."""
    told.set(HOOK, there.url)
    there.status = 503
    told.fail()
    told.send()
    told.pass_time(15)
    told.send()
    waiting = told.channels()[HOOK]["jobs"][0]
    there.status = 204
    told.pass_time(60)
    told.send()

    assert (waiting["state"], waiting["attempts"]) == ("queued", 2)
    assert "status 503" in waiting["reason"]
    assert len(there.got) == 3
    assert len({headers["webhook-id"] for _, headers, _ in there.got}) == 1
    assert told.channels()[HOOK]["jobs"][0]["passed"]


def test_a_flood_becomes_one_digest(told: Alerted, there: Receiver) -> None:
    """The first is told at once; what follows within half a minute comes together, with the same job's explanation."""
    told.set(HOOK, there.url)
    for number in range(4):
        told.fail(f"feature/worse-{number}")
        told.send()
    told.pass_time(40)
    told.send()

    bodies = [json.loads(body) for _, headers, body in there.got if "webhook-id" in headers]
    assert [one["type"] for one in bodies] == ["roadworthy.failed_ci", "roadworthy.digest"]
    assert [one["names"]["branch"] for one in bodies[1]["data"]["notices"]] == [
        f"feature/worse-{number}" for number in (1, 2, 3)
    ]


def test_what_says_no_is_given_up_loudly(told: Alerted, there: Receiver) -> None:
    """The page of the project, the list, and the event say so, and why; nothing is tried again."""
    told.set(HOOK, there.url)
    there.status = 410
    told.fail()
    told.send()
    told.pass_time(3600)
    page = told.world.person("mona").get(f"/projects/{PROJECT}").text

    assert [headers["webhook-id"] for _, headers, _ in there.got if "webhook-id" in headers][1:] == []
    last = told.channels()[HOOK]["jobs"][0]
    assert last["state"] == "failed"
    assert "Left after 1 attempt: 127.0.0.1 does not take it (status 410)." in last["reason"]
    assert "An alert was given up" in page
    assert "status 410" in page


def test_who_is_not_set_waits_and_is_told_once_set(told: Alerted, there: Receiver) -> None:
    """The plan of a change and the list say which command is missing; setting it sends what waits."""
    told.fail()
    told.send()
    before = told.channels()[CHAT]
    told.set(CHAT, there.url)
    told.send()

    assert before["lacks"] == f"its address has not been set: `roadworthy alert set '{CHAT}'`"
    assert "has not been set" in before["jobs"][0]["reason"]
    assert len(there.got) == 1
    assert told.channels()[CHAT]["lacks"] is None


def test_the_plan_warns_of_a_channel_without_an_address(told: Alerted) -> None:
    """Before it is merged, who reads the plan knows what else is to be done."""
    profile = told.tree / "profile.yaml"
    more = '  - {to: "mattermost:town-square", on: [deploy]}\n'
    profile.write_text(profile.read_text(encoding="utf-8") + more, encoding="utf-8")
    told.push("feature/told", "Tell the town square")
    plan = told.mona.get(f"/api/projects/{PROJECT}/plan?revision=feature/told").data["steps"]
    lack = "its address has not been set: `roadworthy alert set 'mattermost:town-square'`"

    assert [one["line"] for one in plan] == [f"+ alert mattermost:town-square: profile.yaml asks for it; {lack}"]


def test_an_address_inside_is_refused_until_it_is_allowed(told: Alerted, there: Receiver) -> None:
    """A maintainer cannot have the server ask what is around it."""
    told.outside(Outside())
    told.set(HOOK, there.url.replace("http:", "https:"))
    told.fail()
    told.send()

    assert there.got == []
    assert "stands at no public address" in told.channels()[HOOK]["jobs"][0]["reason"]


def test_a_merge_without_review_is_told_by_mail(told: Alerted) -> None:
    """Through the administrator's mail server; without one, the channel says what is missing."""
    letters: list[str] = []
    lacking = told.channels()[MAIL]["lacks"]
    with mail_server(letters) as port:
        told.outside(
            dataclasses.replace(
                told.platform.outside, mail=Server("127.0.0.1", port, wrapped=False, sender="ci@example.org")
            )
        )
        answer = told.mona.send("POST", f"{ALERTS}/test", {"to": MAIL})
        told.send()

    assert "sends no mail" in lacking
    assert answer.status == 202
    assert len(letters) == 1
    assert "To: ops@example.org" in letters[0]
    assert "mona tries whether alerts" in letters[0]


def test_channels_are_set_tried_and_forgotten(told: Alerted) -> None:
    """By maintainers; each is told to the audit without its address; what is no channel is refused."""
    told.set(CHAT, f"http://127.0.0.1:{closed_port()}/canary-91b7")
    other = told.mona.send("POST", f"{ALERTS}/remove", {"to": HOOK})
    tried = told.mona.send("POST", f"{ALERTS}/test", {"to": CHAT}).data
    told.send()
    job = told.mona.get(f"/api/projects/{PROJECT}/jobs/{tried['job']}").data
    gone = told.mona.send("POST", f"{ALERTS}/remove", {"to": CHAT})
    audit = told.mona.get(f"/api/projects/{PROJECT}/audit")

    assert (other.status, gone.status) == (404, 204)
    assert "is not reached: Connection refused" in job["reason"]
    assert {"alert.set", "alert.remove"} <= {one["action"] for one in audit.data}
    assert "canary-91b7" not in audit.text
    for to, url in (
        ("irc:x", "https://x.org"),
        (MAIL, "https://x.org"),
        (CHAT, "https://a:b@x.org"),
        (CHAT, "file:///x"),
    ):
        assert told.mona.send("POST", ALERTS, {"to": to, "url": url}).status == 400
    assert told.world.program("carl", "write").send("POST", ALERTS, {"to": CHAT, "url": "https://x.org"}).status == 403
