"""Tasks, their completion and the trash. What else can be done with a task: task_actions.py."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from pydantic import ConfigDict

from taskbell.accounts import fast as accounts
from taskbell.accounts import live
from taskbell.clock import now
from taskbell.labels.errors import TooManyLabelsError
from taskbell.lists.errors import ListArchivedError, ListNotFoundError
from taskbell.paging import InvalidCursorError
from taskbell.recurrence.errors import InvalidRecurrenceError
from taskbell.tasks import fast, queries, trash
from taskbell.tasks import service as tasks
from taskbell.tasks.completion import Subtasks
from taskbell.tasks.errors import (
    DueInPastError,
    OccurrenceGoneError,
    ParentCycleError,
    ParentInOtherListError,
    ParentNotFoundError,
    RecurrenceNeedsDueError,
    TaskChangedError,
    TaskIdTakenError,
    TaskNotFoundError,
    TooDeepError,
    TwoDueTimesError,
)
from taskbell.tasks.parameters import TaskParameters
from taskbell.tasks.rows import TaskRow, read
from taskbell.tasks.schemas import Completion, TaskCreate, TaskOut, TaskPatch, TaskPut
from taskbell_api.access import ReadsTasksAtOnce, WritesTasks, WritesTasksAtOnce
from taskbell_api.arrival import ArrivedAt
from taskbell_api.deps import BASE, DatabaseDep, SessionDep, TransactionDep
from taskbell_api.idempotency import CreatesTasksAtOnce, IdempotentRoute
from taskbell_api.openapi import errors
from taskbell_api.pages import PageAndCursorError, PageOut, PageQuery, paged
from taskbell_api.query_strings import parameters
from taskbell_api.versions import IfVersionDep, MalformedIfMatchError, put_etag

router = APIRouter(prefix=f"{BASE}/tasks", tags=["tasks"], route_class=IdempotentRoute)

GUARDED = (TaskNotFoundError, TaskChangedError, MalformedIfMatchError)
PLACED = (
    ListNotFoundError,
    ListArchivedError,
    ParentNotFoundError,
    ParentInOtherListError,
    TooDeepError,
)
WRITTEN = (*PLACED, TooManyLabelsError, TwoDueTimesError, InvalidRecurrenceError)
CHANGED = (*WRITTEN, ParentCycleError, RecurrenceNeedsDueError)


class TaskQuery(PageQuery, TaskParameters):
    """What to list, and which page of it."""

    model_config = ConfigDict(extra="ignore")


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
    moment, zone = now(), None
    if query.names_days:
        user = await accounts.get_user(
            database, user_id=caller.user_id, session_id=caller.session_id
        )
        zone = user.time_zone
    found = await queries.list_tasks(
        database,
        owner_id=caller.user_id,
        session_id=caller.session_id,
        wanted=query.filter(zone=zone, at=moment),
        sort=query.sort,
        page=query.number,
        per_page=query.per_page,
        cursor=query.cursor,
    )
    items = [TaskOut.of(task, at=moment) for task in found.items]
    return PageOut[TaskOut].of(items, query, total=found.total, next_cursor=found.next_cursor)


@router.post(
    "",
    status_code=201,
    summary="Add a task",
    responses=errors(TaskIdTakenError, DueInPastError, *WRITTEN),
)
async def create_task(
    database: DatabaseDep,
    joined: TransactionDep,
    caller: CreatesTasksAtOnce,
    response: Response,
    body: TaskCreate,
) -> TaskOut:
    """Add a task, to the inbox unless `list_id` or `parent_id` says otherwise."""
    owner_id = caller.user_id
    if joined is None:
        task = await fast.create_task(
            database, owner_id=owner_id, session_id=caller.session_id, new=body
        )
    else:
        made = await tasks.create_task(joined, owner_id=owner_id, new=body)
        task = await read(joined, owner_id=owner_id, task_id=made.id)
    response.headers["Location"] = f"{BASE}/tasks/{task.id}"
    return answer(response, task)


@router.get("/{task_id}", summary="Get a task", responses=errors(TaskNotFoundError))
async def get_task(
    database: DatabaseDep, caller: ReadsTasksAtOnce, response: Response, task_id: UUID
) -> TaskOut:
    """Return a task, also one in the trash."""
    task = await fast.get_task(
        database, owner_id=caller.user_id, session_id=caller.session_id, task_id=task_id
    )
    return answer(response, task)


@router.patch(
    "/{task_id}",
    summary="Change a task",
    responses=errors(*GUARDED, *CHANGED),
)
async def update_task(
    database: DatabaseDep,
    caller: WritesTasksAtOnce,
    response: Response,
    task_id: UUID,
    body: TaskPatch,
    if_version: IfVersionDep,
) -> TaskOut:
    """Merge: an absent field is untouched, `null` clears. Reminders move with the due time.

    A new due time of a repeating task moves this occurrence only; send `recurrence` along to begin
    the series anew.
    """
    task = await fast.update_task(
        database,
        owner_id=caller.user_id,
        session_id=caller.session_id,
        task_id=task_id,
        patch=body,
        if_version=if_version,
        via=caller.via,
    )
    return answer(response, task)


@router.put(
    "/{task_id}",
    summary="Replace a task",
    responses=errors(*GUARDED, *CHANGED),
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
    await tasks.replace_task(
        session,
        owner_id=caller.user_id,
        task_id=task_id,
        new=body,
        if_version=if_version,
        via=caller.via,
    )
    return answer(response, await read(session, owner_id=caller.user_id, task_id=task_id))


@router.delete("/{task_id}", status_code=204, summary="Delete a task", responses=errors(*GUARDED))
async def delete_task(
    database: DatabaseDep,
    caller: WritesTasksAtOnce,
    task_id: UUID,
    if_version: IfVersionDep,
    permanent: Annotated[bool, Query(description="Delete for good, with its reminders.")] = False,
) -> None:
    """Move a task with its subtasks to the trash, or delete them for good.

    What one deletion took along is restored together; the trash is emptied after 30 days.
    """
    owner_id, session_id = caller.user_id, caller.session_id
    if not permanent:
        await fast.trash_task(
            database,
            owner_id=owner_id,
            session_id=session_id,
            task_id=task_id,
            if_version=if_version,
            via=caller.via,
        )
        return
    async with database.transaction() as session:
        await live.check(session, session_id=session_id)
        await trash.delete_task(session, owner_id=owner_id, task_id=task_id, if_version=if_version)


@router.patch(
    "/{task_id}/complete",
    summary="Complete a task, or take that back",
    responses=errors(*GUARDED, OccurrenceGoneError),
)
async def complete_task(
    database: DatabaseDep,
    caller: WritesTasksAtOnce,
    response: Response,
    task_id: UUID,
    if_version: IfVersionDep,
    arrived_at: ArrivedAt,
    body: Completion | None = None,
    subtasks: Annotated[
        Subtasks, Query(description="`complete`: all its pending subtasks with it.")
    ] = "keep",
) -> TaskOut:
    """Set `completed`; without it the state toggles. Completing cancels the task's reminders.

    A repeating task moves on to its next occurrence instead, those that were missed left out, and
    is completed with the last one only. Send the `occurrence` that it showed: then no repeat of the
    request, and no other device, completes the next one by mistake.
    """
    task = await fast.set_completed(
        database,
        owner_id=caller.user_id,
        session_id=caller.session_id,
        task_id=task_id,
        completed=None if body is None else body.completed,
        occurrence=None if body is None else body.occurrence,
        subtasks=subtasks,
        asked_at=arrived_at,
        if_version=if_version,
        via=caller.via,
    )
    return answer(response, task)


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
    """Bring a task back, with its reminders and the subtasks that were deleted with it.

    Nothing changes when it is not in the trash. Its parent being there, it becomes a task of its
    own; its list being there, it goes to the inbox.
    """
    await trash.restore_task(
        session, owner_id=caller.user_id, task_id=task_id, if_version=if_version, via=caller.via
    )
    return answer(response, await read(session, owner_id=caller.user_id, task_id=task_id))


def answer(response: Response, task: TaskRow) -> TaskOut:
    """Return a single task as it is answered, with its version as `ETag`."""
    put_etag(response, task.version)
    return TaskOut.of(task)
