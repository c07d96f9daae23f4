"""Commands that stand on much code, which is loaded when they are called: not to complete a word of theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from roadworthy.app.review import Reviewed


def review(asked: str, *, html: Path | None, summary: Path | None, link: str = "") -> Reviewed:
    """Hold the change *asked* for against its base and production; see `app.review.review_here`."""
    from roadworthy.app.review import review_here

    return review_here(asked, html=html, summary=summary, link=link)


def serve(
    environment: str, at: tuple[str, int, float], say: Callable[[str], None], warn: Callable[[str], None]
) -> None:
    """Serve what is deployed in *environment* at a host, a port, within a timeout; see `app.gateway.serve`."""
    from roadworthy.app.gateway import Address
    from roadworthy.app.gateway import serve as serve_there

    serve_there(environment, Address(*at), say, warn)
