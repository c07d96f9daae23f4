"""Telling a program: JSON to its address, signed as Standard Webhooks says, so that it knows who sent it and when."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from roadworthy.platform.alert.inert import inert

if TYPE_CHECKING:
    from roadworthy.platform.alert.notice import Message, Post

PREFIX = "whsec_"


@dataclass(frozen=True, slots=True)
class Webhook:
    """An address and the secret that is shared with it. An `Alert`."""

    post: Post
    url: str = field(repr=False)
    secret: str = field(repr=False)

    def send(self, message: Message) -> None:
        """Tell it; as `Alert` says."""
        body = content(message)
        at = int(time.time())
        self.post(
            self.url, body,
            {
                "Content-Type": "application/json",
                "webhook-id": message.id,
                "webhook-timestamp": str(at),
                "webhook-signature": signature(self.secret, message.id, at, body),
            },
        )  # fmt: skip


def signature(secret: str, number: str, at: int, body: bytes) -> str:
    """Return the signature of what is sent.

    Source:
        Standard Webhooks 1.0, "Signature scheme", symmetric (v1): HMAC-SHA256 over `id.timestamp.body`.
    """
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = f"{number}.{at}.".encode() + body
    return f"v1,{base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()}"


def content(message: Message) -> bytes:
    """Return what a program is sent: `type`, `timestamp` and `data`; whatever was named is escaped in it."""
    told = [{**one.as_json(), "says": inert(one.says), "url": message.link(one)} for one in message.notices]
    first = message.notices[0]
    kind = first.happening if len(message.notices) == 1 and not message.more else "digest"
    body = {
        "type": f"roadworthy.{kind}",
        "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(first.at / 1000)),
        "data": {
            "project": message.project, "title": inert(message.title), "notices": told, "more": message.more,
        },
    }  # fmt: skip
    return json.dumps(body).encode("ascii")
