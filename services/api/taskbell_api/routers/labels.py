"""Labels of tasks."""

from uuid import UUID

from fastapi import APIRouter, Response
from sqlalchemy.ext.asyncio import AsyncSession

from taskbell.labels import service as labels
from taskbell.labels.errors import (
    LabelChangedError,
    LabelExistsError,
    LabelIdTakenError,
    LabelNotFoundError,
    TooManyLabelsError,
)
from taskbell.labels.models import Label
from taskbell.labels.schemas import LabelCreate, LabelOut, LabelPatch
from taskbell.paging import InvalidCursorError
from taskbell.tasks.counts import pending_by_label
from taskbell_api.access import ReadsTasks, WritesTasks
from taskbell_api.deps import BASE, SessionDep
from taskbell_api.idempotency import CreatesTasks, IdempotentRoute
from taskbell_api.openapi import errors
from taskbell_api.pages import PageAndCursorError, PageOut, PageQuery, PageQueryDep, whole_list
from taskbell_api.query_strings import parameters
from taskbell_api.versions import IfVersionDep, MalformedIfMatchError, put_etag

router = APIRouter(prefix=f"{BASE}/labels", tags=["labels"], route_class=IdempotentRoute)

GUARDED = (LabelNotFoundError, LabelChangedError, MalformedIfMatchError)


@router.get(
    "",
    summary="List my labels",
    responses=errors(InvalidCursorError, PageAndCursorError),
    openapi_extra=parameters(PageQuery),
)
async def list_labels(
    session: SessionDep, caller: ReadsTasks, query: PageQueryDep
) -> PageOut[LabelOut]:
    """Return one's labels by their names."""
    found = await labels.list_labels(session, owner_id=caller.user_id)
    counts = await pending_by_label(session, owner_id=caller.user_id)
    return whole_list(
        PageOut[LabelOut],
        found,
        query,
        lambda one: LabelOut.of(one, tasks_count=counts.get(one.name, 0)),
    )


@router.post(
    "",
    status_code=201,
    summary="Add a label",
    responses=errors(LabelIdTakenError, LabelExistsError, TooManyLabelsError),
)
async def create_label(
    session: SessionDep, caller: CreatesTasks, response: Response, body: LabelCreate
) -> LabelOut:
    """Add a label. Tasks may also name one that there is not yet: that makes it."""
    made = await labels.create_label(session, owner_id=caller.user_id, new=body)
    response.headers["Location"] = f"{BASE}/labels/{made.id}"
    put_etag(response, made.version)
    return LabelOut.of(made, tasks_count=0)


@router.get("/{label_id}", summary="Get a label", responses=errors(LabelNotFoundError))
async def get_label(
    session: SessionDep, caller: ReadsTasks, response: Response, label_id: UUID
) -> LabelOut:
    """Return a label."""
    found = await labels.get_label(session, owner_id=caller.user_id, label_id=label_id)
    return await _answer(session, response, found)


@router.patch("/{label_id}", summary="Change a label", responses=errors(*GUARDED, LabelExistsError))
async def update_label(
    session: SessionDep,
    caller: WritesTasks,
    response: Response,
    label_id: UUID,
    body: LabelPatch,
    if_version: IfVersionDep,
) -> LabelOut:
    """Merge: an absent field is untouched. A new name is put on every task that has the label."""
    found = await labels.update_label(
        session, owner_id=caller.user_id, label_id=label_id, patch=body, if_version=if_version
    )
    return await _answer(session, response, found)


@router.delete("/{label_id}", status_code=204, summary="Delete a label", responses=errors(*GUARDED))
async def delete_label(
    session: SessionDep, caller: WritesTasks, label_id: UUID, if_version: IfVersionDep
) -> None:
    """Delete a label and take it off every task; the tasks stay."""
    await labels.delete_label(
        session, owner_id=caller.user_id, label_id=label_id, if_version=if_version
    )


async def _answer(session: AsyncSession, response: Response, found: Label) -> LabelOut:
    counts = await pending_by_label(session, owner_id=found.owner_id, name=found.name)
    put_etag(response, found.version)
    return LabelOut.of(found, tasks_count=counts.get(found.name, 0))
