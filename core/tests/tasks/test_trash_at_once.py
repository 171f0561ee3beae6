"""Tasks go to the trash and come back while others change them."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from core.tests.make import a_list, a_task, a_user
from core.tests.tasks.whole import check_whole
from taskbell.accounts.models import User
from taskbell.clock import now
from taskbell.db import Database
from taskbell.errors import TaskbellError
from taskbell.lists import service as lists
from taskbell.locks import lock_tasks_of
from taskbell.tasks import fast
from taskbell.tasks.models import Task
from taskbell.tasks.schemas import TaskCreate
from taskbell.tasks.service import create_task
from taskbell.tasks.trash import TRASH_TTL, delete_task, purge_trash, restore_task, trash_task
from taskbell.tasks.tree import find_parent


async def live(session: AsyncSession) -> str:
    """The titles of what is not in the trash."""
    every = await check_whole(session)
    return "".join(sorted(task.title for task in every if task.deleted_at is None))


@pytest.fixture
async def bob(empty_database: Database) -> User:
    async with empty_database.transaction() as session:
        user = await a_user(session)
        await lists.create_inbox(session, owner_id=user.id)
        return user


async def in_turn(database: Database, act: Callable[..., Awaitable[Any]], **how: Any) -> bool:
    try:
        async with database.transaction() as session:
            await act(session, **how)
    except TaskbellError:
        return False
    return True


async def fast_trash(database: Database, task: Task) -> bool:
    await fast.trash_task(database, owner_id=task.owner_id, task_id=task.id)
    return True


@pytest.mark.parametrize("quick", [True, False])
async def test_a_subtask_is_made_while_its_parent_is_trashed(
    database: Database, bob: User, quick: bool
) -> None:
    """It goes along, or it is refused: it is never left behind."""
    for _ in range(10):
        async with database.transaction() as session:
            task = await a_task(session, bob)
        who: dict[str, Any] = {"owner_id": bob.id, "task_id": task.id}
        making = [
            in_turn(database, create_task, owner_id=bob.id, new=TaskCreate(title=title, **below))
            for title, below in (("x", {"parent_id": task.id}), ("y", {"parent_id": task.id}))
        ]
        trashing = fast_trash(database, task) if quick else in_turn(database, trash_task, **who)
        await asyncio.gather(making[0], trashing, making[1])
        async with database.transaction() as session:
            assert await live(session) == ""


async def test_a_parent_is_held_until_its_new_subtask_is_there(
    database: Database, bob: User
) -> None:
    """The same, with the one who makes it in the middle of it."""
    async with database.transaction() as session:
        task = await a_task(session, bob)
    async with database.transaction() as session:
        await lock_tasks_of(session, owner_id=bob.id)
        await find_parent(session, owner_id=bob.id, parent_id=task.id)
        trashing = asyncio.create_task(fast_trash(database, task))
        async with asyncio.timeout(5):
            while not await _somebody_waits(database):
                assert not trashing.done()
        await create_task(session, owner_id=bob.id, new=TaskCreate(title="x", parent_id=task.id))
    await trashing
    async with database.transaction() as session:
        assert await live(session) == ""


async def _somebody_waits(database: Database) -> bool:
    sql = "SELECT count(*) AS n FROM pg_locks WHERE NOT granted"
    return bool((await database.fetch(sql))[0]["n"])


@pytest.mark.parametrize("child", [True, False])
async def test_a_task_is_made_while_its_list_is_trashed(
    database: Database, bob: User, child: bool
) -> None:
    for _ in range(10):
        async with database.transaction() as session:
            home = await a_list(session, bob)
            parent = await a_task(session, bob, list_id=home.id)
        where = {"parent_id": parent.id} if child else {"list_id": home.id}
        new = TaskCreate(title="x", **where)

        async def make(new: TaskCreate = new) -> None:
            await fast.create_task(database, owner_id=bob.id, new=new)

        who: dict[str, Any] = {"owner_id": bob.id, "list_id": home.id}
        await asyncio.gather(
            in_turn(database, create_task, owner_id=bob.id, new=new),
            in_turn(database, lists.trash_list, **who),
            make(),
            return_exceptions=True,
        )
        async with database.transaction() as session:
            assert await live(session) == ""


async def test_restored_and_purged_at_once(database: Database, bob: User) -> None:
    """It is there as a whole, or gone as a whole."""
    old = now() - TRASH_TTL - timedelta(days=1)
    for _ in range(5):
        async with database.transaction() as session:
            made = [await a_task(session, bob, title="a")]
            for title in "bcde":
                made.append(await a_task(session, bob, title=title, parent_id=made[-1].id))
            await trash_task(session, owner_id=bob.id, task_id=made[0].id)
            for task in made:
                task.deleted_at = old
        who: dict[str, Any] = {"owner_id": bob.id, "task_id": made[0].id}
        restored, _ = await asyncio.gather(
            in_turn(database, restore_task, **who), in_turn(database, purge_trash, most=10)
        )
        async with database.transaction() as session:
            found = await live(session)
            assert found == ("abcde" if restored else "")
            if restored:
                await delete_task(session, **who)
