"""Saved filters: named sets of parameters of `GET /tasks`."""

from uuid import UUID

from fastapi import APIRouter, Response

from taskbell.filters import service as filters
from taskbell.filters.errors import (
    FilterChangedError,
    FilterExistsError,
    FilterIdTakenError,
    FilterNotFoundError,
    TooManyFiltersError,
)
from taskbell.filters.models import SavedFilter
from taskbell.filters.schemas import FilterCreate, FilterOut, FilterPatch
from taskbell.paging import InvalidCursorError
from taskbell_api.access import ReadsTasks, WritesTasks
from taskbell_api.deps import BASE, SessionDep
from taskbell_api.idempotency import CreatesTasks, IdempotentRoute
from taskbell_api.openapi import errors
from taskbell_api.pages import PageAndCursorError, PageOut, PageQuery, PageQueryDep, whole_list
from taskbell_api.query_strings import parameters
from taskbell_api.versions import IfVersionDep, MalformedIfMatchError, put_etag

router = APIRouter(prefix=f"{BASE}/filters", tags=["filters"], route_class=IdempotentRoute)

GUARDED = (FilterNotFoundError, FilterChangedError, MalformedIfMatchError)


@router.get(
    "",
    summary="List my filters",
    responses=errors(InvalidCursorError, PageAndCursorError),
    openapi_extra=parameters(PageQuery),
)
async def list_filters(
    session: SessionDep, caller: ReadsTasks, query: PageQueryDep
) -> PageOut[FilterOut]:
    """Return one's saved filters in their order."""
    found = await filters.list_filters(session, owner_id=caller.user_id)
    return whole_list(PageOut[FilterOut], found, query, FilterOut.model_validate)


@router.post(
    "",
    status_code=201,
    summary="Save a filter",
    responses=errors(FilterIdTakenError, FilterExistsError, TooManyFiltersError),
)
async def create_filter(
    session: SessionDep, caller: CreatesTasks, response: Response, body: FilterCreate
) -> FilterOut:
    """Keep parameters of `GET /tasks` under a name; `page`, `per_page`, `cursor` are not kept."""
    made = await filters.create_filter(session, owner_id=caller.user_id, new=body)
    response.headers["Location"] = f"{BASE}/filters/{made.id}"
    return _answer(response, made)


@router.get("/{filter_id}", summary="Get a filter", responses=errors(FilterNotFoundError))
async def get_filter(
    session: SessionDep, caller: ReadsTasks, response: Response, filter_id: UUID
) -> FilterOut:
    """Return a saved filter."""
    found = await filters.get_filter(session, owner_id=caller.user_id, filter_id=filter_id)
    return _answer(response, found)


@router.patch(
    "/{filter_id}", summary="Change a filter", responses=errors(*GUARDED, FilterExistsError)
)
async def update_filter(
    session: SessionDep,
    caller: WritesTasks,
    response: Response,
    filter_id: UUID,
    body: FilterPatch,
    if_version: IfVersionDep,
) -> FilterOut:
    """Merge: an absent field is untouched; a `query` replaces the one before as a whole."""
    found = await filters.update_filter(
        session, owner_id=caller.user_id, filter_id=filter_id, patch=body, if_version=if_version
    )
    return _answer(response, found)


@router.delete(
    "/{filter_id}", status_code=204, summary="Delete a filter", responses=errors(*GUARDED)
)
async def delete_filter(
    session: SessionDep, caller: WritesTasks, filter_id: UUID, if_version: IfVersionDep
) -> None:
    """Delete a saved filter, and the calendar feeds that show it."""
    await filters.delete_filter(
        session, owner_id=caller.user_id, filter_id=filter_id, if_version=if_version
    )


def _answer(response: Response, found: SavedFilter) -> FilterOut:
    put_etag(response, found.version)
    return FilterOut.model_validate(found)
