"""Taking back what changed several tasks, or what others have changed or removed since."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from core.tests.make import a_list, a_task, a_user
from core.tests.tasks.whole import check_whole
from taskbell.accounts.models import User
from taskbell.clock import now
from taskbell.db import Database
from taskbell.lists import service as lists
from taskbell.lists.models import TaskList
from taskbell.lists.schemas import ListPatch
from taskbell.tasks.completion import set_completed
from taskbell.tasks.errors import CannotUndoError, NothingToUndoError
from taskbell.tasks.history import list_activity, undo_last_change
from taskbell.tasks.models import Task
from taskbell.tasks.schemas import TaskPatch
from taskbell.tasks.service import update_task
from taskbell.tasks.trash import delete_task, restore_task, trash_task


@pytest.fixture
async def ada(session: AsyncSession) -> User:
    return await a_user(session)


@pytest.fixture
async def home(session: AsyncSession, ada: User) -> TaskList:
    return await a_list(session, ada, "Home")


@pytest.fixture
async def work(session: AsyncSession, ada: User) -> TaskList:
    return await a_list(session, ada, "Work")


Act = Callable[..., Awaitable[Any]]


async def do(session: AsyncSession, act: Act, task: Task, **how: Any) -> Any:
    return await act(session, owner_id=task.owner_id, task_id=task.id, **how)


async def patch(session: AsyncSession, task: Task, **fields: Any) -> None:
    await do(session, update_task, task, patch=TaskPatch(**fields))


async def undo(session: AsyncSession, task: Task) -> None:
    await do(session, undo_last_change, task)
    await check_whole(session)


async def refused(session: AsyncSession, task: Task) -> None:
    """Undoing is refused, and nothing is changed by it."""
    every = await check_whole(session)
    before = {one.id: one.model_dump() for one in every}
    savepoint = await session.begin_nested()
    with pytest.raises(CannotUndoError):
        await undo(session, task)
    await savepoint.rollback()
    assert {one.id: one.model_dump() for one in await check_whole(session)} == before


async def pair(session: AsyncSession, owner: User, **fields: Any) -> tuple[Task, Task]:
    """A task and its subtask."""
    parent = await a_task(session, owner, title="parent", **fields)
    return parent, await a_task(session, owner, title="child", parent_id=parent.id)


@pytest.mark.parametrize("by_child", [False, True])
async def test_subtasks_are_reopened_with_their_parent(
    session: AsyncSession, ada: User, by_child: bool
) -> None:
    """All that one request completed, and not what was done before it."""
    parent, child = await pair(session, ada)
    done = await a_task(session, ada, parent_id=parent.id, completed_at=now())
    await do(session, set_completed, parent, subtasks="complete")
    await undo(session, child if by_child else parent)
    assert (parent.completed, child.completed, done.completed) == (False, False, True)
    for one in (parent, child):
        with pytest.raises(NothingToUndoError):
            await undo(session, one)


async def test_what_was_changed_since_stays(session: AsyncSession, ada: User) -> None:
    parent, child = await pair(session, ada)
    other = await a_task(session, ada, parent_id=parent.id)
    await do(session, set_completed, parent, subtasks="complete")
    for _ in range(2):  # reopened, and done once more
        await do(session, set_completed, child)
    moment = child.completed_at
    await patch(session, other, title="y")
    await undo(session, parent)
    assert (child.completed_at, other.completed, other.title) == (moment, False, "y")


async def test_what_was_added_since_goes_back_along(
    session: AsyncSession, ada: User, home: TaskList, work: TaskList
) -> None:
    parent, child = await pair(session, ada, list_id=home.id)
    await patch(session, parent, list_id=work.id)
    added = await a_task(session, ada, parent_id=child.id)
    await undo(session, parent)
    assert {one.list_id for one in (parent, child, added)} == {home.id}
    assert added.version == 2


async def test_what_went_elsewhere_since_stays_there(
    session: AsyncSession, ada: User, home: TaskList, work: TaskList
) -> None:
    parent, child = await pair(session, ada, list_id=home.id)
    other = await a_task(session, ada, list_id=work.id)
    await patch(session, parent, list_id=work.id)
    await patch(session, child, parent_id=other.id)
    await undo(session, parent)
    assert (parent.list_id, child.list_id, child.parent_id) == (home.id, work.id, other.id)
    await refused(session, child)  # its parent is in another list by now


async def test_a_subtask_takes_back_the_move_of_its_parent(
    session: AsyncSession, ada: User, home: TaskList, work: TaskList
) -> None:
    top = await a_task(session, ada, list_id=home.id)
    parent, child = await pair(session, ada, parent_id=top.id)
    await patch(session, parent, list_id=work.id)
    savepoint = await session.begin_nested()
    await undo(session, child)
    assert (parent.list_id, parent.parent_id, child.list_id) == (home.id, top.id, home.id)
    await savepoint.rollback()
    await do(session, trash_task, top)
    await refused(session, child)


GONE: list[str] = ["archived", "trashed", "deleted"]


@pytest.mark.parametrize("how", GONE)
async def test_the_list_is_gone(
    session: AsyncSession, ada: User, home: TaskList, work: TaskList, how: str
) -> None:
    parent, _ = await pair(session, ada, list_id=home.id)
    await patch(session, parent, list_id=work.id)
    which: dict[str, Any] = {"owner_id": ada.id, "list_id": home.id}
    if how == "archived":
        await lists.update_list(session, **which, patch=ListPatch(archived=True))
    else:
        await (lists.trash_list if how == "trashed" else lists.delete_list)(session, **which)
    await refused(session, parent)


@pytest.mark.parametrize("how", ["trashed", "deleted", "below it now", "too deep now", "moved"])
async def test_the_parent_is_no_place_any_more(
    session: AsyncSession, ada: User, work: TaskList, how: str
) -> None:
    parent, child = await pair(session, ada)
    await a_task(session, ada, parent_id=child.id)
    await patch(session, child, parent_id=None)
    if how == "trashed":
        await do(session, trash_task, parent)
    elif how == "deleted":
        await do(session, delete_task, parent)
    elif how == "below it now":
        await patch(session, parent, parent_id=child.id)
    elif how == "moved":
        await patch(session, parent, list_id=work.id)
    else:
        above = await a_task(session, ada)
        for _ in range(2):
            above = await a_task(session, ada, parent_id=above.id)
        await patch(session, parent, parent_id=above.id)
    await refused(session, child)


async def test_one_subtask_is_taken_out_of_the_trash_by_undoing(
    session: AsyncSession, ada: User
) -> None:
    parent, child = await pair(session, ada)
    other = await a_task(session, ada, parent_id=parent.id)
    await do(session, trash_task, parent)
    await undo(session, child)
    assert (child.deleted_at, child.parent_id) == (None, None)
    assert parent.deleted_at is not None
    await undo(session, parent)
    assert other.parent_id == parent.id
    assert {one.deleted_at for one in (parent, other)} == {None}


async def test_a_restoration_is_taken_back(session: AsyncSession, ada: User) -> None:
    parent, child = await pair(session, ada)
    await patch(session, parent, title="y")
    await do(session, trash_task, parent)
    await do(session, restore_task, parent)
    await undo(session, parent)
    assert (parent.deleted_at is None, child.deleted_at is None) == (False, False)
    await undo(session, parent)
    assert (parent.deleted_at, child.deleted_at, parent.title) == (None, None, "y")
    await undo(session, parent)
    assert parent.title == "parent"


async def test_a_task_leaves_a_list_in_the_trash_by_undoing(
    session: AsyncSession, ada: User, home: TaskList
) -> None:
    parent, child = await pair(session, ada, list_id=home.id)
    stays = await a_task(session, ada, list_id=home.id)
    await lists.trash_list(session, owner_id=ada.id, list_id=home.id)
    await undo(session, parent)
    inbox = await lists.resolve(session, owner_id=ada.id, list_id=None)
    assert (parent.list_id, child.list_id, child.parent_id) == (inbox, inbox, parent.id)
    await lists.restore_list(session, owner_id=ada.id, list_id=home.id)
    await check_whole(session)
    assert (stays.deleted_at, parent.list_id) == (None, inbox)
    (restored, deleted, _) = (await do(session, list_activity, stays)).items
    assert (restored.action, restored.before["deleted_at"]) == (
        "restored",
        deleted.after["deleted_at"],
    )
    assert not deleted.undone


async def test_what_lies_in_the_trash_is_not_changed(session: AsyncSession, ada: User) -> None:
    task = await a_task(session, ada)
    await patch(session, task, title="y")
    task.deleted_at, task.trash_id = now(), task.id  # before such things were noted
    await session.flush()
    await refused(session, task)


async def test_undone_twice_at_once_takes_back_two_changes(empty_database: Database) -> None:
    async with empty_database.transaction() as session:
        task = await a_task(session, await a_user(session), title="0")
        for number in range(1, 6):
            await patch(session, task, title=f"{number}")

    async def once() -> str:
        async with empty_database.transaction() as session:
            undone: Task = await do(session, undo_last_change, task)
            return undone.title

    assert sorted(await asyncio.gather(once(), once(), once())) == ["2", "3", "4"]
    results = await asyncio.gather(*(once() for _ in range(4)), return_exceptions=True)
    assert sum(isinstance(one, NothingToUndoError) for one in results) == 2
    assert {one for one in results if isinstance(one, str)} == {"0", "1"}
