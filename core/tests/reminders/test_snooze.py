"""Snoozing: a reminder comes again at its new moment, and only while there is something to do."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from core.tests.make import HOUR, a_reminder, a_task, a_user, make_due, some_id
from taskbell.clock import now
from taskbell.jobs.models import Job
from taskbell.reminders import service as reminders
from taskbell.reminders.errors import (
    CannotSnoozeError,
    ReminderInPastError,
    ReminderNotFoundError,
)
from taskbell.reminders.firing import fire_due
from taskbell.reminders.models import Delivery, Reminder, ReminderOccurrence
from taskbell.reminders.schemas import ReminderPatch
from taskbell.tasks import service as tasks
from taskbell.tasks import trash
from taskbell.tasks.completion import set_completed
from taskbell.tasks.models import Task
from taskbell.tasks.schemas import TaskPatch

MINUTE = timedelta(minutes=1)


async def snooze(session: AsyncSession, reminder: Reminder, *, minutes: float = 10) -> Reminder:
    until = now() + minutes * MINUTE
    return await reminders.snooze_reminder(
        session, owner_id=reminder.owner_id, reminder_id=reminder.id, until=until
    )


async def fired(session: AsyncSession, **fields: Any) -> tuple[Task, Reminder]:
    task = await a_task(session, await a_user(session), **({"due_at": now() + HOUR} | fields))
    reminder = await a_reminder(session, task, offset_minutes=59)
    await pass_by(session, task, reminder)
    return task, reminder


async def pass_by(session: AsyncSession, task: Task, reminder: Reminder) -> None:
    """Let the moment of a reminder come: its task is due that much sooner."""
    assert task.due_at is not None
    assert reminder.next_fire_at is not None
    early = reminder.next_fire_at - now() + timedelta(seconds=1)
    task.due_at -= early
    reminder.next_fire_at -= early
    reminder.updated_at -= HOUR
    await session.flush()
    assert await fire_due(session) == 1
    await session.refresh(reminder)


async def wake(session: AsyncSession, reminder: Reminder) -> None:
    """Let the end of a snooze come."""
    reminder.snoozed_until = reminder.next_fire_at = now() - timedelta(seconds=1)
    await session.flush()
    assert await fire_due(session) == 1
    await session.refresh(reminder)


async def moments(session: AsyncSession, reminder: Reminder) -> int:
    """How many times it was told."""
    found = await session.scalars(
        select(col(ReminderOccurrence.fire_at)).where(
            col(ReminderOccurrence.reminder_id) == reminder.id
        )
    )
    return len(found.all())


async def state(session: AsyncSession, reminder: Reminder) -> str:
    await session.refresh(reminder)
    assert (reminder.state == "snoozed") == (reminder.snoozed_until is not None)
    return reminder.state


async def sent(session: AsyncSession) -> None:
    """Let what was planned be sent."""
    await session.execute(update(Job).values(state="done", finished_at=now()))
    await session.execute(update(Delivery).values(state="sent", finished_at=now()))


async def test_a_fired_reminder_comes_again(session: AsyncSession) -> None:
    _, reminder = await fired(session)
    await sent(session)
    await snooze(session, reminder)
    assert await state(session, reminder) == "snoozed"
    assert reminder.next_fire_at == reminder.snoozed_until
    assert await fire_due(session) == 0
    await wake(session, reminder)
    assert (reminder.state, await moments(session, reminder)) == ("fired", 2)
    # and as often as one likes
    await sent(session)
    await snooze(session, reminder)
    await wake(session, reminder)
    assert await moments(session, reminder) == 3


async def test_what_was_still_to_be_sent_is_not(session: AsyncSession) -> None:
    _, reminder = await fired(session)
    await snooze(session, reminder)
    job = (await session.scalars(select(Job))).one()
    delivery = (await session.scalars(select(Delivery))).one()
    await session.refresh(job)
    await session.refresh(delivery)
    assert (job.state, delivery.state) == ("cancelled", "skipped")
    assert delivery.response == "the reminder was snoozed"
    await wake(session, reminder)
    assert (await state(session, reminder), await moments(session, reminder)) == ("fired", 1)


async def test_one_that_is_yet_to_come_can_be_put_off(session: AsyncSession) -> None:
    task = await a_task(session, await a_user(session), due_at=now() + HOUR)
    reminder = await a_reminder(session, task, offset_minutes=30)
    await snooze(session, reminder, minutes=50)
    patch = TaskPatch(title="Another title")
    await tasks.update_task(session, owner_id=task.owner_id, task_id=task.id, patch=patch)
    assert await state(session, reminder) == "snoozed"
    await wake(session, reminder)
    assert await moments(session, reminder) == 1


async def test_changes_that_move_nothing_keep_it_asleep_and_told_once(
    session: AsyncSession,
) -> None:
    """Also after it woke: its moment by plan is past, and the task still ahead."""
    task, reminder = await fired(session)
    await sent(session)
    await snooze(session, reminder)
    for title in ("a", "b"):
        patch = TaskPatch(title=title)
        await tasks.update_task(session, owner_id=task.owner_id, task_id=task.id, patch=patch)
        assert await state(session, reminder) == ("snoozed" if title == "a" else "fired")
        if title == "a":
            await wake(session, reminder)
    assert await fire_due(session) == 0


async def test_done_ends_it_and_reopening_within_a_day_brings_it_back(
    session: AsyncSession,
) -> None:
    task, reminder = await fired(session)
    await sent(session)
    until = (await snooze(session, reminder)).snoozed_until
    who: dict[str, Any] = {"owner_id": task.owner_id, "task_id": task.id}
    await set_completed(session, **who, completed=True)
    assert await state(session, reminder) == "cancelled"
    await set_completed(session, **who, completed=False)
    assert await state(session, reminder) == "snoozed"
    assert reminder.snoozed_until == until
    await trash.trash_task(session, **who)
    assert await state(session, reminder) == "cancelled"
    await trash.restore_task(session, **who)
    await wake(session, reminder)
    assert await moments(session, reminder) == 2


async def test_another_due_time_ends_it(session: AsyncSession) -> None:
    task, reminder = await fired(session)
    await sent(session)
    await snooze(session, reminder)
    patch = TaskPatch(due_at=now() + 5 * HOUR)
    await tasks.update_task(session, owner_id=task.owner_id, task_id=task.id, patch=patch)
    assert await state(session, reminder) == "scheduled"
    assert reminder.next_fire_at is not None
    assert reminder.next_fire_at > now() + 3 * HOUR
    # and back: it is to come, whatever was served before
    patch = TaskPatch(due_at=now() + 4 * HOUR)
    await tasks.update_task(session, owner_id=task.owner_id, task_id=task.id, patch=patch)
    assert await state(session, reminder) == "scheduled"


async def test_put_off_then_moved_away_and_back_it_still_comes(session: AsyncSession) -> None:
    """Its moment by plan counts as served by the snooze, but that is gone."""
    task = await a_task(session, await a_user(session), due_at=now() + 2 * HOUR)
    due = task.due_at
    reminder = await a_reminder(session, task, offset_minutes=30)
    first = reminder.next_fire_at
    await snooze(session, reminder, minutes=100)
    for due_at in (now() + 9 * HOUR, due):
        patch = TaskPatch(due_at=due_at)
        await tasks.update_task(session, owner_id=task.owner_id, task_id=task.id, patch=patch)
    assert await state(session, reminder) == "scheduled"
    assert reminder.next_fire_at == first
    await snooze(session, reminder, minutes=100)
    for at in (now() + 3 * HOUR, first):
        await reminders.update_reminder(
            session,
            owner_id=task.owner_id,
            reminder_id=reminder.id,
            patch=ReminderPatch(at=at),
        )
    assert (await state(session, reminder), reminder.next_fire_at) == ("scheduled", first)


async def test_completing_a_repeating_task_ends_it_without_ringing_for_the_next(
    session: AsyncSession,
) -> None:
    """Two days before, daily: that moment of the next occurrence is past already."""
    task = await a_task(session, await a_user(session), due_at=now() + HOUR, rrule="FREQ=DAILY")
    reminder = await a_reminder(session, task, at=now() + MINUTE)
    reminder.at, reminder.offset_minutes = None, 2 * 24 * 60
    reminder.state, reminder.next_fire_at = "fired", None
    reminder.served_at = reminder.last_fire_at = now() + HOUR - timedelta(days=2)
    await session.flush()
    await snooze(session, reminder)
    await set_completed(session, owner_id=task.owner_id, task_id=task.id)
    assert await state(session, reminder) == "cancelled"
    assert await fire_due(session) == 0


async def test_a_message_that_was_running_is_not_owed_after_a_snooze(
    session: AsyncSession,
) -> None:
    _, reminder = await fired(session)
    job_id = await session.scalar(select(col(Job.id)))
    assert job_id is not None
    fire_at = reminder.last_fire_at
    assert fire_at is not None
    await session.execute(update(Job).values(state="done", finished_at=now()))  # it runs: not ready
    await snooze(session, reminder)
    await reminders.take_back(session, reminder_id=reminder.id, fire_at=fire_at, job_id=job_id)
    assert await state(session, reminder) == "snoozed"
    assert await fire_due(session) == 0


async def test_what_cannot_be_snoozed(session: AsyncSession) -> None:
    task, reminder = await fired(session)
    with pytest.raises(ReminderInPastError):
        await snooze(session, reminder, minutes=-1)
    with pytest.raises(ReminderNotFoundError):
        await reminders.snooze_reminder(
            session, owner_id=some_id(), reminder_id=reminder.id, until=now() + HOUR
        )
    who: dict[str, Any] = {"owner_id": task.owner_id, "task_id": task.id}
    await tasks.update_task(session, **who, patch=TaskPatch(due_at=None))
    with pytest.raises(CannotSnoozeError):
        await snooze(session, reminder)
    at = await a_reminder(session, task, at=now() + HOUR)
    await set_completed(session, **who, completed=True)
    with pytest.raises(CannotSnoozeError):
        await snooze(session, at)


async def test_what_the_build_before_fired_counts_as_served(session: AsyncSession) -> None:
    """It knew no `served_at`, and left `snoozed_until` as it was."""
    task = await a_task(session, await a_user(session), due_at=now() + HOUR)
    reminder = await a_reminder(session, task)
    await make_due(session, reminder)
    moment = reminder.next_fire_at
    reminder.state, reminder.next_fire_at, reminder.last_fire_at = "fired", None, moment
    reminder.snoozed_until = now() + HOUR
    await session.flush()
    patch = TaskPatch(title="x")
    await tasks.update_task(session, owner_id=task.owner_id, task_id=task.id, patch=patch)
    await session.refresh(reminder)
    assert reminder.state == "fired"
    assert await fire_due(session) == 0


async def test_a_moment_that_was_moved_away_from_is_not_told_after_the_next(
    session: AsyncSession,
) -> None:
    """Its mail was never sent; the reminder fired at its new moment since."""
    task, reminder = await fired(session)
    who: dict[str, Any] = {"owner_id": task.owner_id, "task_id": task.id}
    await tasks.update_task(session, **who, patch=TaskPatch(due_at=now() + 5 * HOUR))
    await session.refresh(reminder)
    assert reminder.owed_at is not None
    await pass_by(session, task, reminder)
    assert reminder.owed_at is None
    await sent(session)
    for completed in (True, False):
        await set_completed(session, **who, completed=completed)
    assert await state(session, reminder) == "fired"
    assert await fire_due(session) == 0


async def test_a_job_of_before_does_not_bring_back_what_came_since(session: AsyncSession) -> None:
    """Its worker died; the reminder was snoozed and has fired again when the job runs once more."""
    _, reminder = await fired(session)
    job_id, fire_at = await session.scalar(select(col(Job.id))), reminder.last_fire_at
    assert job_id is not None
    assert fire_at is not None
    await session.execute(update(Job).values(state="done", finished_at=now()))  # it runs: not ready
    await snooze(session, reminder)
    await wake(session, reminder)
    await reminders.take_back(session, reminder_id=reminder.id, fire_at=fire_at, job_id=job_id)
    assert await state(session, reminder) == "fired"
    assert await fire_due(session) == 0
