"""One way to write a JSON value, so that the same fact has the same bytes."""

from __future__ import annotations

import rfc8785


def canonical(value: object) -> bytes:
    """Return *value* in canonical JSON.

    Raises:
        ValueError: It is not JSON: NaN, an integer beyond 53 bits, a key that is no text, a foreign type.

    Source:
        RFC 8785, "JSON Canonicalization Scheme".
    """
    return rfc8785.dumps(value)  # type: ignore[arg-type]  # it checks the types itself, and raises a ValueError
