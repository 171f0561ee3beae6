"""What can be done with reminders. Firing them is in firing.py."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from taskbell.clock import now
from taskbell.db import constraint_of
from taskbell.ids import new_id
from taskbell.jobs.service import cancel_groups
from taskbell.paging import Page, page_by_key
from taskbell.reminders.errors import (
    DueRequiredError,
    ReminderIdTakenError,
    ReminderInPastError,
    ReminderNotFoundError,
    TooManyRemindersError,
)
from taskbell.reminders.models import Delivery, Reminder, ReminderOccurrence
from taskbell.reminders.plan import Plan, fire_time, plan
from taskbell.reminders.schemas import ReminderCreate, ReminderPatch
from taskbell.tasks import service as tasks
from taskbell.tasks.changes import follows_tasks
from taskbell.tasks.models import Task

MOST_REMINDERS = 20


def job_group(reminder_id: UUID) -> str:
    """Return the group of the jobs that deliver a reminder."""
    return f"reminder:{reminder_id}"


async def create_reminder(
    session: AsyncSession, *, owner_id: UUID, task_id: UUID, new: ReminderCreate
) -> Reminder:
    """Add a reminder to a task.

    Raises `TaskNotFoundError`, `DueRequiredError`, `ReminderInPastError`, `TooManyRemindersError`,
    `ReminderIdTakenError`.
    """
    task = await tasks.lock_task(session, owner_id=owner_id, task_id=task_id)
    if task.reminders_count >= MOST_REMINDERS:
        raise TooManyRemindersError
    reminder = Reminder(
        id=new.id or new_id(),
        task_id=task_id,
        owner_id=owner_id,
        offset_minutes=new.offset_minutes,
        at=new.at,
        channels=list(new.channels),
    )
    _schedule(task, reminder)
    session.add(reminder)
    task.reminders_count += 1
    try:
        await session.flush()
    except IntegrityError as error:
        if constraint_of(error) == "pk_reminder":
            raise ReminderIdTakenError from None
        raise
    return reminder


async def list_reminders(
    session: AsyncSession, *, owner_id: UUID, task_id: UUID
) -> Sequence[Reminder]:
    """Return the reminders of a task, the oldest first. Raises `TaskNotFoundError`."""
    await tasks.get_task(session, owner_id=owner_id, task_id=task_id)
    return (
        await session.scalars(
            select(Reminder).where(col(Reminder.task_id) == task_id).order_by(col(Reminder.id))
        )
    ).all()


async def update_reminder(
    session: AsyncSession, *, owner_id: UUID, reminder_id: UUID, patch: ReminderPatch
) -> Reminder:
    """Give a reminder a new time or other channels; raises what `create_reminder` raises."""
    task, reminder = await _lock(session, owner_id, reminder_id)
    changes = patch.model_dump(exclude_unset=True)
    times = before = (reminder.offset_minutes, reminder.at)
    if changes.get("offset_minutes") is not None or changes.get("at") is not None:
        times = (changes.get("offset_minutes"), changes.get("at"))
    moved = times != before
    channels = changes.get("channels") or reminder.channels
    if not moved and channels == reminder.channels:
        return reminder
    if moved:
        await _drop_pending(session, [reminder], reason="the reminder was moved")
        reminder.offset_minutes, reminder.at = times
        _schedule(task, reminder)
    reminder.channels = list(channels)
    _touch(reminder)
    await session.flush()
    return reminder


async def delete_reminder(session: AsyncSession, *, owner_id: UUID, reminder_id: UUID) -> None:
    """Delete a reminder and what was still to be delivered. Raises `ReminderNotFoundError`."""
    task, reminder = await _lock(session, owner_id, reminder_id)
    await _drop_pending(session, [reminder], reason="the reminder was deleted")
    task.reminders_count -= 1
    await session.delete(reminder)
    await session.flush()


async def list_deliveries(
    session: AsyncSession,
    *,
    owner_id: UUID,
    reminder_id: UUID,
    page: int = 1,
    per_page: int = 20,
    cursor: str | None = None,
) -> Page[Delivery]:
    """Return a page of a reminder's deliveries, the newest first.

    Raises `ReminderNotFoundError`, `InvalidCursorError`.
    """
    await _get(session, owner_id, reminder_id)
    return await page_by_key(
        session,
        select(Delivery),
        col(Delivery.reminder_id) == reminder_id,
        key=col(Delivery.id),
        page=page,
        per_page=per_page,
        cursor=cursor,
    )


@follows_tasks
async def follow_tasks_changed(session: AsyncSession, changed: Sequence[Task]) -> None:
    """Move or cancel the reminders of tasks with them."""
    by_id = {task.id: task for task in changed if task.reminders_count > 0}
    if not by_id:
        return
    reminders = await session.scalars(
        select(Reminder)
        .where(col(Reminder.task_id).in_(by_id))
        .order_by(col(Reminder.id))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    moving = []
    with session.no_autoflush:  # one statement for each reminder, at the end
        for reminder in reminders:
            moment = now()
            wanted = plan(by_id[reminder.task_id], reminder, at=moment)
            if (wanted.state, wanted.next_fire_at) == (reminder.state, reminder.next_fire_at):
                continue
            waited_for = reminder.next_fire_at
            if waited_for is not None and (wanted.state == "cancelled" or waited_for <= moment):
                _owe(reminder, waited_for)  # it may pass before this is undone
            moving.append((reminder, wanted, moment))
        # where it has fired, what is pending is just what is wanted
        dropped = [reminder for reminder, wanted, _ in moving if wanted.state != "fired"]
        await _drop_pending(session, dropped, reason="the task was changed")
        for reminder, _, moment in moving:
            # once more: dropping changed what is owed
            _apply(reminder, plan(by_id[reminder.task_id], reminder, at=moment))
    await session.flush()


async def take_back(session: AsyncSession, *, reminder_id: UUID, fire_at: datetime) -> None:
    """Undo that a reminder fired: its message was not wanted when it was to be sent.

    What is wanted instead, or again by now, is planned anew.
    """
    task_id = await session.scalar(
        select(col(Reminder.task_id)).where(col(Reminder.id) == reminder_id)
    )
    task = await session.scalar(select(Task).where(col(Task.id) == task_id).with_for_update())
    reminder = await session.scalar(
        select(Reminder).where(col(Reminder.id) == reminder_id).with_for_update()
    )
    if task is None or reminder is None:
        return
    await session.execute(
        delete(ReminderOccurrence).where(
            col(ReminderOccurrence.reminder_id) == reminder_id,
            col(ReminderOccurrence.fire_at) == fire_at,
        )
    )
    _owe(reminder, fire_at)
    wanted = plan(task, reminder, at=now())
    if (wanted.state, wanted.next_fire_at) != (reminder.state, reminder.next_fire_at):
        _apply(reminder, wanted)
    await session.flush()


def _owe(reminder: Reminder, fire_at: datetime) -> None:
    if reminder.owed_at is None or reminder.owed_at < fire_at:
        reminder.owed_at = fire_at
    if reminder.last_fire_at == fire_at:
        reminder.last_fire_at = None


def _apply(reminder: Reminder, wanted: Plan) -> None:
    reminder.state, reminder.next_fire_at = wanted.state, wanted.next_fire_at
    _touch(reminder)


def _schedule(task: Task, reminder: Reminder) -> None:
    target = fire_time(task, reminder)
    if target is None:
        raise DueRequiredError(field="body.offset_minutes")
    if target <= now():
        if task.rrule is not None and reminder.offset_minutes is not None:
            # not for this occurrence any more; the next one wakes it
            reminder.state, reminder.next_fire_at = "cancelled", None
            return
        field = "body.at" if reminder.offset_minutes is None else "body.offset_minutes"
        raise ReminderInPastError(field=field)
    wanted = plan(task, reminder, at=now())
    reminder.state, reminder.next_fire_at = wanted.state, wanted.next_fire_at


def _touch(reminder: Reminder) -> None:
    reminder.version += 1
    reminder.updated_at = max(now(), reminder.updated_at)


async def _drop_pending(
    session: AsyncSession, reminders: Sequence[Reminder], *, reason: str
) -> None:
    groups = [job_group(reminder.id) for reminder in reminders]
    dropped = await cancel_groups(session, group_keys=groups, reason=reason)
    if not dropped:
        return
    await session.execute(
        update(Delivery)
        .where(col(Delivery.job_id).in_(dropped), col(Delivery.state) == "planned")
        .values(state="skipped", finished_at=now(), response=reason)
    )
    await session.execute(
        update(Delivery)
        .where(col(Delivery.job_id).in_(dropped), col(Delivery.state) == "sending")
        .values(state="unknown", finished_at=now(), response="cut off, then " + reason)
    )
    unsent = await session.execute(
        delete(ReminderOccurrence)
        .where(col(ReminderOccurrence.job_id).in_(dropped))
        .returning(col(ReminderOccurrence.reminder_id), col(ReminderOccurrence.fire_at))
        .execution_options(synchronize_session=False)
    )
    by_id = {reminder.id: reminder for reminder in reminders}
    for reminder_id, fire_at in unsent:
        _owe(by_id[reminder_id], fire_at)


async def _get(session: AsyncSession, owner_id: UUID, reminder_id: UUID) -> Reminder:
    reminder = await session.scalar(
        select(Reminder).where(col(Reminder.id) == reminder_id, col(Reminder.owner_id) == owner_id)
    )
    if reminder is None:
        raise ReminderNotFoundError
    return reminder


async def _lock(session: AsyncSession, owner_id: UUID, reminder_id: UUID) -> tuple[Task, Reminder]:
    # first the task, then its reminders, as everywhere: no deadlock
    found = await _get(session, owner_id, reminder_id)
    task = await tasks.lock_task(session, owner_id=owner_id, task_id=found.task_id)
    reminder = await session.scalar(
        select(Reminder)
        .where(col(Reminder.id) == reminder_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if reminder is None:
        raise ReminderNotFoundError
    return task, reminder
