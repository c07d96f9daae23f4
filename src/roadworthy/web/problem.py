"""What every route of the API answers when it fails."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel


class Problem(BaseModel):
    """Why a request failed, and what to do."""

    problem: str
    remedy: str


_MEANINGS = {
    400: "It cannot be done so.",
    401: "Nobody is signed in, or the token is not good.",
    403: "They may not.",
    404: "It is not there.",
    409: "Somebody else was first.",
    413: "The request is too large.",
    422: "The request cannot be read, or what it asks for fails.",
    429: "That was too often.",
    503: "Something that is needed does not answer.",
}
# JSON, whatever else a route answers with; `api/description.py` adds the schema that is named.
_CONTENT = {"application/json": {"schema": {"$ref": f"#/components/schemas/{Problem.__name__}"}}}
ANSWERS: dict[int | str, dict[str, Any]] = {
    status: {"description": meaning, "content": _CONTENT} for status, meaning in _MEANINGS.items()
}
