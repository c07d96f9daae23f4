"""A bucket of a platform, as the user who is logged in there reaches it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from roadworthy.app.remote import credentials
from roadworthy.app.remote.place import of_remotes
from roadworthy.app.remote.platform import bucket_of, platform_of, refuse_in_the_clear
from roadworthy.errors import NotAllowed

if TYPE_CHECKING:
    from pathlib import Path

    from roadworthy.ledger.objects.store import ObjectStore


def of_remote(folder: Path, *, logged_in: bool) -> str | None:
    """Return the address of the bucket of the project that a remote of the repository at *folder* names.

    Args:
        folder: The project's.
        logged_in: Whether only one is wanted to which a token could be shown.
    """
    place = of_remotes(folder)
    if place is None or (logged_in and credentials.token_for(platform_of(place.url)) is None):
        return None
    return f"{place.url}/buckets/{place.project}"


def bucket_store(url: str) -> ObjectStore:
    """Return the objects of the bucket at *url*. The platform is not asked yet.

    Raises:
        UsageError: It is not the address of a bucket, or the token would be sent in the clear.
        NotAllowed: The user is not logged in there.
    """
    platform, name = bucket_of(url)
    refuse_in_the_clear(platform)
    token = credentials.token_for(platform)
    if token is None:
        raise NotAllowed(f"You are not logged in to {platform.url}.", remedy=f"Run `roadworthy login {platform.url}`.")
    from roadworthy.adapters.object_store.http.store import HttpStore

    return HttpStore(f"{platform.url}/buckets/{name}", token)
