"""Telling a channel of a chat, by its incoming webhook: what was written by others calls nobody and links nowhere.

A chat knows no message again: one that is repeated is seen twice.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from roadworthy.platform.alert.inert import for_markdown, for_slack
from roadworthy.platform.alert.words import words

if TYPE_CHECKING:
    from roadworthy.platform.alert.notice import Message, Post

_HEADERS = {"Content-Type": "application/json"}
_PLAIN = {"mrkdwn": False, "parse": "none", "link_names": False, "unfurl_links": False, "unfurl_media": False}


@dataclass(frozen=True, slots=True)
class Slack:
    """A channel of Slack. An `Alert`."""

    post: Post
    url: str = field(repr=False)

    def send(self, message: Message) -> None:
        """Tell it; as `Alert` says."""
        said = {"text": words(message, for_slack, "<{}>"), **_PLAIN}
        self.post(self.url, json.dumps(said).encode(), _HEADERS)


@dataclass(frozen=True, slots=True)
class Mattermost:
    """A channel of Mattermost. An `Alert`."""

    post: Post
    url: str = field(repr=False)

    def send(self, message: Message) -> None:
        """Tell it; as `Alert` says."""
        said = {"text": words(message, for_markdown, "<{}>")}
        self.post(self.url, json.dumps(said).encode(), _HEADERS)
