"""Lists: how a page is asked for, and the envelope it comes in."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Generic, Self, TypeVar

from fastapi import Depends, Query
from pydantic import BaseModel, Field

from taskbell.errors import InvalidError

T = TypeVar("T")

MOST_PER_PAGE = 100
LAST_PAGE = 10**12
"""So far that no list has it, and the row number still fits a bigint."""


class PageOut(BaseModel, Generic[T]):
    """One page of a list."""

    items: list[T]
    total: int | None = Field(description="How many there are in all; null when asked by cursor.")
    page: int | None = Field(description="Null when asked by cursor.")
    per_page: int
    pages: int | None = Field(description="Null when asked by cursor.")
    next_cursor: str | None = Field(description="Send it as `cursor`; null on the last page.")

    @classmethod
    def of(
        cls, items: Sequence[T], paging: "Paging", *, total: int | None, next_cursor: str | None
    ) -> Self:
        """Return the envelope of one page."""
        return cls(
            items=list(items),
            total=total,
            page=None if paging.cursor else paging.page,
            per_page=paging.per_page,
            pages=None if total is None else -(-total // paging.per_page),
            next_cursor=next_cursor,
        )


class PageAndCursorError(InvalidError):
    code = "page_and_cursor"
    title = "Ask for a page by its number or by a cursor, not both"


@dataclass(frozen=True)
class Paging:
    """Which page is wanted: number `page`, or what follows `cursor`."""

    page: int
    per_page: int
    cursor: str | None


async def _paging(
    page: Annotated[
        int | None, Query(ge=1, le=LAST_PAGE, description="From 1, which is the default.")
    ] = None,
    per_page: Annotated[int, Query(ge=1, le=MOST_PER_PAGE)] = 20,
    cursor: Annotated[
        str | None,
        Query(
            min_length=1,
            max_length=2000,
            description="`next_cursor` of the page before. Stable when rows are added meanwhile; "
            "excludes `page`.",
        ),
    ] = None,
) -> Paging:
    if page is not None and cursor is not None:
        raise PageAndCursorError(field="query.cursor")
    return Paging(page or 1, per_page, cursor)


PagingDep = Annotated[Paging, Depends(_paging)]
