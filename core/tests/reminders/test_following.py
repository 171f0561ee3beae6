"""Reminders of several tasks that change together, and of tasks that repeat."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from core.tests.make import HOUR, a_list, a_reminder, a_task, a_user, make_due
from taskbell.accounts.models import User
from taskbell.clock import now
from taskbell.lists import service as lists
from taskbell.reminders.firing import fire_due
from taskbell.reminders.models import Reminder
from taskbell.tasks.completion import set_completed, skip_occurrence
from taskbell.tasks.history import undo_last_change
from taskbell.tasks.models import Task
from taskbell.tasks.schemas import TaskPatch
from taskbell.tasks.service import update_task
from taskbell.tasks.trash import restore_task, trash_task

DAY = timedelta(days=1)


@pytest.fixture
async def ada(session: AsyncSession) -> User:
    return await a_user(session)


def of(task: Task) -> dict[str, Any]:
    return {"owner_id": task.owner_id, "task_id": task.id}


async def states(session: AsyncSession, *reminders: Reminder) -> list[str]:
    for one in reminders:
        await session.refresh(one)
        assert (one.next_fire_at is not None) == (one.state == "scheduled")
    return [one.state for one in reminders]


async def test_those_of_subtasks_go_along(session: AsyncSession, ada: User) -> None:
    parent = await a_task(session, ada, due_at=now() + HOUR)
    children = [
        await a_task(session, ada, parent_id=parent.id, due_at=now() + HOUR) for _ in range(2)
    ]
    waiting = [
        await a_reminder(session, task, offset_minutes=minutes)
        for task in (parent, *children)
        for minutes in (5, 10)
    ]
    other = await a_reminder(session, await a_task(session, ada))
    for act, state in (
        (trash_task, "cancelled"), (restore_task, "scheduled"),
        (set_completed, "cancelled"), (undo_last_change, "scheduled"),
    ):  # fmt: skip
        more: dict[str, Any] = {"subtasks": "complete"} if act is set_completed else {}
        await act(session, **of(parent), **more)
        assert await states(session, *waiting) == [state] * 6
        assert await states(session, other) == ["scheduled"]


async def test_those_of_a_list_go_along(session: AsyncSession, ada: User) -> None:
    home = await a_list(session, ada)
    task = await a_task(session, ada, list_id=home.id, due_at=now() + HOUR)
    done = await a_task(session, ada, list_id=home.id, due_at=now() + HOUR)
    waiting = await a_reminder(session, task, offset_minutes=5)
    over = await a_reminder(session, done, offset_minutes=5)
    await set_completed(session, **of(done))
    which: dict[str, Any] = {"owner_id": ada.id, "list_id": home.id}
    await lists.trash_list(session, **which)
    assert await states(session, waiting, over) == ["cancelled", "cancelled"]
    await lists.restore_list(session, **which)
    assert await states(session, waiting, over) == ["scheduled", "cancelled"]


@pytest.mark.parametrize("act", [set_completed, skip_occurrence])
async def test_one_that_fired_waits_for_the_next_occurrence(
    session: AsyncSession, ada: User, act: Any
) -> None:
    task = await a_task(session, ada, due_at=now() + HOUR, rrule="FREQ=DAILY")
    reminder = await a_reminder(session, task, offset_minutes=59)
    due = task.due_at
    assert due is not None
    reminder.next_fire_at = now() - timedelta(seconds=1)
    await session.flush()
    assert await fire_due(session) == 1
    await act(session, **of(task))
    assert await states(session, reminder) == ["scheduled"]
    assert task.due_at is not None
    assert reminder.next_fire_at == task.due_at - timedelta(minutes=59)
    assert due < task.due_at


async def test_a_fixed_one_fires_once_whatever_the_series_does(
    session: AsyncSession, ada: User
) -> None:
    task = await a_task(session, ada, due_at=now() + HOUR, rrule="FREQ=DAILY")
    reminder = await a_reminder(session, task, at=now() + HOUR)
    await make_due(session, reminder)
    assert await fire_due(session) == 1
    for _ in range(2):
        await set_completed(session, **of(task))
        assert await states(session, reminder) == ["fired"]


async def test_completing_undone_brings_the_moment_back(session: AsyncSession, ada: User) -> None:
    task = await a_task(session, ada, due_at=now() + HOUR, rrule="FREQ=DAILY")
    reminder = await a_reminder(session, task, offset_minutes=5)
    before = reminder.next_fire_at
    await set_completed(session, **of(task))
    await session.refresh(reminder)
    assert reminder.next_fire_at != before
    await undo_last_change(session, **of(task))
    await session.refresh(reminder)
    assert (reminder.state, reminder.next_fire_at) == ("scheduled", before)


async def test_one_too_early_for_this_occurrence_waits_for_a_later_one(
    session: AsyncSession, ada: User
) -> None:
    task = await a_task(session, ada, due_at=now() + HOUR, rrule="FREQ=WEEKLY")
    reminder = await a_reminder(session, task, offset_minutes=24 * 60)
    assert await states(session, reminder) == ["cancelled"]
    await update_task(session, **of(task), patch=TaskPatch(title="y"))
    assert await states(session, reminder) == ["cancelled"]
    await set_completed(session, **of(task))
    assert await states(session, reminder) == ["scheduled"]
    assert task.due_at is not None
    assert reminder.next_fire_at == task.due_at - DAY


async def test_completing_does_not_remind_at_once_of_the_next_occurrence(
    session: AsyncSession, ada: User
) -> None:
    """Two days before what is due each day: that moment is past before it is known."""
    task = await a_task(session, ada, due_at=now() + HOUR, rrule="FREQ=DAILY")
    reminder = await a_reminder(session, task, offset_minutes=2 * 24 * 60)
    await set_completed(session, **of(task))
    assert await states(session, reminder) == ["cancelled"]
