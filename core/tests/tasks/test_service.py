"""Tasks: create, change, complete, trash, restore, delete."""

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from core.tests.make import HOUR, a_list, a_task, a_user, some_id
from taskbell.clock import now
from taskbell.lists import service as lists
from taskbell.lists.errors import ListNotFoundError
from taskbell.tasks import service as tasks
from taskbell.tasks import trash
from taskbell.tasks.completion import set_completed
from taskbell.tasks.errors import (
    DueInPastError,
    TaskChangedError,
    TaskIdTakenError,
    TaskNotFoundError,
    TwoDueTimesError,
)
from taskbell.tasks.models import Priority, Task
from taskbell.tasks.schemas import TaskCreate, TaskPatch, TaskPut
from taskbell.tasks.trash import TRASH_TTL

DAY = date(2030, 1, 31)
INSTANT = datetime(2030, 1, 31, 9, tzinfo=UTC)


async def patch(session: AsyncSession, task: Task, **fields: Any) -> Task:
    return await tasks.update_task(
        session, owner_id=task.owner_id, task_id=task.id, patch=TaskPatch(**fields)
    )


async def test_a_new_task_has_defaults(session: AsyncSession) -> None:
    user = await a_user(session, time_zone="Europe/Zurich")
    task = await a_task(session, user)
    assert task.list_id == await lists.resolve(session, owner_id=user.id, list_id=None)
    assert (task.priority, task.description, task.completed) == (Priority.medium, "", False)
    assert (task.time_zone, task.version, task.deleted_at) == ("Europe/Zurich", 1, None)


async def test_a_new_task_keeps_what_it_is_given(session: AsyncSession) -> None:
    user = await a_user(session)
    home = await a_list(session, user)
    new = TaskCreate(
        id=some_id(), title="x", description="<b>*", priority="urgent", list_id=home.id,
        due_date=DAY, time_zone="Asia/Kathmandu", start_date=date(2030, 1, 1),
    )  # fmt: skip
    task = await tasks.create_task(session, owner_id=user.id, new=new)
    for name in ("id", "title", "description", "list_id", "due_date", "time_zone", "start_date"):
        assert getattr(task, name) == getattr(new, name)
    assert task.priority == Priority.urgent


async def test_what_cannot_be_created(session: AsyncSession) -> None:
    ada, bob = await a_user(session), await a_user(session)
    theirs = await a_list(session, bob)
    cases: list[tuple[dict[str, Any], type[Exception]]] = [
        ({"due_at": now() - HOUR}, DueInPastError),
        ({"due_at": INSTANT, "due_date": DAY}, TwoDueTimesError),
        ({"list_id": theirs.id}, ListNotFoundError),
        ({"list_id": some_id()}, ListNotFoundError),
    ]
    for fields, error in cases:
        with pytest.raises(error):
            await tasks.create_task(session, owner_id=ada.id, new=TaskCreate(title="x", **fields))
    assert await session.scalar(select(func.count()).select_from(Task)) == 0


async def test_a_day_in_the_past_is_no_instant_in_the_past(session: AsyncSession) -> None:
    assert (await a_task(session, await a_user(session), due_date=date(2001, 1, 1))).due_date


async def test_an_id_is_taken_once_by_anybody(session: AsyncSession) -> None:
    ada, bob = await a_user(session), await a_user(session)
    task = await a_task(session, ada)
    session.expunge_all()
    for owner in (ada, bob):
        savepoint = await session.begin_nested()
        with pytest.raises(TaskIdTakenError):
            await tasks.create_task(
                session, owner_id=owner.id, new=TaskCreate(id=task.id, title="x")
            )
        await savepoint.rollback()


PATCHES: list[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    # a task with …, patched with …, becomes …
    ({}, {"title": "y"}, {"title": "y"}),
    ({"description": "x"}, {"description": None}, {"description": ""}),
    ({"priority": "urgent"}, {"priority": None}, {"priority": Priority.medium}),
    ({"priority": "low"}, {"priority": "high"}, {"priority": Priority.high}),
    ({"due_date": DAY}, {"due_date": None}, {"due_date": None}),
    ({"due_date": DAY}, {"due_at": INSTANT}, {"due_date": None, "due_at": INSTANT}),
    ({"due_at": INSTANT}, {"due_date": DAY}, {"due_date": DAY, "due_at": None}),
    ({"due_at": INSTANT}, {"due_date": None, "title": "y"}, {"due_at": INSTANT, "title": "y"}),
    ({"due_at": INSTANT}, {"due_at": datetime(2001, 1, 1, tzinfo=UTC)}, {"priority": 2}),
    ({"time_zone": "Asia/Tokyo"}, {"time_zone": None}, {"time_zone": "UTC"}),
]


@pytest.mark.parametrize(("before", "change", "after"), PATCHES)
async def test_a_patch_merges(
    session: AsyncSession, before: dict[str, Any], change: dict[str, Any], after: dict[str, Any]
) -> None:
    task = await a_task(session, await a_user(session), **before)
    changed = await patch(session, task, **change)
    assert {name: getattr(changed, name) for name in after} == after
    assert changed.version == 2


async def test_what_a_patch_may_not_do(session: AsyncSession) -> None:
    task = await a_task(session, await a_user(session))
    theirs = await a_list(session, await a_user(session))
    with pytest.raises(ListNotFoundError):
        await patch(session, task, list_id=theirs.id)
    with pytest.raises(TwoDueTimesError):
        await patch(session, task, due_at=INSTANT, due_date=DAY)


@pytest.mark.parametrize("fields", [{}, {"title": "Water the plants"}, {"due_at": None}])
async def test_a_patch_that_changes_nothing_leaves_the_version(
    session: AsyncSession, fields: dict[str, Any]
) -> None:
    task = await a_task(session, await a_user(session))
    before = task.updated_at
    assert (await patch(session, task, **fields)).version == 1
    assert task.updated_at == before


async def test_a_put_replaces_every_field(session: AsyncSession) -> None:
    user = await a_user(session)
    home = await a_list(session, user)
    task = await a_task(
        session, user, description="x", priority="low", due_at=INSTANT, list_id=home.id,
        time_zone="Asia/Tokyo", start_date=DAY,
    )  # fmt: skip
    put = TaskPut(title="y")
    changed = await tasks.replace_task(session, owner_id=user.id, task_id=task.id, new=put)
    assert (changed.title, changed.description, changed.priority) == ("y", "", Priority.medium)
    assert (changed.due_at, changed.start_date, changed.time_zone) == (None, None, "UTC")
    assert changed.list_id == await lists.resolve(session, owner_id=user.id, list_id=None)


async def test_completion_toggles_or_is_set(session: AsyncSession) -> None:
    task = await a_task(session, await a_user(session))
    history = []
    for wanted in (None, None, True, True, False, False):
        await set_completed(session, owner_id=task.owner_id, task_id=task.id, completed=wanted)
        history.append((task.completed, task.version))
    assert history == [(True, 2), (False, 3), (True, 4), (True, 4), (False, 5), (False, 5)]


async def test_trash_and_restore(session: AsyncSession) -> None:
    task = await a_task(session, await a_user(session))
    who: dict[str, Any] = {"owner_id": task.owner_id, "task_id": task.id}
    for _ in range(2):
        await trash.trash_task(session, **who)
    assert (task.deleted_at is not None, task.version) == (True, 2)
    assert await tasks.get_task(session, **who) is task
    with pytest.raises(TaskNotFoundError):
        await patch(session, task, title="y")
    with pytest.raises(TaskNotFoundError):
        await set_completed(session, **who)
    for _ in range(2):
        await trash.restore_task(session, **who)
    assert (task.deleted_at, task.version) == (None, 3)


@pytest.mark.parametrize("trashed", [True, False])
async def test_deleting_is_for_good(session: AsyncSession, trashed: bool) -> None:
    task = await a_task(session, await a_user(session), deleted_at=now() if trashed else None)
    who: dict[str, Any] = {"owner_id": task.owner_id, "task_id": task.id}
    await trash.delete_task(session, **who)
    with pytest.raises(TaskNotFoundError):
        await tasks.get_task(session, **who)


async def test_the_trash_empties_after_thirty_days(session: AsyncSession) -> None:
    user = await a_user(session)
    old = now() - TRASH_TTL - timedelta(minutes=1)
    for deleted_at in (old, old, old, now() - TRASH_TTL + HOUR, None):
        await a_task(session, user, deleted_at=deleted_at)
    assert await trash.purge_trash(session, most=2) == 2
    assert await trash.purge_trash(session, most=2) == 1
    assert await trash.purge_trash(session, most=2) == 0
    assert await session.scalar(select(func.count()).select_from(Task)) == 2


Act = Callable[..., Awaitable[Any]]
ACTS: list[tuple[Act, dict[str, Any]]] = [
    (tasks.update_task, {"patch": TaskPatch(title="y")}),
    (tasks.replace_task, {"new": TaskPut(title="y")}),
    (set_completed, {}),
    (trash.trash_task, {}),
    (trash.delete_task, {}),
]
NAMES = [act.__name__ for act, _ in ACTS]


@pytest.mark.parametrize(("act", "more"), ACTS, ids=NAMES)
async def test_only_the_version_that_was_read(
    session: AsyncSession, act: Act, more: dict[str, Any]
) -> None:
    task = await a_task(session, await a_user(session))
    who = {"owner_id": task.owner_id, "task_id": task.id, **more}
    for wrong in (0, 2):
        with pytest.raises(TaskChangedError):
            await act(session, **who, if_version=wrong)
    await act(session, **who, if_version=1)


@pytest.mark.parametrize(
    ("act", "more"), [*ACTS, (tasks.get_task, {}), (trash.restore_task, {})],
    ids=[*NAMES, "get_task", "restore_task"],
)  # fmt: skip
async def test_only_ones_own_tasks(session: AsyncSession, act: Act, more: dict[str, Any]) -> None:
    task, stranger = await a_task(session, await a_user(session)), await a_user(session)
    for owner_id, task_id in ((stranger.id, task.id), (task.owner_id, some_id())):
        with pytest.raises(TaskNotFoundError):
            await act(session, owner_id=owner_id, task_id=task_id, **more)
    left = await session.scalar(select(col(Task.version)).where(col(Task.id) == task.id))
    assert left == 1
