"""Opaque cursors: where a page ended, as a URL-safe word."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

from taskbell.errors import InvalidError


class InvalidCursorError(InvalidError):
    code = "invalid_cursor"
    title = "This cursor does not belong to this list and sort"

    def __init__(self) -> None:
        super().__init__(field="query.cursor")


def encode_cursor(*parts: Any) -> str:
    """Return a cursor holding JSON values."""
    raw = json.dumps(parts, separators=(",", ":"), ensure_ascii=False).encode()
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode_cursor(cursor: str, *, length: int) -> list[Any]:
    """Return the `length` values of a cursor. Raises `InvalidCursorError`."""
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        parts = json.loads(urlsafe_b64decode(padded))
    except (ValueError, RecursionError):
        raise InvalidCursorError from None
    if not isinstance(parts, list) or len(parts) != length:
        raise InvalidCursorError
    return parts
