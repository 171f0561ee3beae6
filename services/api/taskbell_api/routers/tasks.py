"""Tasks, their completion and the trash."""

from datetime import date, datetime, time
from typing import Annotated, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field

from taskbell.accounts import fast as accounts
from taskbell.accounts import live
from taskbell.clock import now
from taskbell.lists.service import ListNotFoundError
from taskbell.paging import InvalidCursorError
from taskbell.tasks import fast, queries
from taskbell.tasks import service as tasks
from taskbell.tasks.errors import (
    DueInPastError,
    TaskChangedError,
    TaskIdTakenError,
    TaskNotFoundError,
    TwoDueTimesError,
)
from taskbell.tasks.models import Task
from taskbell.tasks.queries import SortName, TaskFilter
from taskbell.tasks.rows import TaskRow
from taskbell.tasks.schemas import (
    Completion,
    Date,
    PriorityName,
    TaskCreate,
    TaskOut,
    TaskPatch,
    TaskPut,
)
from taskbell.text import Text
from taskbell.times import Instant
from taskbell_api.access import (
    ReadsTasksAtOnce,
    WritesTasks,
    WritesTasksAtOnce,
)
from taskbell_api.deps import BASE, DatabaseDep, SessionDep
from taskbell_api.openapi import errors
from taskbell_api.pages import PageAndCursorError, PageOut, PageQuery, paged
from taskbell_api.query_strings import parameters
from taskbell_api.versions import IfVersionDep, MalformedIfMatchError, put_etag

router = APIRouter(prefix=f"{BASE}/tasks", tags=["tasks"])

GUARDED = (TaskNotFoundError, TaskChangedError, MalformedIfMatchError)
Due = Annotated[
    Instant | Date | None,
    Field(description="An instant, or a date (its midnight in your time zone)."),
]


class TaskQuery(PageQuery):
    """What to list, and which page of it."""

    status: Literal["all", "pending", "completed"] = "all"
    priority: PriorityName | None = None
    list_id: UUID | None = None
    due_before: Due = None
    due_after: Due = None
    overdue: bool | None = None
    trashed: bool = Field(False, description="What lies in the trash, instead.")
    q: Text | None = Field(
        None, max_length=200, description="Words in title or description, or their beginnings."
    )
    sort: SortName | None = Field(
        None, description="Default: the best match first with `q`, else `-created_at`."
    )


@router.get(
    "",
    summary="List tasks",
    responses=errors(InvalidCursorError, PageAndCursorError),
    openapi_extra=parameters(TaskQuery),
)
async def list_tasks(
    database: DatabaseDep,
    caller: ReadsTasksAtOnce,
    query: Annotated[TaskQuery, Depends(paged(TaskQuery))],
) -> PageOut[TaskOut]:
    """Return one's tasks that match every given filter.

    `due_before` is exclusive, `due_after` inclusive; tasks without a due time come last.
    """
    zone = None
    if type(query.due_before) is date or type(query.due_after) is date:  # an instant is one too
        user = await accounts.get_user(
            database, user_id=caller.user_id, session_id=caller.session_id
        )
        zone = ZoneInfo(user.time_zone)
    found = await queries.list_tasks(
        database,
        owner_id=caller.user_id,
        session_id=caller.session_id,
        wanted=TaskFilter(
            status=query.status,
            priority=query.priority,
            list_id=query.list_id,
            due_before=_instant_and_day(query.due_before, zone),
            due_after=_instant_and_day(query.due_after, zone),
            overdue=query.overdue,
            trashed=query.trashed,
            q=query.q,
        ),
        sort=query.sort,
        page=query.number,
        per_page=query.per_page,
        cursor=query.cursor,
    )
    moment = now()
    items = [TaskOut.of(task, at=moment) for task in found.items]
    return PageOut[TaskOut].of(items, query, total=found.total, next_cursor=found.next_cursor)


@router.post(
    "",
    status_code=201,
    summary="Add a task",
    responses=errors(ListNotFoundError, TaskIdTakenError, DueInPastError, TwoDueTimesError),
)
async def create_task(
    database: DatabaseDep, caller: WritesTasksAtOnce, response: Response, body: TaskCreate
) -> TaskOut:
    """Add a task, to the inbox unless `list_id` says otherwise."""
    task = await fast.create_task(
        database, owner_id=caller.user_id, session_id=caller.session_id, new=body
    )
    response.headers["Location"] = f"{BASE}/tasks/{task.id}"
    return _answer(response, task)


@router.get("/{task_id}", summary="Get a task", responses=errors(TaskNotFoundError))
async def get_task(
    database: DatabaseDep, caller: ReadsTasksAtOnce, response: Response, task_id: UUID
) -> TaskOut:
    """Return a task, also one in the trash."""
    task = await fast.get_task(
        database, owner_id=caller.user_id, session_id=caller.session_id, task_id=task_id
    )
    return _answer(response, task)


@router.patch(
    "/{task_id}",
    summary="Change a task",
    responses=errors(*GUARDED, ListNotFoundError, TwoDueTimesError),
)
async def update_task(
    database: DatabaseDep,
    caller: WritesTasksAtOnce,
    response: Response,
    task_id: UUID,
    body: TaskPatch,
    if_version: IfVersionDep,
) -> TaskOut:
    """Merge: an absent field is untouched, `null` clears. Reminders move with the due time."""
    task = await fast.update_task(
        database,
        owner_id=caller.user_id,
        session_id=caller.session_id,
        task_id=task_id,
        patch=body,
        if_version=if_version,
    )
    return _answer(response, task)


@router.put(
    "/{task_id}",
    summary="Replace a task",
    responses=errors(*GUARDED, ListNotFoundError, TwoDueTimesError),
)
async def replace_task(
    session: SessionDep,
    caller: WritesTasks,
    response: Response,
    task_id: UUID,
    body: TaskPut,
    if_version: IfVersionDep,
) -> TaskOut:
    """Set every field: an absent one gets its default. Completion and reminders stay."""
    task = await tasks.replace_task(
        session, owner_id=caller.user_id, task_id=task_id, new=body, if_version=if_version
    )
    return _answer(response, task)


@router.delete("/{task_id}", status_code=204, summary="Delete a task", responses=errors(*GUARDED))
async def delete_task(
    database: DatabaseDep,
    caller: WritesTasksAtOnce,
    task_id: UUID,
    if_version: IfVersionDep,
    permanent: Annotated[bool, Query(description="Delete for good, with its reminders.")] = False,
) -> None:
    """Move a task to the trash, from where it can be restored, or delete it for good."""
    owner_id, session_id = caller.user_id, caller.session_id
    if not permanent:
        await fast.trash_task(
            database,
            owner_id=owner_id,
            session_id=session_id,
            task_id=task_id,
            if_version=if_version,
        )
        return
    async with database.transaction() as session:
        await live.check(session, session_id=session_id)
        await tasks.delete_task(session, owner_id=owner_id, task_id=task_id, if_version=if_version)


@router.patch(
    "/{task_id}/complete", summary="Complete a task, or take that back", responses=errors(*GUARDED)
)
async def complete_task(
    database: DatabaseDep,
    caller: WritesTasksAtOnce,
    response: Response,
    task_id: UUID,
    if_version: IfVersionDep,
    body: Completion | None = None,
) -> TaskOut:
    """Set `completed`; without a body it toggles. Completing cancels the task's reminders."""
    task = await fast.set_completed(
        database,
        owner_id=caller.user_id,
        session_id=caller.session_id,
        task_id=task_id,
        completed=None if body is None else body.completed,
        if_version=if_version,
    )
    return _answer(response, task)


@router.post(
    "/{task_id}/restore",
    summary="Take a task out of the trash",
    responses=errors(*GUARDED),
)
async def restore_task(
    session: SessionDep,
    caller: WritesTasks,
    response: Response,
    task_id: UUID,
    if_version: IfVersionDep,
) -> TaskOut:
    """Bring a task back, and its reminders; nothing changes when it is not in the trash."""
    task = await tasks.restore_task(
        session, owner_id=caller.user_id, task_id=task_id, if_version=if_version
    )
    return _answer(response, task)


def _answer(response: Response, task: Task | TaskRow) -> TaskOut:
    put_etag(response, task.version)
    return TaskOut.of(task)


def _instant_and_day(
    value: datetime | date | None, zone: ZoneInfo | None
) -> tuple[datetime, date | None] | None:
    """Return what instants and what all-day dates are compared with."""
    if value is None:
        return None
    if isinstance(value, datetime):
        return value, None
    return datetime.combine(value, time(), tzinfo=zone), value
