"""Lists of the API as CSV: whatever answers with rows gives them so, when `form=csv` asks for it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal

from fastapi.responses import Response

from roadworthy.web.show.csv import as_csv

if TYPE_CHECKING:
    from starlette.requests import Request

Form = Literal["json", "csv"]
KIND = "text/csv"
DESCRIBED: dict[int | str, dict[str, Any]] = {200: {"content": {KIND: {"schema": {"type": "string"}}}}}


def form_of(form: Form = "json") -> Form:
    """Take what a request says of the form of its answer."""
    return form


def exported(request: Request, answer: Response, rows: str) -> Response:
    """Return the rows of *answer*, the member of it that is called *rows* or all of it, in the form that is wanted."""
    if request.query_params.get("form") != "csv":
        return answer
    data = json.loads(bytes(answer.body))
    name = request.url.path.rstrip("/").replace("/", " ").split()[2:]
    headers = {"Content-Disposition": f'attachment; filename="{_safe("-".join(name))}.csv"'}
    return Response(as_csv(data[rows] if rows else data), media_type=f"{KIND}; charset=utf-8", headers=headers)


def _safe(name: str) -> str:
    return "".join(one if one.isascii() and (one.isalnum() or one in "-._") else "-" for one in name) or "rows"
