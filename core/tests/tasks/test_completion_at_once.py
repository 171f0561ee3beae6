"""Several devices complete the same task at the same time."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from core.tests.make import a_task, a_user
from core.tests.tasks.whole import check_whole
from taskbell.clock import now
from taskbell.db import Database
from taskbell.errors import TaskbellError
from taskbell.locks import lock_tasks_of
from taskbell.tasks import completion, fast
from taskbell.tasks.errors import TaskChangedError
from taskbell.tasks.models import Task, TaskActivity, TaskCompletion

NINE = datetime(2030, 1, 31, 9, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
async def task(empty_database: Database) -> Task:
    async with empty_database.transaction() as session:
        return await a_task(session, await a_user(session), due_at=NINE, rrule="FREQ=DAILY")


async def complete(database: Database, task: Task, **how: Any) -> type[TaskbellError] | None:
    who: dict[str, Any] = {"owner_id": task.owner_id, "task_id": task.id}
    try:
        await fast.set_completed(database, **who, **({"completed": True} | how))
    except TaskbellError as error:
        return type(error)
    return None


async def after(database: Database, task: Task) -> tuple[datetime | None, int, int]:
    """When it is due, how many occurrences were done, and how many changes were noted."""
    async with database.transaction() as session:
        (found,) = (one for one in await check_whole(session) if one.id == task.id)
        done = await session.scalar(select(func.count()).select_from(TaskCompletion))
        noted = await session.scalar(select(func.count()).select_from(TaskActivity))
        return found.due_at, done or 0, noted or 0


@pytest.mark.parametrize(
    "how", [{}, {"occurrence": "2030-01-31T09:00:00"}, {"completed": None}], ids=str
)
async def test_two_devices_completing_at_once_make_one_next_occurrence(
    database: Database, task: Task, how: dict[str, Any]
) -> None:
    told = await asyncio.gather(*(complete(database, task, **how) for _ in range(20)))
    assert set(told) == {None}
    assert await after(database, task) == (NINE + DAY, 1, 1)


async def test_of_those_who_saw_the_same_version_one_completes_it(
    database: Database, task: Task
) -> None:
    told = await asyncio.gather(*(complete(database, task, if_version=1) for _ in range(20)))
    assert (told.count(None), told.count(TaskChangedError)) == (1, 19)
    assert await after(database, task) == (NINE + DAY, 1, 1)


async def test_whoever_waited_for_another_one_completes_nothing(
    database: Database, task: Task
) -> None:
    """It was asked for after the other's moment, and before the other was seen."""
    who: dict[str, Any] = {"owner_id": task.owner_id, "task_id": task.id}
    async with database.transaction() as session:
        await completion.set_completed(session, **who, completed=True)
        late = asyncio.create_task(complete(database, task))
        async with asyncio.timeout(5):
            while not await _somebody_waits(database):
                assert not late.done()
    assert await late is None
    assert await after(database, task) == (NINE + DAY, 1, 1)


async def test_whoever_waited_for_something_else_completes_it(
    database: Database, task: Task
) -> None:
    async with database.transaction() as session:
        await lock_tasks_of(session, owner_id=task.owner_id)
        late = asyncio.create_task(complete(database, task))
        async with asyncio.timeout(5):
            while not await _somebody_waits(database):
                assert not late.done()
    await late
    assert await after(database, task) == (NINE + DAY, 1, 1)


async def _somebody_waits(database: Database) -> bool:
    sql = "SELECT count(*) AS n FROM pg_locks WHERE NOT granted"
    return bool((await database.fetch(sql))[0]["n"])


async def test_one_after_the_other_completes_one_after_the_other(
    database: Database, task: Task
) -> None:
    for number in range(1, 4):
        await complete(database, task)
        assert await after(database, task) == (NINE + number * DAY, number, number)


async def test_completed_and_skipped_at_once_is_one_of_them(database: Database, task: Task) -> None:
    which: dict[str, Any] = {"owner_id": task.owner_id, "task_id": task.id}
    which["occurrence"] = "2030-01-31T09:00:00"

    async def skip() -> None:
        async with database.transaction() as session:
            await completion.skip_occurrence(session, **which)

    completing = (complete(database, task, occurrence=which["occurrence"]) for _ in range(5))
    await asyncio.gather(*completing, *(skip() for _ in range(5)))
    assert await after(database, task) == (NINE + DAY, 1, 1)


async def test_the_last_one_is_completed_once(empty_database: Database) -> None:
    async with empty_database.transaction() as session:
        owner = await a_user(session)
        last = await a_task(session, owner, due_at=NINE, rrule="FREQ=DAILY;COUNT=1")
    await asyncio.gather(*(complete(empty_database, last) for _ in range(10)))
    assert await after(empty_database, last) == (NINE, 1, 1)
    async with empty_database.transaction() as session:
        done = await session.scalar(select(col(Task.completed_at)).where(col(Task.id) == last.id))
    assert done is not None
    assert done <= now()
