"""Git and buckets over HTTP on this platform: who may read and write, and who judges what is pushed."""

from __future__ import annotations

from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING

from roadworthy.adapters.forge.embedded.http import git_http
from roadworthy.adapters.forge.embedded.listener import Listener
from roadworthy.adapters.object_store.serve.app import bucket_app
from roadworthy.app.server import witness
from roadworthy.app.server.context import Evidence
from roadworthy.app.server.loop import delivered
from roadworthy.app.server.platform import SPEAKER
from roadworthy.declare.form import size
from roadworthy.errors import NotAllowed
from roadworthy.platform.forge.examine import Examiner
from roadworthy.platform.identity.limit import TooOften, let_in
from roadworthy.platform.identity.permission import Permission, allowed, role_of
from roadworthy.platform.identity.tokens import named
from roadworthy.platform.workspace.keep import quota_now

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from starlette.applications import Starlette
    from starlette.types import ASGIApp

    from roadworthy.app.server.platform import Platform
    from roadworthy.ledger.objects.folder import DirectoryStore
    from roadworthy.platform.forge.push import Push, Refusal


@contextmanager
def git_at(platform: Platform) -> Iterator[ASGIApp]:
    """Give the application that serves the repositories of *platform*, to be mounted at `/git`."""
    place = platform.home.folder / "receive.sock"
    examine = Examiner(Evidence(platform))

    def judge(push: Push) -> Sequence[Refusal]:
        refusals = examine(push)
        if refusals:
            witness.not_pushed(platform, push, refusals)
        else:
            platform.receiving.update(witness.moves(push))
        return refusals

    with Listener(place, judge, lambda push: delivered(platform, push)) as listener:
        yield git_http(platform.forge, listener, _authoriser(platform))


def buckets_at(platform: Platform) -> Starlette:
    """Return the application that serves the buckets of *platform*, to be mounted at `/buckets`."""

    def store(project: str) -> DirectoryStore:
        return platform.home.ledger(platform.known(project), SPEAKER).objects

    def quota(project: str) -> int | None:
        with platform.database.read() as connection:
            said = quota_now(connection, project)
        return None if said is None else size(said)

    return bucket_app(store, _authoriser(platform), quota)


def _authoriser(platform: Platform) -> Callable[[str, str, str, str, str], str | HTTPStatus]:
    def authorise(project: str, service: str, user: str, password: str, address: str) -> str | HTTPStatus:
        del user  # the token says whose it is
        try:
            actor = let_in(platform.identity, platform.limits, password, address)
        except TooOften:
            witness.no_token(platform, named(password), address)
            return HTTPStatus.TOO_MANY_REQUESTS
        except NotAllowed:
            witness.no_token(platform, named(password), address)
            return HTTPStatus.UNAUTHORIZED
        if project not in platform.projects():
            return HTTPStatus.NOT_FOUND if actor.is_admin else HTTPStatus.FORBIDDEN  # whose business is it?
        wanted = Permission.READ if service == "read" else Permission.CONTRIBUTE
        role = role_of(actor, platform.members.roles(project))
        return actor.name if allowed(actor, wanted, role, project) else HTTPStatus.FORBIDDEN

    return authorise
