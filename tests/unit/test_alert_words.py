"""What alerts say: harmless whatever was named, signed as Standard Webhooks says, the same under the same id."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadworthy.adapters.alert.email import Server, letter
from roadworthy.adapters.alert.webhook import content, signature
from roadworthy.errors import UsageError
from roadworthy.platform.alert.inert import LONGEST, for_markdown, for_slack, inert
from roadworthy.platform.alert.notice import MOST, Message, Notice, notices_of, payload
from roadworthy.platform.alert.words import words

HOSTILE = (
    "<!here> @channel <https://evil.example|ok> [ok](https://evil.example) www.evil.example \u202edlrow\r\n`x` *b*"
)


def message(*says: str, more: int = 0) -> Message:
    """Return a message of one notice for each sentence."""
    notices = tuple(Notice("failed_ci", one, f"/projects/p/jobs/{at}", 1_000 * at) for at, one in enumerate(says, 1))
    return Message("p", "slack:#ops", notices, more, "https://ml.example.org")


def test_a_signature_is_that_of_the_standard() -> None:
    """The example that Standard Webhooks publishes is signed as it says."""
    body = b'{"event_type":"ping","data":{"success":true}}'

    found = signature("whsec_plJ3nmyCDGBKInavdOK15jsl", "msg_loFOjxBNrRLzqYUf", 1731705121, body)

    assert found == "v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0="


@given(st.text())
def test_nothing_that_was_named_wakes_anybody(text: str) -> None:
    """No line break, no turned writing, no call by @, no bare link; and never longer than a limit."""
    found = inert(f"{text}@channel https://{text}")

    assert all(one.isprintable() or one == "\u200b" for one in found)
    assert not re.search(r"@\S|://|\bwww\.", found.replace("\u200b", " "))
    assert len(found.replace("\u200b", "")) <= LONGEST


@given(st.text())
def test_slack_sees_no_sign_of_its_own(text: str) -> None:
    """What is in angle brackets calls people, or is a link: there are none."""
    found = for_slack(text + HOSTILE)

    assert "<" not in found
    assert ">" not in found


@given(st.text())
def test_markdown_sees_text_alone(text: str) -> None:
    """Every sign that means something stands behind a backslash."""
    found = for_markdown(text + HOSTILE)

    assert not re.search(r"[!-/:-@\[-`{-~]", re.sub(r"\\[!-/:-@\[-`{-~]", "", found))


def test_one_thing_is_told_with_its_place_and_many_in_a_list() -> None:
    """A digest says how many things happened, each in a line, and how many it leaves out."""
    one, many = words(message("It broke."), inert, "<{}>"), words(message("A.", "B.", more=7), inert, "<{}>")

    assert one == "p: It broke.\n<https://ml.example.org/projects/p/jobs/1>"
    assert many.splitlines()[0] == "p: 9 things happened"
    assert many.splitlines()[1] == "A. <https://ml.example.org/projects/p/jobs/1>"
    assert many.splitlines()[-1] == "And 7 more: <https://ml.example.org/projects/p>"


def test_the_same_message_has_the_same_id_and_another_has_another() -> None:
    """A receiver that is told twice knows it, wherever the platform answers by then."""
    first, moved = message("A."), Message("p", "slack:#ops", message("A.").notices, 0, "http://127.0.0.1:1")

    assert first.id == moved.id
    assert len({first.id, message("B.").id, message("A.", "B.").id, message("A.", more=1).id}) == 4


def test_a_program_gets_exact_names_and_ascii() -> None:
    """What people read is harmless; names are exact, in JSON that holds nothing but ASCII."""
    notice = Notice("failed_ci", HOSTILE, "/projects/p", 1_000, {"branch": HOSTILE})
    told = content(Message("p", "webhook:x", (notice,), 0, "https://ml.example.org"))
    found = json.loads(told)

    assert told.isascii()
    assert (found["type"], found["timestamp"]) == ("roadworthy.failed_ci", "1970-01-01T00:00:01Z")
    assert found["data"]["notices"][0]["names"]["branch"] == HOSTILE
    assert "\u202e" not in found["data"]["notices"][0]["says"]


def test_a_mail_has_one_subject_and_one_receiver() -> None:
    """A line break in a name adds no header."""
    mail = letter(message("x\r\nBcc: eve@example.org"), "ci@example.org", "ops@example.org")

    assert mail["Bcc"] is None
    assert mail["To"] == "ops@example.org"
    assert "\\r\\nBcc" in str(mail["Subject"])
    assert str(mail["Message-ID"]).startswith("<msg_")


def test_a_mail_server_is_read_from_its_url() -> None:
    """With its port, user and password; what cannot be read is not repeated."""
    found = Server.of("smtp://ci:p%40ss@mail.example.org?from=ci@example.org")

    assert (found.host, found.port, found.user, found.password) == ("mail.example.org", 587, "ci", "p@ss")
    assert "p@ss" not in repr(found)
    with pytest.raises(UsageError, match="cannot be read") as told:
        Server.of("smtp://ci:canary@mail.example.org")
    assert "canary" not in str(told.value)


def test_a_job_carries_so_many_notices_and_counts_the_rest() -> None:
    """However many things happen, what is kept of them is bounded."""
    kept = payload("slack:#ops", message(*["A."] * (MOST + 5)).notices, more=2)

    assert len(notices_of(kept)) == MOST
    assert kept["more"] == 7
