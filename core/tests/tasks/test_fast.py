"""The hot operations do what the service does, in one statement where nothing stands in the way."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import col

from core.tests.make import HOUR, a_reminder, a_session, a_task, a_user, some_id
from taskbell.accounts import fast as accounts_fast
from taskbell.accounts import service as accounts
from taskbell.accounts.errors import SessionEndedError, UserNotFoundError
from taskbell.accounts.models import User
from taskbell.clock import now
from taskbell.db import Database
from taskbell.reminders import service as reminders
from taskbell.tasks import fast, service
from taskbell.tasks.errors import TaskIdTakenError, TaskNotFoundError
from taskbell.tasks.models import Priority, Task
from taskbell.tasks.rows import TASK, TaskRow
from taskbell.tasks.schemas import TaskCreate, TaskPatch

INSTANT = datetime(2030, 1, 31, 9, tzinfo=UTC)


@pytest.fixture
async def ada(empty_database: Database) -> User:
    async with empty_database.transaction() as session:
        user = await a_user(session, time_zone="Europe/Zurich")
        await service.create_task(session, owner_id=user.id, new=TaskCreate(title="makes an inbox"))
        return user


def test_a_row_has_every_column_that_is_shown() -> None:
    """Not those that only the series and the trash go by."""
    unseen = {"repeat_start", "occurrence_number", "trash_id", "due_sort", "search"}
    assert set(TaskRow._fields) - {"viewer_zone"} == {one.name for one in TASK.columns} - unseen


async def test_get(database: Database, ada: User) -> None:
    async with database.transaction() as session:
        task, trashed = await a_task(session, ada), await a_task(session, ada, deleted_at=now())
        bob = await a_user(session)
    for one in (task, trashed):
        found = await fast.get_task(database, owner_id=ada.id, task_id=one.id)
        assert (found.title, found.position) == (one.title, one.position)
        assert (found.deleted_at, found.viewer_zone) == (one.deleted_at, ada.time_zone)
        with pytest.raises(TaskNotFoundError):
            await fast.get_task(database, owner_id=bob.id, task_id=one.id)


async def test_an_id_is_taken_once(database: Database, ada: User) -> None:
    how: dict[str, Any] = {"owner_id": ada.id, "new": TaskCreate(title="x", id=some_id())}
    await fast.create_task(database, **how)
    with pytest.raises(TaskIdTakenError):
        await fast.create_task(database, **how)


async def test_a_missing_inbox_is_made(empty_database: Database) -> None:
    async with empty_database.transaction() as session:
        user = await a_user(session, time_zone="Asia/Kathmandu")
    made = [
        await fast.create_task(empty_database, owner_id=user.id, new=TaskCreate(title="x"))
        for _ in range(2)
    ]
    assert made[0].list_id == made[1].list_id
    assert {task.time_zone for task in made} == {"Asia/Kathmandu"}


async def test_somebody_elses_task_does_not_exist(database: Database, ada: User) -> None:
    async with database.transaction() as session:
        bob = await a_user(session)
        task = await a_task(session, ada)
    who: dict[str, Any] = {"owner_id": bob.id, "task_id": task.id}
    with pytest.raises(TaskNotFoundError):
        await fast.update_task(database, **who, patch=TaskPatch(title="y"))
    with pytest.raises(TaskNotFoundError):
        await fast.set_completed(database, **who)
    after = await fast.get_task(database, owner_id=ada.id, task_id=task.id)
    assert (after.title, after.completed, after.priority) == (task.title, False, Priority.medium)


async def test_a_change_is_never_dated_back(database: Database, ada: User) -> None:
    """Clocks step back: the order of changes should not."""
    later = now() + timedelta(days=1)
    async with database.transaction() as session:
        task = await a_task(session, ada, updated_at=later)
    who: dict[str, Any] = {"owner_id": ada.id, "task_id": task.id}
    changed = await fast.update_task(database, **who, patch=TaskPatch(title="y"))
    assert changed.updated_at == later
    assert (await fast.set_completed(database, **who)).updated_at == later


@pytest.mark.parametrize(
    "fields", [{"due_at": None}, {"due_at": INSTANT + HOUR}, {"due_date": date(2030, 3, 1)}]
)
async def test_reminders_follow_every_change_of_the_due_time(
    database: Database, ada: User, fields: dict[str, Any]
) -> None:
    async with database.transaction() as session:
        task = await a_task(session, ada, due_at=INSTANT)
        reminder = await a_reminder(session, task, offset_minutes=10)
    who: dict[str, Any] = {"owner_id": ada.id, "task_id": task.id}
    await fast.update_task(database, **who, patch=TaskPatch(**fields))
    async with database.transaction() as session:
        (after,) = await reminders.list_reminders(session, **who)
    assert after.next_fire_at != reminder.next_fire_at


async def test_a_closed_account_adds_nothing(database: Database, ada: User) -> None:
    """Callers without a session are looked up before: see `accounts.live`."""
    async with database.transaction() as session:
        mine = await a_session(session, ada)
        (await accounts.get_user(session, user_id=ada.id)).is_active = False
    with pytest.raises(UserNotFoundError):
        await accounts_fast.get_user(database, user_id=ada.id)
    with pytest.raises(SessionEndedError):
        await accounts_fast.get_user(database, user_id=ada.id, session_id=mine.id)
    with pytest.raises(SessionEndedError):
        await fast.create_task(
            database, owner_id=ada.id, session_id=mine.id, new=TaskCreate(title="x")
        )
    async with database.transaction() as session:
        titles = (await session.scalars(select(col(Task.title)))).all()
    assert titles == ["makes an inbox"]
