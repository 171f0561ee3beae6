"""What else can be done with tasks: many at once, quickly, moving, repeating, undoing."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from taskbell.clock import now
from taskbell.labels.errors import TooManyLabelsError
from taskbell.paging import InvalidCursorError
from taskbell.quick_add import service as quick_add
from taskbell.quick_add.schemas import QuickAdd, QuickOut
from taskbell.recurrence.errors import InvalidRecurrenceError
from taskbell.reminders.errors import ReminderInPastError, TooManyRemindersError
from taskbell.tasks import batch, completion, history, moving, repeats
from taskbell.tasks import service as tasks
from taskbell.tasks.activity_schemas import ActivityOut
from taskbell.tasks.batch import Batch
from taskbell.tasks.errors import (
    CannotUndoError,
    DueInPastError,
    NotASiblingError,
    NothingToUndoError,
    NotRepeatingError,
    OccurrenceGoneError,
    ParentCycleError,
    TaskIdTakenError,
    TaskNotFoundError,
)
from taskbell.tasks.rows import read
from taskbell.tasks.schemas import (
    CompletionOut,
    Move,
    OccurrenceOut,
    Preview,
    Skip,
    TaskOut,
)
from taskbell_api.access import ReadsTasks, WritesTasks
from taskbell_api.arrival import ArrivedAt
from taskbell_api.deps import BASE, SessionDep
from taskbell_api.idempotency import CreatesTasks, IdempotentRoute
from taskbell_api.openapi import errors
from taskbell_api.pages import PageAndCursorError, PageOut, PageQuery, PageQueryDep
from taskbell_api.query_strings import parameters
from taskbell_api.routers.tasks import CHANGED, GUARDED, PLACED, WRITTEN, answer
from taskbell_api.versions import IfVersionDep, put_etag

router = APIRouter(prefix=BASE, tags=["tasks"], route_class=IdempotentRoute)
PAGED = (InvalidCursorError, PageAndCursorError)


class OccurrencesOut(BaseModel):
    """Occurrences of a repeating task, the current one first."""

    items: list[OccurrenceOut]


class BatchResult(BaseModel):
    """What became of one operation."""

    op: Literal["create", "update", "complete", "skip", "move", "delete", "restore"]
    id: UUID
    status: int = Field(description="What its own request would have answered.")
    task: TaskOut | None = Field(description="As it is after the whole batch; null when deleted.")


class BatchOut(BaseModel):
    """What became of all operations, in their order."""

    results: list[BatchResult]


@router.post(
    "/tasks/quick",
    status_code=201,
    summary="Add a task from one line of text",
    responses=errors(
        TaskNotFoundError, DueInPastError, ReminderInPastError, TooManyRemindersError, *WRITTEN
    )
    | {200: {"model": QuickOut, "description": "With `dry_run`: what it would become."}},
)
async def quick_add_task(
    session: SessionDep, caller: CreatesTasks, response: Response, body: QuickAdd
) -> QuickOut:
    """Understand dates, repeats, `#list`, `@label`, `p1`–`p4` and `!reminder` in a line of text.

    `parsed.spans` says which parts were understood, and as what; the rest is the title. A part that
    was misunderstood can be sent back in `ignore`. See docs/quick-add.md for all that can be said.
    """
    made = await quick_add.add(session, owner_id=caller.user_id, wanted=body)
    if made.task is None:
        response.status_code = 200
        return QuickOut(task=None, parsed=made.parsed)
    response.headers["Location"] = f"{BASE}/tasks/{made.task.id}"
    put_etag(response, made.task.version)
    return QuickOut(task=TaskOut.of(made.task), parsed=made.parsed)


@router.post(
    "/tasks/batch",
    summary="Do many things at once, all or nothing",
    responses=errors(
        *GUARDED, *CHANGED, TaskIdTakenError, DueInPastError, OccurrenceGoneError,
        NotRepeatingError, NotASiblingError,
    ),
)  # fmt: skip
async def run_batch(
    session: SessionDep, caller: CreatesTasks, arrived_at: ArrivedAt, body: Batch
) -> BatchOut:
    """Do up to 100 operations in order, in one transaction.

    Tasks that are created here with an `id` can be used by what follows. Should one fail nothing
    happens at all: the answer is its error, whose fields begin with its place
    (`body.operations.3`).
    """
    done = await batch.run(
        session,
        owner_id=caller.user_id,
        operations=body.operations,
        via=caller.via,
        asked_at=arrived_at,
    )
    moment = now()
    results = [
        BatchResult.model_validate(
            {
                "op": one.op,
                "id": one.id,
                "status": one.status,
                "task": one.task and TaskOut.of(one.task, at=moment),
            }
        )
        for one in done
    ]
    return BatchOut(results=results)


@router.post(
    "/tasks/{task_id}/move",
    summary="Move a task",
    responses=errors(*GUARDED, *PLACED, ParentCycleError, NotASiblingError),
)
async def move_task(
    session: SessionDep,
    caller: WritesTasks,
    response: Response,
    task_id: UUID,
    body: Move,
    if_version: IfVersionDep,
) -> TaskOut:
    """Put a task into another list, below another task, or next to a sibling.

    Without `after_id` and `before_id` it comes last. Its subtasks move along.
    """
    owner_id = caller.user_id
    await moving.move_task(
        session, owner_id=owner_id, task_id=task_id, to=body, if_version=if_version, via=caller.via
    )
    return answer(response, await read(session, owner_id=owner_id, task_id=task_id))


@router.post(
    "/tasks/{task_id}/skip",
    summary="Skip an occurrence",
    responses=errors(*GUARDED, NotRepeatingError, OccurrenceGoneError),
)
async def skip_occurrence(
    session: SessionDep,
    caller: WritesTasks,
    response: Response,
    task_id: UUID,
    if_version: IfVersionDep,
    arrived_at: ArrivedAt,
    body: Skip | None = None,
) -> TaskOut:
    """Move a repeating task on to its next occurrence without having done this one."""
    await completion.skip_occurrence(
        session,
        owner_id=caller.user_id,
        task_id=task_id,
        occurrence=None if body is None else body.occurrence,
        asked_at=arrived_at,
        if_version=if_version,
        via=caller.via,
    )
    return answer(response, await read(session, owner_id=caller.user_id, task_id=task_id))


@router.post(
    "/tasks/{task_id}/undo",
    summary="Take the last change back",
    responses=errors(*GUARDED, NothingToUndoError, CannotUndoError, TooManyLabelsError),
)
async def undo_last_change(
    session: SessionDep,
    caller: WritesTasks,
    response: Response,
    task_id: UUID,
    if_version: IfVersionDep,
) -> TaskOut:
    """Undo the last change of a task that was not undone yet, with all it did to other tasks.

    Also a deletion, a completion, a skipped occurrence; once more for the change before that.
    """
    await history.undo_last_change(
        session, owner_id=caller.user_id, task_id=task_id, if_version=if_version, via=caller.via
    )
    return answer(response, await read(session, owner_id=caller.user_id, task_id=task_id))


@router.get(
    "/tasks/{task_id}/activity",
    summary="See what happened to a task",
    responses=errors(TaskNotFoundError, *PAGED),
    openapi_extra=parameters(PageQuery),
)
async def list_activity(
    session: SessionDep, caller: ReadsTasks, query: PageQueryDep, task_id: UUID
) -> PageOut[ActivityOut]:
    """Return every change, the newest first: who made it, and what was there before and after."""
    found = await history.list_activity(
        session,
        owner_id=caller.user_id,
        task_id=task_id,
        page=query.number,
        per_page=query.per_page,
        cursor=query.cursor,
    )
    return PageOut[ActivityOut].of(
        found.items, query, total=found.total, next_cursor=found.next_cursor
    )


@router.get(
    "/tasks/{task_id}/occurrences",
    summary="See when a task comes next",
    responses=errors(TaskNotFoundError),
)
async def list_occurrences(
    session: SessionDep,
    caller: ReadsTasks,
    task_id: UUID,
    limit: Annotated[int, Query(ge=1, le=100)] = 10,
) -> OccurrencesOut:
    """Return the current occurrence and those that follow; nothing for a task without a repeat."""
    task = await tasks.get_task(session, owner_id=caller.user_id, task_id=task_id)
    found = repeats.occurrences(task, limit=limit, at=now())
    return OccurrencesOut(items=[OccurrenceOut.model_validate(one) for one in found])


@router.get(
    "/tasks/{task_id}/completions",
    summary="See which occurrences were done",
    responses=errors(TaskNotFoundError, *PAGED),
    openapi_extra=parameters(PageQuery),
)
async def list_completions(
    session: SessionDep, caller: ReadsTasks, query: PageQueryDep, task_id: UUID
) -> PageOut[CompletionOut]:
    """Return the occurrences of a repeating task that were done or skipped, the newest first."""
    found = await completion.list_completions(
        session,
        owner_id=caller.user_id,
        task_id=task_id,
        page=query.number,
        per_page=query.per_page,
        cursor=query.cursor,
    )
    items = [CompletionOut.model_validate(one) for one in found.items]
    return PageOut[CompletionOut].of(items, query, total=found.total, next_cursor=found.next_cursor)


@router.post(
    "/recurrence/preview",
    summary="See what a repeat would come to",
    responses=errors(InvalidRecurrenceError),
)
async def preview_recurrence(
    session: SessionDep, caller: ReadsTasks, body: Preview
) -> OccurrencesOut:
    """Return the first occurrences of a rule, without making anything."""
    zone = body.time_zone or await tasks.own_zone(session, caller.user_id)
    found = repeats.preview(body, zone=zone, at=now())
    return OccurrencesOut(items=[OccurrenceOut.model_validate(one) for one in found])
