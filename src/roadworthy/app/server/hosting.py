"""Git over HTTP on this platform: who may read and push, and who judges what is pushed."""

from __future__ import annotations

from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING

from roadworthy.adapters.forge.embedded.http import git_http
from roadworthy.adapters.forge.embedded.listener import Listener
from roadworthy.app.server.context import Evidence
from roadworthy.app.server.loop import delivered
from roadworthy.errors import NotAllowed
from roadworthy.platform.forge.examine import Examiner
from roadworthy.platform.identity.permission import Permission, allowed, role_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from starlette.types import ASGIApp

    from roadworthy.app.server.platform import Platform


@contextmanager
def git_at(platform: Platform) -> Iterator[ASGIApp]:
    """Give the application that serves the repositories of *platform*, to be mounted at `/git`."""
    place = platform.home.folder / "receive.sock"
    with Listener(place, Examiner(Evidence(platform)), lambda push: delivered(platform, push)) as listener:
        yield git_http(platform.forge, listener, _authoriser(platform))


def _authoriser(platform: Platform) -> Callable[[str, str, str, str], str | HTTPStatus]:
    def authorise(project: str, service: str, user: str, password: str) -> str | HTTPStatus:
        del user  # the token says whose it is
        try:
            actor = platform.identity.by_token(password)
        except NotAllowed:
            return HTTPStatus.UNAUTHORIZED
        wanted = Permission.READ if service == "read" else Permission.CONTRIBUTE
        role = role_of(actor, platform.members.roles(project))
        return actor.name if allowed(actor, wanted, role, project) else HTTPStatus.FORBIDDEN

    return authorise
