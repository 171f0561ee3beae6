"""Several requests change one task at the same time."""

import asyncio

import pytest

from core.tests.make import a_task, a_user
from taskbell.db import Database
from taskbell.tasks import service as tasks
from taskbell.tasks.completion import set_completed
from taskbell.tasks.errors import TaskChangedError
from taskbell.tasks.models import Task
from taskbell.tasks.schemas import TaskPatch


@pytest.fixture
async def task(empty_database: Database) -> Task:
    async with empty_database.transaction() as session:
        return await a_task(session, await a_user(session))


async def read(database: Database, task: Task) -> Task:
    async with database.transaction() as session:
        return await tasks.get_task(session, owner_id=task.owner_id, task_id=task.id)


async def test_patches_of_different_fields_both_stay(database: Database, task: Task) -> None:
    changes = [TaskPatch(title="y"), TaskPatch(description="z"), TaskPatch(priority="high")]

    async def change(patch: TaskPatch) -> None:
        async with database.transaction() as session:
            await tasks.update_task(session, owner_id=task.owner_id, task_id=task.id, patch=patch)

    await asyncio.gather(*(change(patch) for patch in changes))
    after = await read(database, task)
    assert (after.title, after.description, after.priority, after.version) == ("y", "z", 3, 4)


async def test_of_patches_of_the_same_version_one_wins(database: Database, task: Task) -> None:
    async def change(number: int) -> bool:
        try:
            async with database.transaction() as session:
                await tasks.update_task(
                    session, owner_id=task.owner_id, task_id=task.id,
                    patch=TaskPatch(title=f"title {number}"), if_version=1,
                )  # fmt: skip
        except TaskChangedError:
            return False
        return True

    won = await asyncio.gather(*(change(number) for number in range(8)))
    after = await read(database, task)
    assert won.count(True) == 1
    assert (after.title, after.version) == (f"title {won.index(True)}", 2)


async def test_what_was_read_before_the_lock_is_read_again(database: Database, task: Task) -> None:
    async with database.transaction() as slow:
        seen = await tasks.get_task(slow, owner_id=task.owner_id, task_id=task.id)
        assert seen.version == 1
        async with database.transaction() as quick:
            await tasks.update_task(
                quick, owner_id=task.owner_id, task_id=task.id, patch=TaskPatch(title="y")
            )
        changed = await tasks.update_task(
            slow, owner_id=task.owner_id, task_id=task.id, patch=TaskPatch(description="z")
        )
        assert (changed.title, changed.version) == ("y", 3)


async def test_toggles_alternate(database: Database, task: Task) -> None:
    async def toggle() -> bool:
        async with database.transaction() as session:
            changed = await set_completed(session, owner_id=task.owner_id, task_id=task.id)
            return changed.completed

    states = await asyncio.gather(*(toggle() for _ in range(6)))
    assert (states.count(True), states.count(False)) == (3, 3)
    assert (await read(database, task)).version == 7
