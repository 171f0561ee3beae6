"""Reminders: create, change, delete, and how they follow their task."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from core.tests.make import HOUR, a_reminder, a_task, a_user, make_due, some_id
from taskbell.clock import now
from taskbell.ids import new_id
from taskbell.jobs.models import Job
from taskbell.paging import InvalidCursorError
from taskbell.reminders import service as reminders
from taskbell.reminders.errors import (
    DueRequiredError,
    ReminderIdTakenError,
    ReminderInPastError,
    ReminderNotFoundError,
    TooManyRemindersError,
)
from taskbell.reminders.firing import fire_due
from taskbell.reminders.models import Delivery, Reminder
from taskbell.reminders.schemas import ReminderCreate, ReminderPatch
from taskbell.reminders.service import MOST_REMINDERS
from taskbell.tasks import service as tasks
from taskbell.tasks import trash
from taskbell.tasks.completion import set_completed
from taskbell.tasks.errors import TaskNotFoundError
from taskbell.tasks.models import Task
from taskbell.tasks.schemas import TaskPatch

MINUTE = timedelta(minutes=1)


async def due_task(session: AsyncSession, **fields: Any) -> Task:
    return await a_task(session, await a_user(session), **({"due_at": now() + HOUR} | fields))


@pytest.mark.parametrize(
    "fields",
    [
        {}, {"offset_minutes": 5, "at": now()}, {"offset_minutes": -1}, {"offset_minutes": 527_041},
        {"offset_minutes": 1.5}, {"offset_minutes": "5"}, {"offset_minutes": True}, {"at": 5},
        {"offset_minutes": 5, "channels": []}, {"offset_minutes": 5, "channels": ["pigeon"]},
        {"offset_minutes": 5, "channels": ["email", "email"]}, {"offset_minutes": 5, "x": 1},
    ],
)  # fmt: skip
def test_what_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ReminderCreate.model_validate(fields)


async def test_a_reminder_waits_for_its_moment(session: AsyncSession) -> None:
    task = await due_task(session)
    before = await a_reminder(session, task, offset_minutes=30)
    at = await a_reminder(session, task, at=now() + 2 * HOUR)
    assert task.due_at is not None
    assert (before.state, before.next_fire_at) == ("scheduled", task.due_at - HOUR / 2)
    assert (at.state, at.next_fire_at) == ("scheduled", at.at)
    assert task.reminders_count == 2
    assert task.version == 1
    who: dict[str, Any] = {"owner_id": task.owner_id, "task_id": task.id}
    assert list(await reminders.list_reminders(session, **who)) == [before, at]


async def test_what_cannot_be_reminded_of(session: AsyncSession) -> None:
    cases: list[tuple[dict[str, Any], dict[str, Any], type[Exception], str]] = [
        ({"due_at": None}, {"offset_minutes": 5}, DueRequiredError, "body.offset_minutes"),
        ({}, {"offset_minutes": 61}, ReminderInPastError, "body.offset_minutes"),
        ({}, {"at": now() - MINUTE}, ReminderInPastError, "body.at"),
        ({"deleted_at": now()}, {"offset_minutes": 5}, TaskNotFoundError, ""),
    ]
    for fields, wish, error, field in cases:
        task = await due_task(session, **fields)
        with pytest.raises(error) as refused:
            await a_reminder(session, task, **wish)
        assert [one["field"] for one in refused.value.errors] == [field] * bool(field)  # type: ignore[attr-defined]


async def test_an_id_is_taken_once(session: AsyncSession) -> None:
    task = await due_task(session)
    first = await a_reminder(session, task)
    session.expunge(first)
    with pytest.raises(ReminderIdTakenError):
        await a_reminder(session, task, id=first.id, at=now() + HOUR)


async def test_a_task_has_at_most_twenty(session: AsyncSession) -> None:
    task = await due_task(session)
    for _ in range(MOST_REMINDERS):
        await a_reminder(session, task)
    with pytest.raises(TooManyRemindersError):
        await a_reminder(session, task)
    (first, *_) = await reminders.list_reminders(session, owner_id=task.owner_id, task_id=task.id)
    await reminders.delete_reminder(session, owner_id=task.owner_id, reminder_id=first.id)
    await a_reminder(session, task)
    assert task.reminders_count == MOST_REMINDERS


async def patch(session: AsyncSession, reminder: Reminder, **fields: Any) -> Reminder:
    return await reminders.update_reminder(
        session, owner_id=reminder.owner_id, reminder_id=reminder.id, patch=ReminderPatch(**fields)
    )


async def test_a_reminder_is_moved(session: AsyncSession) -> None:
    reminder = await a_reminder(session, await due_task(session), offset_minutes=30)
    at = now() + 3 * HOUR
    await patch(session, reminder, at=at)
    assert (reminder.at, reminder.offset_minutes, reminder.next_fire_at) == (at, None, at)
    await patch(session, reminder, offset_minutes=10)
    assert (reminder.at, reminder.offset_minutes, reminder.version) == (None, 10, 3)
    for nothing in ({}, {"offset_minutes": 10}, {"channels": ["email"]}):
        assert (await patch(session, reminder, **nothing)).version == 3
    with pytest.raises(ReminderInPastError):
        await patch(session, reminder, at=now() - MINUTE)
    with pytest.raises(ValidationError):
        ReminderPatch(at=None)  # a reminder without a time


async def test_only_ones_own_reminders(session: AsyncSession) -> None:
    reminder, stranger = await a_reminder(session, await due_task(session)), await a_user(session)
    for owner_id, reminder_id in ((stranger.id, reminder.id), (reminder.owner_id, some_id())):
        who: dict[str, Any] = {"owner_id": owner_id, "reminder_id": reminder_id}
        for act in (
            lambda who=who: reminders.update_reminder(
                session, patch=ReminderPatch(offset_minutes=1), **who
            ),
            lambda who=who: reminders.delete_reminder(session, **who),
            lambda who=who: reminders.list_deliveries(session, **who),
        ):
            with pytest.raises(ReminderNotFoundError):
                await act()
    with pytest.raises(TaskNotFoundError):
        await reminders.list_reminders(session, owner_id=stranger.id, task_id=reminder.task_id)
    with pytest.raises(TaskNotFoundError):
        await reminders.create_reminder(
            session, owner_id=stranger.id, task_id=reminder.task_id, new=ReminderCreate(at=now())
        )


Change = Callable[[AsyncSession, Task], Awaitable[Any]]


def act(done: Callable[..., Awaitable[Any]], **more: Any) -> Change:
    async def change(session: AsyncSession, task: Task) -> Any:
        return await done(session, owner_id=task.owner_id, task_id=task.id, **more)

    return change


COMPLETE, REOPEN = act(set_completed, completed=True), act(set_completed, completed=False)
TRASH, RESTORE, DELETE = act(trash.trash_task), act(trash.restore_task), act(trash.delete_task)
RENAME, CLEAR = (
    act(tasks.update_task, patch=TaskPatch(title="y")),
    act(tasks.update_task, patch=TaskPatch(due_at=None)),
)


async def move(session: AsyncSession, task: Task) -> Any:
    assert task.due_at is not None
    return await act(tasks.update_task, patch=TaskPatch(due_at=task.due_at + HOUR))(session, task)


async def move_back(session: AsyncSession, task: Task) -> Any:
    assert task.due_at is not None
    return await act(tasks.update_task, patch=TaskPatch(due_at=task.due_at - HOUR))(session, task)


# after which changes is a waiting reminder (30 minutes before) in which state, and moved by what
WAITING: list[tuple[list[Change], str, timedelta | None]] = [
    ([RENAME], "scheduled", timedelta(0)),
    ([COMPLETE], "cancelled", None),
    ([COMPLETE, REOPEN], "scheduled", timedelta(0)),
    ([move], "scheduled", HOUR),
    ([CLEAR], "cancelled", None),
    ([TRASH], "cancelled", None),
    ([TRASH, RESTORE], "scheduled", timedelta(0)),
    ([COMPLETE, TRASH, RESTORE], "cancelled", None),
    ([move, COMPLETE, REOPEN], "scheduled", HOUR),
]


@pytest.mark.parametrize(("changes", "state", "moved"), WAITING)
async def test_a_waiting_reminder_follows_its_task(
    session: AsyncSession, changes: list[Change], state: str, moved: timedelta | None
) -> None:
    task = await due_task(session)
    reminder = await a_reminder(session, task, offset_minutes=30)
    first, unchanged = reminder.next_fire_at, changes == [RENAME]
    assert first is not None
    for change in changes:
        await change(session, task)
    await session.refresh(reminder)
    assert (reminder.state, reminder.next_fire_at) == (
        state,
        None if moved is None else first + moved,
    )
    assert (reminder.version == 1) is unchanged


async def fired(session: AsyncSession) -> tuple[Task, Reminder]:
    """A task due in an hour whose reminder (30 minutes before) fired just now."""
    task = await due_task(session, due_at=now() + HOUR / 2 + timedelta(seconds=5))
    reminder = await a_reminder(session, task, offset_minutes=30)
    task.due_at = now() + HOUR / 2 - timedelta(seconds=1)
    reminder.next_fire_at = task.due_at - HOUR / 2
    await session.flush()
    assert await fire_due(session) == 1
    await session.refresh(reminder)
    return task, reminder


async def job_id_of(session: AsyncSession) -> UUID:
    return (await session.scalars(select(col(Job.id)))).one()


async def job_and_delivery(session: AsyncSession) -> tuple[str, list[str]]:
    job = (await session.scalars(select(col(Job.state)))).one()
    return job, list(await session.scalars(select(col(Delivery.state))))


# what becomes of a fired reminder, its job and its delivery that have not been sent yet
PENDING: list[tuple[list[Change], str, str, list[str]]] = [
    ([RENAME], "fired", "ready", ["planned"]),
    ([COMPLETE], "cancelled", "cancelled", ["skipped"]),
    ([TRASH], "cancelled", "cancelled", ["skipped"]),
    ([CLEAR], "cancelled", "cancelled", ["skipped"]),
    ([move], "scheduled", "cancelled", ["skipped"]),
    # undone: it is due again at once, for its message was never sent
    ([COMPLETE, REOPEN], "scheduled", "cancelled", ["skipped"]),
    ([TRASH, RESTORE], "scheduled", "cancelled", ["skipped"]),
    ([move, move_back], "scheduled", "cancelled", ["skipped"]),
    ([COMPLETE, move, move_back, REOPEN], "scheduled", "cancelled", ["skipped"]),
    ([TRASH, RESTORE, COMPLETE], "cancelled", "cancelled", ["skipped"]),
]


@pytest.mark.parametrize(("changes", "state", "job", "deliveries"), PENDING)
async def test_what_was_not_sent_yet_follows_too(
    session: AsyncSession, changes: list[Change], state: str, job: str, deliveries: list[str]
) -> None:
    task, reminder = await fired(session)
    for change in changes:
        await change(session, task)
    await session.refresh(reminder)
    assert reminder.state == state
    assert await job_and_delivery(session) == (job, deliveries)


@pytest.mark.parametrize("changes", [[COMPLETE, REOPEN], [TRASH, RESTORE], [move, move_back]])
async def test_what_was_undone_fires_again(session: AsyncSession, changes: list[Change]) -> None:
    task, reminder = await fired(session)
    first = reminder.last_fire_at
    for change in changes:
        await change(session, task)
    await session.refresh(reminder)
    assert reminder.next_fire_at == first
    assert await fire_due(session) == 1
    await session.refresh(reminder)
    assert (reminder.state, reminder.last_fire_at, reminder.owed_at) == ("fired", first, None)
    states = list(await session.scalars(select(col(Delivery.state)).order_by(col(Delivery.id))))
    assert states == ["skipped", "planned"]


async def test_what_was_due_but_not_fired_yet_is_not_lost_either(session: AsyncSession) -> None:
    """Nothing ran for a while, and the task was done and reopened meanwhile."""
    task = await due_task(session)
    reminder = await a_reminder(session, task, offset_minutes=30)
    moment = now() - timedelta(seconds=10)
    task.due_at = moment + HOUR / 2
    reminder.next_fire_at = moment
    await session.flush()
    await COMPLETE(session, task)
    task.due_at = moment - HOUR  # and the due time itself passed
    reminder.offset_minutes = -60
    await REOPEN(session, task)
    await session.refresh(reminder)
    assert (reminder.state, reminder.next_fire_at) == ("scheduled", moment)


async def test_done_just_before_its_moment_and_reopened_just_after(session: AsyncSession) -> None:
    task = await due_task(session)
    reminder = await a_reminder(session, task, offset_minutes=0)
    waited_for = reminder.next_fire_at
    assert waited_for is not None
    await COMPLETE(session, task)
    assert reminder.owed_at == waited_for
    moment = now() - timedelta(seconds=1)  # the moment passes
    task.due_at, reminder.owed_at = moment, moment
    await REOPEN(session, task)
    await session.refresh(reminder)
    assert (reminder.state, reminder.next_fire_at) == ("scheduled", moment)
    await COMPLETE(session, task)
    task.due_at = reminder.owed_at = now() - timedelta(days=2)  # and long ago, nobody wants it
    await REOPEN(session, task)
    await session.refresh(reminder)
    assert (reminder.state, reminder.next_fire_at) == ("cancelled", None)


async def test_what_failed_meanwhile_is_not_dropped_by_reopening(session: AsyncSession) -> None:
    """Its job was running when the task was done, and waits for its next attempt by now."""
    task, reminder = await fired(session)
    running = {"lease_token": new_id(), "lease_owner": "x", "lease_until": now() + HOUR}
    await session.execute(update(Job).values(state="running", **running))
    await COMPLETE(session, task)
    await session.execute(update(Job).values(state="ready", **dict.fromkeys(running)))
    await REOPEN(session, task)
    await session.refresh(reminder)
    assert reminder.state == "fired"
    assert await job_and_delivery(session) == ("ready", ["planned"])


async def test_an_older_moment_does_not_hide_the_one_that_is_owed(session: AsyncSession) -> None:
    _, reminder = await fired(session)
    first = reminder.last_fire_at
    assert first is not None
    await session.execute(update(Job).values(state="done", finished_at=now()))  # it runs: not ready
    reminder.last_fire_at = reminder.owed_at = second = first + timedelta(milliseconds=500)
    await reminders.take_back(
        session, reminder_id=reminder.id, fire_at=first, job_id=await job_id_of(session)
    )
    await session.refresh(reminder)
    assert reminder.owed_at == second


async def test_a_message_that_was_not_wanted_is_taken_back(session: AsyncSession) -> None:
    """It was being sent while the task was trashed, and restored before that was noted."""
    task, reminder = await fired(session)
    first = reminder.last_fire_at
    assert first is not None
    await session.execute(update(Job).values(state="done", finished_at=now()))  # it runs: not ready
    await TRASH(session, task)
    await reminders.take_back(
        session, reminder_id=reminder.id, fire_at=first, job_id=await job_id_of(session)
    )
    await session.refresh(reminder)
    assert (reminder.state, reminder.owed_at) == ("cancelled", first)
    await RESTORE(session, task)
    await session.refresh(reminder)
    assert (reminder.state, reminder.next_fire_at) == ("scheduled", first)


async def test_a_deleted_task_takes_everything_along(session: AsyncSession) -> None:
    task, _ = await fired(session)
    await DELETE(session, task)
    assert await job_and_delivery(session) == ("cancelled", [])


async def test_a_deleted_reminder_cancels_its_job(session: AsyncSession) -> None:
    task, reminder = await fired(session)
    await reminders.delete_reminder(session, owner_id=task.owner_id, reminder_id=reminder.id)
    assert await job_and_delivery(session) == ("cancelled", [])
    assert task.reminders_count == 0


async def test_a_moved_reminder_cancels_its_job(session: AsyncSession) -> None:
    _, reminder = await fired(session)
    await patch(session, reminder, at=now() + HOUR)
    assert reminder.state == "scheduled"
    assert await job_and_delivery(session) == ("cancelled", ["skipped"])


async def test_deliveries_are_paged(session: AsyncSession) -> None:
    reminder = await a_reminder(session, await due_task(session))
    who: dict[str, Any] = {"owner_id": reminder.owner_id, "reminder_id": reminder.id}
    for minutes in range(5):
        await make_due(session, reminder, late=60 * minutes + 1)
        await fire_due(session)
        await session.refresh(reminder)
    first = await reminders.list_deliveries(session, **who, per_page=2)
    assert (len(first.items), first.total) == (2, 5)
    seen, cursor = [one.id for one in first.items], first.next_cursor
    while cursor:
        page = await reminders.list_deliveries(session, **who, per_page=2, cursor=cursor)
        seen += [one.id for one in page.items]
        cursor = page.next_cursor
    assert seen == sorted(seen, reverse=True)
    assert len(seen) == 5
    last = await reminders.list_deliveries(session, **who, per_page=2, page=3)
    assert [one.id for one in last.items] == seen[4:]
    for bad in ("x", "W10", "WzFd", "WyJ4Il0"):
        with pytest.raises(InvalidCursorError):
            await reminders.list_deliveries(session, **who, cursor=bad)
