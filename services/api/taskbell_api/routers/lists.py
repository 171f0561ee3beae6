"""Lists of tasks, their order and the trash."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession

from taskbell.lists import order
from taskbell.lists import service as lists
from taskbell.lists.errors import (
    InboxProtectedError,
    ListChangedError,
    ListIdTakenError,
    ListNotFoundError,
    NotASiblingError,
    TooManyListsError,
)
from taskbell.lists.models import TaskList
from taskbell.lists.schemas import ListCreate, ListMove, ListOut, ListPatch
from taskbell.paging import InvalidCursorError
from taskbell.tasks.counts import pending_by_list
from taskbell_api.access import ReadsTasks, WritesTasks
from taskbell_api.deps import BASE, SessionDep
from taskbell_api.idempotency import CreatesTasks, IdempotentRoute
from taskbell_api.openapi import errors
from taskbell_api.pages import PageAndCursorError, PageOut, PageQuery, paged, whole_list
from taskbell_api.query_strings import parameters
from taskbell_api.versions import IfVersionDep, MalformedIfMatchError, put_etag

router = APIRouter(prefix=f"{BASE}/lists", tags=["lists"], route_class=IdempotentRoute)

GUARDED = (ListNotFoundError, ListChangedError, MalformedIfMatchError)
PROTECTED = (*GUARDED, InboxProtectedError)


class ListQuery(PageQuery):
    """Which lists, and which page of them."""

    archived: Literal["false", "true", "all"] | None = Field(
        None, description="Those only, or without them. Default: without them; `all` in the trash."
    )
    trashed: bool = Field(False, description="What lies in the trash, instead.")

    @property
    def wanted(self) -> bool | None:
        """Whether archived lists are wanted, None for all."""
        if self.archived is None:
            return None if self.trashed else False
        return {"false": False, "true": True, "all": None}[self.archived]


@router.get(
    "",
    summary="List my lists",
    responses=errors(InvalidCursorError, PageAndCursorError),
    openapi_extra=parameters(ListQuery),
)
async def list_lists(
    session: SessionDep, caller: ReadsTasks, query: Annotated[ListQuery, Depends(paged(ListQuery))]
) -> PageOut[ListOut]:
    """Return one's lists in their order, the inbox first."""
    owner_id = caller.user_id
    found = await lists.list_lists(
        session, owner_id=owner_id, archived=query.wanted, trashed=query.trashed
    )
    counts = await pending_by_list(session, owner_id=owner_id)
    return whole_list(
        PageOut[ListOut],
        found,
        query,
        lambda one: ListOut.of(one, pending_count=counts.get(one.id, 0)),
    )


@router.post(
    "",
    status_code=201,
    summary="Add a list",
    responses=errors(ListIdTakenError, TooManyListsError),
)
async def create_list(
    session: SessionDep, caller: CreatesTasks, response: Response, body: ListCreate
) -> ListOut:
    """Add a list, behind all others."""
    made = await lists.create_list(session, owner_id=caller.user_id, new=body)
    response.headers["Location"] = f"{BASE}/lists/{made.id}"
    put_etag(response, made.version)
    return ListOut.of(made, pending_count=0)


@router.get("/{list_id}", summary="Get a list", responses=errors(ListNotFoundError))
async def get_list(
    session: SessionDep, caller: ReadsTasks, response: Response, list_id: UUID
) -> ListOut:
    """Return a list, also an archived one, and one in the trash."""
    found = await lists.get_list(session, owner_id=caller.user_id, list_id=list_id)
    return await _answer(session, response, found)


@router.patch("/{list_id}", summary="Change a list", responses=errors(*PROTECTED))
async def update_list(
    session: SessionDep,
    caller: WritesTasks,
    response: Response,
    list_id: UUID,
    body: ListPatch,
    if_version: IfVersionDep,
) -> ListOut:
    """Merge: an absent field is untouched. The tasks of an archived list are out of sight."""
    found = await lists.update_list(
        session, owner_id=caller.user_id, list_id=list_id, patch=body, if_version=if_version
    )
    return await _answer(session, response, found)


@router.delete("/{list_id}", status_code=204, summary="Delete a list", responses=errors(*PROTECTED))
async def delete_list(
    session: SessionDep,
    caller: WritesTasks,
    list_id: UUID,
    if_version: IfVersionDep,
    permanent: Annotated[bool, Query(description="Delete for good, with its tasks.")] = False,
) -> None:
    """Move a list and its tasks to the trash, from where both come back, or delete it for good."""
    act = lists.delete_list if permanent else lists.trash_list
    await act(
        session,
        owner_id=caller.user_id,
        list_id=list_id,
        if_version=if_version,
        via=caller.via,
    )


@router.post(
    "/{list_id}/move",
    summary="Put a list elsewhere in the order",
    responses=errors(*PROTECTED, NotASiblingError),
)
async def move_list(
    session: SessionDep,
    caller: WritesTasks,
    response: Response,
    list_id: UUID,
    body: ListMove,
    if_version: IfVersionDep,
) -> ListOut:
    """Put it behind another list, or before it; behind all when neither is given."""
    found = await order.move_list(
        session, owner_id=caller.user_id, list_id=list_id, move=body, if_version=if_version
    )
    return await _answer(session, response, found)


@router.post(
    "/{list_id}/restore", summary="Take a list out of the trash", responses=errors(*GUARDED)
)
async def restore_list(
    session: SessionDep,
    caller: WritesTasks,
    response: Response,
    list_id: UUID,
    if_version: IfVersionDep,
) -> ListOut:
    """Bring a list back, and the tasks that went with it; nothing changes when it is not there."""
    found = await lists.restore_list(
        session,
        owner_id=caller.user_id,
        list_id=list_id,
        if_version=if_version,
        via=caller.via,
    )
    return await _answer(session, response, found)


async def _answer(session: AsyncSession, response: Response, found: TaskList) -> ListOut:
    counts = await pending_by_list(session, owner_id=found.owner_id, list_id=found.id)
    put_etag(response, found.version)
    return ListOut.of(found, pending_count=counts.get(found.id, 0))
