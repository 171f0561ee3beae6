"""Pages of lists, and opaque cursors: where a page ended, as a URL-safe word."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from taskbell.errors import InvalidError

T = TypeVar("T")


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


@dataclass(frozen=True)
class Page(Generic[T]):
    """One page of a list. `total` is known when asked for by number only."""

    items: list[T]
    total: int | None
    next_cursor: str | None


async def page_by_key(
    session: AsyncSession,
    wanted: Select[T],
    *where: ColumnElement[bool],
    key: Any,
    parse: Callable[[Any], Any] = UUID,
    ascending: bool = False,
    page: int,
    per_page: int,
    cursor: str | None,
) -> Page[T]:
    """Return a page of the rows that match, in the order of a column: by cursor, else by number.

    The newest first where the key is a UUIDv7. `parse` makes a key of what a cursor holds, and
    raises ValueError for anything else. One statement, and one more for the total. Raises
    `InvalidCursorError`.
    """
    statement = wanted.where(*where).order_by(key.asc() if ascending else key.desc())
    total = None
    if cursor is None:
        total = await session.scalar(select(func.count(key)).where(*where))
        statement = statement.offset((page - 1) * per_page)
    else:
        (value,) = decode_cursor(cursor, length=1)
        try:
            last = parse(value)
        except (ValueError, TypeError, AttributeError):
            raise InvalidCursorError from None
        statement = statement.where(key > last if ascending else key < last)
    found = list(await session.scalars(statement.limit(per_page + 1)))
    more = len(found) > per_page
    found = found[:per_page]
    if not more:
        return Page(found, total, None)
    end = getattr(found[-1], key.key)
    return Page(found, total, encode_cursor(str(end) if isinstance(end, UUID) else end))
