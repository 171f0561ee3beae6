"""Lists: how a page is asked for, and the envelope it comes in."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Generic, Self, TypeVar

from fastapi import Depends, Request
from pydantic import BaseModel, Field

from taskbell.errors import InvalidError
from taskbell.paging import InvalidCursorError
from taskbell_api import query_strings

T = TypeVar("T")
F = TypeVar("F")

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
        cls, items: Sequence[T], query: "PageQuery", *, total: int | None, next_cursor: str | None
    ) -> Self:
        """Return the envelope of one page."""
        return cls(
            items=list(items),
            total=total,
            page=None if query.cursor else query.number,
            per_page=query.per_page,
            pages=None if total is None else -(-total // query.per_page),
            next_cursor=next_cursor,
        )


class PageAndCursorError(InvalidError):
    code = "page_and_cursor"
    title = "Ask for a page by its number or by a cursor, not both"


class PageQuery(BaseModel):
    """Which page is wanted: by number, or what follows a cursor."""

    page: int | None = Field(None, ge=1, le=LAST_PAGE, description="From 1, which is the default.")
    per_page: int = Field(20, ge=1, le=MOST_PER_PAGE)
    cursor: str | None = Field(
        None,
        min_length=1,
        max_length=2000,
        description="`next_cursor` of the page before. Stable when rows are added meanwhile; "
        "excludes `page`.",
    )

    @property
    def number(self) -> int:
        """The page asked for."""
        return self.page or 1


def whole_list(
    made: type[PageOut[T]], found: Sequence[F], query: PageQuery, shown: Callable[[F], T]
) -> PageOut[T]:
    """Return a page of a list that is small, and was read whole. Raises `InvalidCursorError`."""
    if query.cursor is not None:  # there is never a cursor to follow
        raise InvalidCursorError
    first = (query.number - 1) * query.per_page
    items = [shown(one) for one in found[first : first + query.per_page]]
    return made.of(items, query, total=len(found), next_cursor=None)


P = TypeVar("P", bound=PageQuery)


def paged(model: type[P]) -> Callable[[Request], Awaitable[P]]:
    """Return the dependency that reads the query string of a list. Raises `PageAndCursorError`."""
    read = query_strings.read(model)

    async def query(request: Request) -> P:
        found = await read(request)
        if found.page is not None and found.cursor is not None:
            raise PageAndCursorError(field="query.cursor")
        return found

    return query


PageQueryDep = Annotated[PageQuery, Depends(paged(PageQuery))]
