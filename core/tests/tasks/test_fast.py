"""The hot operations do what the service does, in one statement where nothing stands in the way."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from core.tests.make import HOUR, a_list, a_reminder, a_session, a_task, a_user, some_id
from taskbell.accounts import fast as accounts_fast
from taskbell.accounts import service as accounts
from taskbell.accounts.errors import SessionEndedError, UserNotFoundError
from taskbell.accounts.models import User
from taskbell.clock import now
from taskbell.db import Database
from taskbell.errors import TaskbellError
from taskbell.reminders import service as reminders
from taskbell.tasks import fast, service
from taskbell.tasks.errors import TaskIdTakenError, TaskNotFoundError
from taskbell.tasks.models import Priority, Task
from taskbell.tasks.rows import COLUMNS, TaskRow
from taskbell.tasks.schemas import TaskCreate, TaskOut, TaskPatch

INSTANT = datetime(2030, 1, 31, 9, tzinfo=UTC)
OWN = {"id", "created_at", "updated_at", "completed_at", "deleted_at"}
"""What two tasks never share."""


def public(task: Task | TaskRow) -> dict[str, Any]:
    """What two tasks that had the same done to them should share."""
    values = TaskOut.of(task).model_dump(exclude=OWN)
    return values | {
        "owner_id": task.owner_id,
        "touched": task.updated_at > task.created_at,
        "trashed": task.deleted_at is not None,
    }


async def outcome(act: Any, on: Any, **how: Any) -> Any:
    try:
        task = await act(on, **how)
        return task and public(task)
    except TaskbellError as error:
        return type(error), error.errors


@pytest.fixture
async def ada(empty_database: Database) -> User:
    async with empty_database.transaction() as session:
        user = await a_user(session, time_zone="Europe/Zurich")
        await service.create_task(session, owner_id=user.id, new=TaskCreate(title="makes an inbox"))
        return user


async def slowly(database: Database, act: Any, **how: Any) -> Any:
    async with database.transaction() as session:
        return await outcome(act, session, **how)


def test_a_row_has_every_column_that_is_not_computed() -> None:
    computed = {column.name for column in COLUMNS[0].table.columns if column.computed is not None}
    assert {column.name for column in COLUMNS[0].table.columns} - computed == {
        column.name for column in COLUMNS
    }


async def test_get(database: Database, ada: User) -> None:
    async with database.transaction() as session:
        task, trashed = await a_task(session, ada), await a_task(session, ada, deleted_at=now())
        bob = await a_user(session)
    for one in (task, trashed):
        found = await fast.get_task(database, owner_id=ada.id, task_id=one.id)
        assert public(found) == public(one)
        with pytest.raises(TaskNotFoundError):
            await fast.get_task(database, owner_id=bob.id, task_id=one.id)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"description": "x", "priority": "urgent", "start_date": date(2030, 1, 1)},
        {"due_date": date(2020, 1, 1)},
        {"due_at": INSTANT, "time_zone": "Asia/Kathmandu"},
        {"due_at": INSTANT, "due_date": date(2030, 1, 1)},
        {"due_at": now() - HOUR},
        {"list_id": some_id()},
    ],
)
async def test_create(database: Database, ada: User, fields: dict[str, Any]) -> None:
    how: dict[str, Any] = {
        "owner_id": ada.id,
        "new": TaskCreate(title="Water the plants", **fields),
    }
    fast_one = await outcome(fast.create_task, database, **how)
    assert fast_one == await slowly(database, service.create_task, **how)


async def test_create_in_a_list(database: Database, ada: User) -> None:
    async with database.transaction() as session:
        mine, theirs = await a_list(session, ada), await a_list(session, await a_user(session))
    for chosen in (mine, theirs):
        how: dict[str, Any] = {"owner_id": ada.id, "new": TaskCreate(title="x", list_id=chosen.id)}
        fast_one = await outcome(fast.create_task, database, **how)
        assert fast_one == await slowly(database, service.create_task, **how)


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


STATES: dict[str, dict[str, Any]] = {
    "plain": {},
    "done": {"completed_at": now()},
    "trashed": {"deleted_at": now()},
    "due": {"due_at": INSTANT},
    "all day": {"due_date": date(2030, 1, 31)},
    "changed in the future": {"updated_at": now() + timedelta(days=1)},
}
FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "title": st.sampled_from(["Water the plants", "y"]),
        "description": st.sampled_from([None, "", "z"]),
        "priority": st.sampled_from([None, "medium", "high"]),
        "due_at": st.sampled_from([None, INSTANT, now() - HOUR]),
        "due_date": st.sampled_from([None, date(2030, 1, 31)]),
        "start_date": st.sampled_from([None, date(2030, 1, 1)]),
        "time_zone": st.sampled_from([None, "Asia/Kathmandu"]),
        "list_id": st.sampled_from([None, some_id()]),
    },
)
VERSIONS = st.sampled_from([None, None, 1, 2])
STATE_NAMES = st.sampled_from(list(STATES))
TWICE = settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


async def twins(database: Database, owner: User, state: str, *, reminded: bool) -> list[Task]:
    async def one(session: AsyncSession) -> Task:
        fields = STATES[state] if not reminded else {"due_at": INSTANT}
        task = await a_task(session, owner, **fields)
        if reminded:
            await a_reminder(session, task, offset_minutes=10)
        return task

    async with database.transaction() as session:
        return [await one(session), await one(session)]


@TWICE
@given(fields=FIELDS, if_version=VERSIONS, state=STATE_NAMES, reminded=st.booleans())
async def test_update(
    database: Database,
    ada: User,
    fields: dict[str, Any],
    if_version: int | None,
    state: str,
    reminded: bool,
) -> None:
    quick, slow = await twins(database, ada, state, reminded=reminded)
    how: dict[str, Any] = {
        "owner_id": ada.id,
        "patch": TaskPatch(**fields),
        "if_version": if_version,
    }
    assert await outcome(fast.update_task, database, task_id=quick.id, **how) == await slowly(
        database, service.update_task, task_id=slow.id, **how
    )
    assert await stored(database, quick) == await stored(database, slow)


@TWICE
@given(
    completed=st.sampled_from([None, True, False]),
    if_version=VERSIONS,
    state=STATE_NAMES,
    reminded=st.booleans(),
)
async def test_complete(
    database: Database,
    ada: User,
    completed: bool | None,
    if_version: int | None,
    state: str,
    reminded: bool,
) -> None:
    quick, slow = await twins(database, ada, state, reminded=reminded)
    how: dict[str, Any] = {"owner_id": ada.id, "completed": completed, "if_version": if_version}
    assert await outcome(fast.set_completed, database, task_id=quick.id, **how) == await slowly(
        database, service.set_completed, task_id=slow.id, **how
    )
    assert await stored(database, quick) == await stored(database, slow)


@TWICE
@given(if_version=VERSIONS, state=STATE_NAMES, reminded=st.booleans())
async def test_trash(
    database: Database, ada: User, if_version: int | None, state: str, reminded: bool
) -> None:
    quick, slow = await twins(database, ada, state, reminded=reminded)
    how: dict[str, Any] = {"owner_id": ada.id, "if_version": if_version}
    assert await outcome(fast.trash_task, database, task_id=quick.id, **how) == await slowly(
        database, service.trash_task, task_id=slow.id, **how
    )
    assert await stored(database, quick) == await stored(database, slow)


async def stored(database: Database, task: Task) -> list[dict[str, Any]]:
    """What the database holds of a task and its reminder."""
    found = await fast.get_task(database, owner_id=task.owner_id, task_id=task.id)
    async with database.transaction() as session:
        theirs = await reminders.list_reminders(session, owner_id=task.owner_id, task_id=task.id)
    planned = [one.model_dump(include={"state", "next_fire_at", "version"}) for one in theirs]
    return [public(found), *planned]


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
    (task, _) = await twins(database, ada, "plain", reminded=True)
    before = (await stored(database, task))[1]
    who: dict[str, Any] = {"owner_id": ada.id, "task_id": task.id}
    await fast.update_task(database, **who, patch=TaskPatch(**fields))
    assert (await stored(database, task))[1] != before


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
