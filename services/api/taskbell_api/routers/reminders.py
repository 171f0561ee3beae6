"""When to be told, and what became of it."""

from datetime import timedelta
from uuid import UUID

from fastapi import APIRouter, Response

from taskbell.clock import now
from taskbell.paging import InvalidCursorError
from taskbell.reminders import service as reminders
from taskbell.reminders.errors import (
    CannotSnoozeError,
    DueRequiredError,
    ReminderIdTakenError,
    ReminderInPastError,
    ReminderNotFoundError,
    TooManyRemindersError,
)
from taskbell.reminders.schemas import (
    DeliveryOut,
    ReminderCreate,
    ReminderOut,
    ReminderPatch,
    Snooze,
)
from taskbell.tasks.errors import TaskNotFoundError
from taskbell_api.access import ReadsTasks, WritesTasks
from taskbell_api.deps import BASE, SessionDep
from taskbell_api.idempotency import CreatesTasks, IdempotentRoute
from taskbell_api.openapi import errors
from taskbell_api.pages import PageAndCursorError, PageOut, PageQuery, PageQueryDep, whole_list
from taskbell_api.query_strings import parameters

router = APIRouter(prefix=BASE, tags=["reminders"], route_class=IdempotentRoute)


@router.get(
    "/tasks/{task_id}/reminders",
    summary="List a task's reminders",
    responses=errors(TaskNotFoundError, InvalidCursorError, PageAndCursorError),
    openapi_extra=parameters(PageQuery),
)
async def list_reminders(
    session: SessionDep, caller: ReadsTasks, query: PageQueryDep, task_id: UUID
) -> PageOut[ReminderOut]:
    """Return the reminders of a task, the oldest first; a task has at most 20."""
    found = await reminders.list_reminders(session, owner_id=caller.user_id, task_id=task_id)
    return whole_list(PageOut[ReminderOut], found, query, ReminderOut.model_validate)


@router.post(
    "/tasks/{task_id}/reminders",
    status_code=201,
    summary="Add a reminder",
    responses=errors(
        TaskNotFoundError,
        ReminderIdTakenError,
        DueRequiredError,
        ReminderInPastError,
        TooManyRemindersError,
    ),
)
async def create_reminder(
    session: SessionDep,
    caller: CreatesTasks,
    response: Response,
    task_id: UUID,
    body: ReminderCreate,
) -> ReminderOut:
    """Be reminded of a task some minutes before it is due, or at an instant."""
    reminder = await reminders.create_reminder(
        session, owner_id=caller.user_id, task_id=task_id, new=body
    )
    response.headers["Location"] = f"{BASE}/reminders/{reminder.id}"
    return ReminderOut.model_validate(reminder)


@router.patch(
    "/reminders/{reminder_id}",
    summary="Change a reminder",
    responses=errors(
        ReminderNotFoundError, TaskNotFoundError, DueRequiredError, ReminderInPastError
    ),
)
async def update_reminder(
    session: SessionDep, caller: WritesTasks, reminder_id: UUID, body: ReminderPatch
) -> ReminderOut:
    """Give a reminder a new time; one that has fired will fire again."""
    reminder = await reminders.update_reminder(
        session, owner_id=caller.user_id, reminder_id=reminder_id, patch=body
    )
    return ReminderOut.model_validate(reminder)


@router.post(
    "/reminders/{reminder_id}/snooze",
    summary="Snooze a reminder",
    responses=errors(
        ReminderNotFoundError, TaskNotFoundError, CannotSnoozeError, ReminderInPastError
    ),
)
async def snooze_reminder(
    session: SessionDep, caller: WritesTasks, reminder_id: UUID, body: Snooze
) -> ReminderOut:
    """Be reminded again in so many minutes, or at an instant; what was still to be sent is not.

    Completing, deleting or moving the task ends the snooze.
    """
    until = body.until or now() + timedelta(minutes=body.minutes or 0)
    reminder = await reminders.snooze_reminder(
        session, owner_id=caller.user_id, reminder_id=reminder_id, until=until
    )
    return ReminderOut.model_validate(reminder)


@router.delete(
    "/reminders/{reminder_id}",
    status_code=204,
    summary="Delete a reminder",
    responses=errors(ReminderNotFoundError, TaskNotFoundError),
)
async def delete_reminder(session: SessionDep, caller: WritesTasks, reminder_id: UUID) -> None:
    """Delete a reminder; what it was about to send is not sent."""
    await reminders.delete_reminder(session, owner_id=caller.user_id, reminder_id=reminder_id)


@router.get(
    "/reminders/{reminder_id}/deliveries",
    summary="See what became of a reminder",
    responses=errors(ReminderNotFoundError, InvalidCursorError, PageAndCursorError),
    openapi_extra=parameters(PageQuery),
)
async def list_deliveries(
    session: SessionDep, caller: ReadsTasks, query: PageQueryDep, reminder_id: UUID
) -> PageOut[DeliveryOut]:
    """Return every attempt to deliver a reminder, the newest first."""
    found = await reminders.list_deliveries(
        session,
        owner_id=caller.user_id,
        reminder_id=reminder_id,
        page=query.number,
        per_page=query.per_page,
        cursor=query.cursor,
    )
    items = [DeliveryOut.model_validate(one) for one in found.items]
    return PageOut[DeliveryOut].of(items, query, total=found.total, next_cursor=found.next_cursor)
