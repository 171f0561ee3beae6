"""What can be done with reminders. Firing them is in firing.py."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from taskbell.clock import now
from taskbell.db import constraint_of
from taskbell.ids import new_id
from taskbell.jobs.service import cancel_groups
from taskbell.notifications.changes import follows_preferences
from taskbell.notifications.models import NotificationPreference
from taskbell.notifications.preferences import ALL_DAY_TIME, all_day_time, get_preferences
from taskbell.paging import Page, page_by_key
from taskbell.reminders.errors import (
    CannotSnoozeError,
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
from taskbell.tasks.changes import follows_new_timed_tasks, follows_tasks
from taskbell.tasks.models import Task
from taskbell.webhooks.delivering import end_messages

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
    preference = await get_preferences(session, user_id=owner_id)
    reminder = Reminder(
        id=new.id or new_id(),
        task_id=task_id,
        owner_id=owner_id,
        offset_minutes=new.offset_minutes,
        at=new.at,
        channels=list(new.channels or preference.default_channels),
    )
    _schedule(task, reminder, all_day_at=preference.all_day_time)
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
        reminder.served_at = reminder.snoozed_until = None
        _schedule(task, reminder, all_day_at=await _all_day_at(session, task))
    reminder.channels = list(channels)
    _touch(reminder)
    await session.flush()
    return reminder


async def snooze_reminder(
    session: AsyncSession, *, owner_id: UUID, reminder_id: UUID, until: datetime
) -> Reminder:
    """Let a reminder come again at an instant, instead of now or at its moment.

    Raises `ReminderNotFoundError`, `TaskNotFoundError`, `CannotSnoozeError` when there is nothing
    left to be reminded of, `ReminderInPastError`.
    """
    task, reminder = await _lock(session, owner_id, reminder_id)
    if until <= now():
        raise ReminderInPastError(field="body.until")
    target = fire_time(task, reminder, all_day_at=await _all_day_at(session, task))
    if target is None or task.completed_at is not None or task.deleted_at is not None:
        raise CannotSnoozeError
    await _drop_pending(session, [reminder], reason="the reminder was snoozed")
    reminder.owed_at, reminder.served_at, reminder.snoozed_until = None, target, until
    _apply(reminder, Plan("snoozed", until))
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
    reminders = list(
        await session.scalars(
            select(Reminder)
            .where(col(Reminder.task_id).in_(by_id))
            .order_by(col(Reminder.id))
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    )
    days = {task.owner_id for task in by_id.values() if task.due_date is not None}
    times = {owner_id: await all_day_time(session, user_id=owner_id) for owner_id in sorted(days)}
    await _replan(session, by_id, reminders, times, reason="the task was changed")


@follows_new_timed_tasks
async def add_default_reminder(session: AsyncSession, task: Task) -> None:
    """Remind of a new task as its owner wishes by default: when due, where that is past already."""
    preference = await get_preferences(session, user_id=task.owner_id)
    minutes = preference.default_reminder_minutes
    if minutes is None or task.due_at is None or task.due_at <= now():
        return
    if task.rrule is None and task.due_at - timedelta(minutes=minutes) <= now():
        minutes = 0
    reminder = Reminder(
        task_id=task.id,
        owner_id=task.owner_id,
        offset_minutes=minutes,
        channels=list(preference.default_channels),
    )
    _schedule(task, reminder, all_day_at=preference.all_day_time)
    session.add(reminder)
    task.reminders_count += 1
    await session.flush()


@follows_preferences
async def follow_preferences(
    session: AsyncSession, preference: NotificationPreference, changed: frozenset[str]
) -> None:
    """Move the reminders of tasks that are due on a date to another time of day."""
    if "all_day_time" not in changed:
        return
    tasks_of_day = await session.scalars(
        select(Task)
        .where(
            col(Task.owner_id) == preference.user_id,
            col(Task.due_date).is_not(None),
            col(Task.reminders_count) > 0,
            col(Task.completed_at).is_(None),
            col(Task.deleted_at).is_(None),
        )
        .order_by(col(Task.id))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    by_id = {task.id: task for task in tasks_of_day}
    reminders = await session.scalars(
        select(Reminder)
        .where(
            col(Reminder.owner_id) == preference.user_id,
            col(Reminder.offset_minutes).is_not(None),
            col(Reminder.state).in_(("scheduled", "snoozed")),
        )
        .order_by(col(Reminder.id))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    waiting = [reminder for reminder in reminders if reminder.task_id in by_id]
    times = {preference.user_id: preference.all_day_time}
    await _replan(session, by_id, waiting, times, reason="the time for days was changed")


async def _replan(
    session: AsyncSession,
    by_id: dict[UUID, Task],
    reminders: Sequence[Reminder],
    times: dict[UUID, time],
    *,
    reason: str,
) -> None:
    """Bring locked reminders in step with their tasks. `times`: of day, by owner."""

    def wanted_now(reminder: Reminder, moment: datetime) -> Plan:
        day_at = times.get(reminder.owner_id, ALL_DAY_TIME)
        return plan(by_id[reminder.task_id], reminder, at=moment, all_day_at=day_at)

    moving = []
    with session.no_autoflush:  # one statement for each reminder, at the end
        for reminder in reminders:
            moment = now()
            wanted = wanted_now(reminder, moment)
            if (wanted.state, wanted.next_fire_at) == (reminder.state, reminder.next_fire_at):
                continue
            waited_for = reminder.next_fire_at
            if waited_for is not None and (wanted.state == "cancelled" or waited_for <= moment):
                _owe(reminder, waited_for)  # it may pass before this is undone
            moving.append((reminder, wanted, moment))
        # where it has fired, what is pending is just what is wanted
        dropped = [reminder for reminder, wanted, _ in moving if wanted.state != "fired"]
        await _drop_pending(session, dropped, reason=reason)
        for reminder, _, moment in moving:
            # once more: dropping changed what is owed
            _apply(reminder, wanted_now(reminder, moment))
    await session.flush()


async def take_back(
    session: AsyncSession, *, reminder_id: UUID, fire_at: datetime, job_id: UUID
) -> None:
    """Undo that a reminder fired: the message of a job was not wanted when it was to be sent.

    What is wanted instead, or again by now, is planned anew; what went out over other channels
    stays, and is not told twice.
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
            col(ReminderOccurrence.job_id) == job_id,
        )
    )
    later = reminder.state == "fired" and reminder.last_fire_at != fire_at
    if reminder.state == "snoozed" or later:  # which took the place of what was not sent
        return
    _owe(reminder, fire_at)
    wanted = plan(task, reminder, at=now(), all_day_at=await _all_day_at(session, task))
    if (wanted.state, wanted.next_fire_at) != (reminder.state, reminder.next_fire_at):
        _apply(reminder, wanted)
    await session.flush()


def _owe(reminder: Reminder, fire_at: datetime) -> None:
    if reminder.owed_at is None or reminder.owed_at < fire_at:
        reminder.owed_at = fire_at
    if reminder.served_at == fire_at:
        reminder.served_at = None
    if reminder.last_fire_at == fire_at:
        reminder.last_fire_at = None


def _apply(reminder: Reminder, wanted: Plan) -> None:
    reminder.state, reminder.next_fire_at = wanted.state, wanted.next_fire_at
    reminder.snoozed_until = wanted.next_fire_at if wanted.state == "snoozed" else None
    _touch(reminder)


async def _all_day_at(session: AsyncSession, task: Task) -> time:
    if task.due_date is None:
        return ALL_DAY_TIME
    return await all_day_time(session, user_id=task.owner_id)


def _schedule(task: Task, reminder: Reminder, *, all_day_at: time) -> None:
    target = fire_time(task, reminder, all_day_at=all_day_at)
    if target is None:
        raise DueRequiredError(field="body.offset_minutes")
    if target <= now():
        if task.rrule is not None and reminder.offset_minutes is not None:
            # not for this occurrence any more; the next one wakes it
            reminder.state, reminder.next_fire_at = "cancelled", None
            return
        field = "body.at" if reminder.offset_minutes is None else "body.offset_minutes"
        raise ReminderInPastError(field=field)
    wanted = plan(task, reminder, at=now(), all_day_at=all_day_at)
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
    await end_messages(session, job_ids=dropped, state="suppressed", reason=reason)
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
