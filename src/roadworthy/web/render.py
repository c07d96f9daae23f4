"""Pages from templates. Every foreign text in them is escaped, with nothing hidden in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from roadworthy.prove.review.text import number, plain, signed, size, visible
from roadworthy.version import VERSION
from roadworthy.web.assets import asset
from roadworthy.web.navigation import entries
from roadworthy.web.show import moment
from roadworthy.web.show.agent import browser
from roadworthy.web.visit import Visit

if TYPE_CHECKING:
    from starlette.requests import Request

_LONGEST = 100_000  # characters of one text


def page(request: Request, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """Return a page, or a part of one, as HTML; the template also sees who is there and where they can go."""
    visit: Visit = getattr(request.state, "visit", Visit())
    html = _ENVIRONMENT.get_template(template).render(
        visit=visit,
        csrf=visit.session.csrf if visit.session else None,
        navigation=entries(request),
        path=request.url.path,
        **values,
    )
    return HTMLResponse(html, status_code=status)


def is_partial(request: Request) -> bool:
    """Whether HTMX asks, for the part of the page that it will replace."""
    return request.headers.get("hx-request") == "true"


def _seen(value: object) -> object:
    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    return value if value.isascii() and value.isprintable() else visible(value, _LONGEST)


def _said(text: str) -> Markup:
    """Return a text of ours, in which commands stand between backticks, as HTML."""
    parts = str(_seen(text)).split("`")
    if len(parts) % 2 == 0:  # one is left alone: it is no mark
        return escape("`".join(parts))
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if at % 2 else escape(part) for at, part in enumerate(parts)
    )


def _ref(name: str) -> str:
    """Return a ref as people call it."""
    if name.startswith("refs/tags/"):
        return f"tag {name.removeprefix('refs/tags/')}"
    return name.removeprefix("refs/heads/")


def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("roadworthy.web", "templates"), autoescape=True, undefined=StrictUndefined, finalize=_seen,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    made.filters.update(
        iso=moment.iso, when=moment.when, ago=moment.ago, lasting=moment.lasting, browser=browser, number=number,
        plain=plain, ref=_ref, said=_said, signed=signed, size=size,
    )  # fmt: skip
    made.globals.update(asset=asset, version=VERSION)
    return made


_ENVIRONMENT = _environment()
