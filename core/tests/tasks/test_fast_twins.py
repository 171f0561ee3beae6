"""Of two tasks that are alike one is changed the fast way, one step by step: they stay alike."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from core.tests.make import HOUR, a_list, a_reminder, a_task, a_user, some_id
from core.tests.tasks.whole import check_whole
from taskbell.accounts.models import User
from taskbell.clock import now
from taskbell.db import Database
from taskbell.errors import TaskbellError
from taskbell.lists import service as lists
from taskbell.reminders import service as reminders
from taskbell.tasks import completion, fast, rows, service, trash
from taskbell.tasks.activity import column_value
from taskbell.tasks.models import Task, TaskActivity, TaskCompletion
from taskbell.tasks.rows import TaskRow
from taskbell.tasks.schemas import TaskCreate, TaskOut, TaskPatch

INSTANT = datetime(2030, 1, 31, 9, tzinfo=UTC)
OWN = {"id", "position", "created_at", "updated_at", "completed_at", "deleted_at"}
"""What two tasks never share."""


def public(task: TaskRow) -> dict[str, Any]:
    """What two tasks that had the same done to them should share."""
    values = TaskOut.of(task).model_dump(exclude=OWN)
    return values | {
        "owner_id": task.owner_id,
        "touched": task.updated_at > task.created_at,
        "trashed": task.deleted_at is not None,
    }


@pytest.fixture
async def ada(empty_database: Database) -> User:
    async with empty_database.transaction() as session:
        user = await a_user(session, time_zone="Europe/Zurich")
        await a_task(session, user, title="makes an inbox")
        return user


async def quickly(database: Database, act: Callable[..., Any], **how: Any) -> Any:
    try:
        task = await act(database, **how)
    except TaskbellError as error:
        return type(error), error.errors
    return task and public(task)


async def slowly(database: Database, act: Callable[..., Any], *, owner: User, **how: Any) -> Any:
    try:
        async with database.transaction() as session:
            task = await act(session, owner_id=owner.id, **how)
            return task and public(await rows.read(session, owner_id=owner.id, task_id=task.id))
    except TaskbellError as error:
        return type(error), error.errors


async def stored(database: Database, task: Task) -> list[Any]:
    """What the database holds of a task, its reminder and its history."""
    who: dict[str, Any] = {"owner_id": task.owner_id, "task_id": task.id}
    async with database.transaction() as session:
        found = await rows.read(session, **who)
        planned = [
            one.model_dump(include={"state", "next_fire_at", "version"})
            for one in await reminders.list_reminders(session, **who)
        ]
        changes = select(TaskActivity).where(col(TaskActivity.task_id) == task.id)
        noted = await session.scalars(changes.order_by(col(TaskActivity.version)))
        done = await session.scalars(
            select(TaskCompletion).where(col(TaskCompletion.task_id) == task.id)
        )
        outcomes = sorted((one.occurrence, one.outcome, str(one.due_at)) for one in done)
        return [public(found), planned, [meaning(one) for one in noted], outcomes]


def meaning(change: TaskActivity) -> dict[str, Any]:
    """A change, without what two tasks never share; its JSON may be written in two ways."""
    own = {str(change.task_id): "itself", str(change.at): "the moment"}

    def plain(name: str, value: Any) -> Any:
        value = column_value(name, value)
        return "a place" if name == "position" else own.get(str(value), value)

    shown = {"version", "action", "actor_id", "via", "undone_at"}
    return change.model_dump(include=shown) | {
        "before": {name: plain(name, value) for name, value in change.before.items()},
        "after": {name: plain(name, value) for name, value in change.after.items()},
        "several": change.operation_id is not None,
    }


DAILY = {"rrule": "FREQ=DAILY"}


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
        {"parent_id": some_id()},
        {"labels": ["x", "X", "y"]},
        {"due_at": INSTANT, "recurrence": DAILY},
        {"recurrence": DAILY},
        {"recurrence": {"rrule": "FREQ=NEVER"}},
        {"due_date": date(2030, 1, 1), "recurrence": {"rrule": "FREQ=HOURLY"}},
    ],
)
async def test_create(database: Database, ada: User, fields: dict[str, Any]) -> None:
    new = TaskCreate(title="Water the plants", **fields)
    fast_one = await quickly(database, fast.create_task, owner_id=ada.id, new=new)
    assert fast_one == await slowly(database, service.create_task, owner=ada, new=new)


@pytest.mark.parametrize("child", [False, True])
@pytest.mark.parametrize("place", ["mine", "theirs", "archived", "trashed"])
async def test_create_in_a_list(database: Database, ada: User, place: str, child: bool) -> None:
    async with database.transaction() as session:
        owner = ada if place != "theirs" else await a_user(session)
        chosen = await a_list(session, owner)
        parent = await a_task(session, owner, list_id=chosen.id)
        if place == "archived":
            chosen.archived_at = now()
        if place == "trashed":
            await lists.trash_list(session, owner_id=ada.id, list_id=chosen.id)
    new = TaskCreate(title="x", **{"parent_id": parent.id} if child else {"list_id": chosen.id})
    fast_one = await quickly(database, fast.create_task, owner_id=ada.id, new=new)
    assert fast_one == await slowly(database, service.create_task, owner=ada, new=new)
    assert isinstance(fast_one, dict) is (place == "mine")


STATES: dict[str, dict[str, Any]] = {
    "plain": {},
    "done": {"completed_at": now()},
    "trashed": {"deleted_at": now()},
    "due": {"due_at": INSTANT},
    "all day": {"due_date": date(2030, 1, 31)},
    "changed in the future": {"updated_at": now() + timedelta(days=1)},
    "labelled": {"labels": ["x", "z"]},
    "repeating": {"due_at": INSTANT, "rrule": "FREQ=DAILY"},
    "repeating by the day": {"due_date": date(2030, 1, 31), "rrule": "FREQ=MONTHLY"},
    "repeating for the last time": {"due_at": INSTANT, "rrule": "FREQ=DAILY;COUNT=1"},
    "reminded": {"due_at": INSTANT},
    "subtask": {},
    "parent": {},
    "in an archived list": {},
    "in a trashed list": {},
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
        "parent_id": st.sampled_from([None, some_id()]),
        "labels": st.sampled_from([None, [], ["x"], ["z", "x"]]),
        "recurrence": st.sampled_from([None, DAILY, {"rrule": "FREQ=NEVER"}]),
    },
)
# half of the time only what one statement does, else the other half would hide it
PLAIN_FIELDS = FIELDS.map(
    lambda fields: {name: fields[name] for name in fields if name in fast._PLAIN}
)
VERSIONS = st.sampled_from([None, None, 1, 2])
STATE_NAMES = st.sampled_from(list(STATES))
TWICE = settings(
    deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


async def twins(database: Database, owner: User, state: str) -> list[Task]:
    async def one(session: AsyncSession) -> Task:
        task = await a_task(session, owner, **above, **STATES[state])
        if state == "reminded":
            await a_reminder(session, task, offset_minutes=10)
        if state == "parent":
            await a_task(session, owner, parent_id=task.id)
        return task

    async with database.transaction() as session:
        above: dict[str, Any] = {}
        if state == "subtask":
            above = {"parent_id": (await a_task(session, owner)).id}
        if state.endswith("list"):
            chosen = await a_list(session, owner)
            above = {"list_id": chosen.id}
        made = [await one(session), await one(session)]
        if state == "in an archived list":
            chosen.archived_at = now()
        if state == "in a trashed list":
            await lists.trash_list(session, owner_id=owner.id, list_id=chosen.id)
        return made


async def both(
    database: Database, owner: User, state: str, act: tuple[Any, Any], **how: Any
) -> None:
    """Do the same to both, and compare what is told and what is kept."""
    quick, slow = await twins(database, owner, state)
    how["via"] = "session"
    told = await quickly(database, act[0], owner_id=owner.id, task_id=quick.id, **how)
    assert told == await slowly(database, act[1], owner=owner, task_id=slow.id, **how)
    assert await stored(database, quick) == await stored(database, slow)
    async with database.transaction() as session:
        await check_whole(session)


@TWICE
@given(fields=FIELDS | PLAIN_FIELDS, if_version=VERSIONS, state=STATE_NAMES)
async def test_update(
    database: Database, ada: User, fields: dict[str, Any], if_version: int | None, state: str
) -> None:
    act = (fast.update_task, service.update_task)
    await both(database, ada, state, act, patch=TaskPatch(**fields), if_version=if_version)


@TWICE
@given(
    completed=st.sampled_from([None, True, False]),
    occurrence=st.sampled_from([None, None, "2030-01-31T10:00:00", "2030-01-31", "2001-01-01"]),
    subtasks=st.sampled_from(["keep", "complete"]),
    if_version=VERSIONS,
    state=STATE_NAMES,
)
async def test_complete(
    database: Database,
    ada: User,
    completed: bool | None,
    occurrence: str | None,
    subtasks: str,
    if_version: int | None,
    state: str,
) -> None:
    how = {"completed": completed, "occurrence": occurrence, "subtasks": subtasks}
    act = (fast.set_completed, completion.set_completed)
    await both(database, ada, state, act, **how, if_version=if_version)


@TWICE
@given(if_version=VERSIONS, state=STATE_NAMES)
async def test_trash(database: Database, ada: User, if_version: int | None, state: str) -> None:
    await both(database, ada, state, (fast.trash_task, trash.trash_task), if_version=if_version)
