"""A message in words, for people: the same lines in every chat and in mail."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from roadworthy.platform.alert.notice import Message


def words(message: Message, harmless: Callable[[str], str], link: str = "{}") -> str:
    """Return what people are told.

    Args:
        message: What to tell.
        harmless: Makes a text that anybody may have written harmless where it is read.
        link: How an address of ours stands there.
    """
    if len(message.notices) == 1 and not message.more:
        notice = message.notices[0]
        return "\n".join((harmless(message.title), link.format(message.link(notice))))
    told = [f"{harmless(one.says)} {link.format(message.link(one))}" for one in message.notices]
    rest = [f"And {message.more} more: {link.format(f'{message.url}/projects/{message.project}')}"]
    return "\n".join((harmless(message.title), *told, *(rest if message.more else [])))
