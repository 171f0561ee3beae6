"""The trash: exactly what one deletion took comes back, whatever else happened meanwhile."""

from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.tests.make import HOUR, a_list, a_reminder, a_task, a_user
from core.tests.tasks.whole import check_whole
from taskbell.accounts.models import User
from taskbell.clock import now
from taskbell.lists import service as lists
from taskbell.tasks.errors import TaskNotFoundError
from taskbell.tasks.models import Task, TaskActivity
from taskbell.tasks.schemas import TaskPatch
from taskbell.tasks.service import update_task
from taskbell.tasks.trash import TRASH_TTL, delete_task, purge_trash, restore_task, trash_task

Family = dict[str, Task]


@pytest.fixture
async def ada(session: AsyncSession) -> User:
    return await a_user(session)


async def family(session: AsyncSession, owner: User, **fields: Any) -> Family:
    """A task "a" with the subtasks "b" and "c"; "d" below "c", and "e" below "d"."""
    made: Family = {}
    for title, above in (("a", ""), ("b", "a"), ("c", "a"), ("d", "c"), ("e", "d")):
        where = {"parent_id": made[above].id} if above else fields
        made[title] = await a_task(session, owner, title=title, **where)
    return made


async def put(session: AsyncSession, task: Task) -> None:
    await trash_task(session, owner_id=task.owner_id, task_id=task.id)


async def back(session: AsyncSession, task: Task) -> Task:
    return await restore_task(session, owner_id=task.owner_id, task_id=task.id)


async def live(session: AsyncSession) -> str:
    """The titles of what is not in the trash."""
    every = await check_whole(session)
    return "".join(sorted(task.title for task in every if task.deleted_at is None))


async def above(session: AsyncSession, task: Task) -> Task | None:
    await session.refresh(task)
    return await session.get(Task, task.parent_id) if task.parent_id else None


async def test_subtasks_go_along_and_come_back(session: AsyncSession, ada: User) -> None:
    made = await family(session, ada)
    await put(session, made["c"])
    assert await live(session) == "ab"
    await put(session, made["c"])  # once more changes nothing
    assert made["c"].version == 2
    assert await back(session, made["c"]) is made["c"]
    assert await live(session) == "abcde"
    await back(session, made["c"])
    assert (made["c"].version, made["e"].version, made["a"].version) == (3, 3, 1)
    assert await above(session, made["e"]) is made["d"]


BELOW = {"a": "abcde", "c": "cde", "e": "e"}


@pytest.mark.parametrize("restored", BELOW)
@pytest.mark.parametrize("order", list(permutations(BELOW)), ids="".join)
async def test_nested_deletions_in_any_order(
    session: AsyncSession, ada: User, order: tuple[str, ...], restored: str
) -> None:
    """Each restoration brings back what its own deletion took: no more, no less."""
    made = await family(session, ada)
    taken_by: dict[str, str] = {}
    for one in order:
        if one not in taken_by:
            await put(session, made[one])
            taken_by |= {title: one for title in BELOW[one] if title not in taken_by}
    left = await live(session)
    await back(session, made[restored])
    came = {title for title in BELOW[restored] if taken_by[title] == taken_by[restored]}
    assert await live(session) == "".join(sorted(came.union(left)))


async def test_restored_one_by_one_from_below(session: AsyncSession, ada: User) -> None:
    made = await family(session, ada)
    for title in "eca":
        await put(session, made[title])
    assert await live(session) == ""
    for title, found in (("a", "ab"), ("c", "abcd"), ("e", "abcde")):
        await back(session, made[title])
        assert await live(session) == found
    assert await above(session, made["e"]) is made["d"]


async def test_a_subtask_alone_becomes_a_task_of_its_own(session: AsyncSession, ada: User) -> None:
    made = await family(session, ada)
    await put(session, made["a"])
    await back(session, made["d"])
    assert await live(session) == "de"
    assert (await above(session, made["d"]), await above(session, made["e"])) == (None, made["d"])
    await back(session, made["a"])
    assert await live(session) == "abcde"
    assert await above(session, made["d"]) is None
    assert made["a"].subtasks_count == 2


async def test_what_is_below_a_deleted_task_is_deleted(session: AsyncSession, ada: User) -> None:
    made = await family(session, ada)
    await a_reminder(session, made["d"])
    await put(session, made["e"])
    await delete_task(session, owner_id=ada.id, task_id=made["c"].id)
    assert await live(session) == "ab"
    assert await session.scalar(select(func.count()).select_from(Task)) == 2
    with pytest.raises(TaskNotFoundError):
        await back(session, made["e"])


async def test_a_parent_is_purged_when_its_subtask_is_out_again(
    session: AsyncSession, ada: User
) -> None:
    made = await family(session, ada)
    await put(session, made["a"])
    await back(session, made["d"])
    for title in "abc":
        made[title].deleted_at = now() - TRASH_TTL - HOUR
    await session.flush()
    assert await purge_trash(session, most=10) == 1, "with what is below it"
    assert await live(session) == "de"
    assert await session.scalar(select(func.count()).select_from(Task)) == 2


async def test_where_a_list_in_the_trash_leaves_its_tasks(session: AsyncSession, ada: User) -> None:
    home = await a_list(session, ada)
    made = await family(session, ada, list_id=home.id)
    await put(session, made["b"])
    await lists.trash_list(session, owner_id=ada.id, list_id=home.id)
    assert await live(session) == ""
    inbox = await lists.resolve(session, owner_id=ada.id, list_id=None)
    restored = await back(session, made["c"])
    assert (restored.list_id, restored.parent_id) == (inbox, None)
    assert (await live(session), made["e"].list_id) == ("cde", inbox)
    await lists.restore_list(session, owner_id=ada.id, list_id=home.id)
    assert await live(session) == "acde", "b was put there before"
    assert made["a"].subtasks_count == 0
    await back(session, made["b"])
    assert await above(session, made["b"]) is made["a"]


async def test_one_is_deleted_while_its_list_is_in_the_trash(
    session: AsyncSession, ada: User
) -> None:
    home = await a_list(session, ada)
    made = await family(session, ada, list_id=home.id)
    await lists.trash_list(session, owner_id=ada.id, list_id=home.id)
    await delete_task(session, owner_id=ada.id, task_id=made["b"].id)
    await lists.restore_list(session, owner_id=ada.id, list_id=home.id)
    assert await live(session) == "acde"


async def test_a_list_gone_for_good_takes_what_is_in_it(session: AsyncSession, ada: User) -> None:
    home = await a_list(session, ada)
    made = await family(session, ada, list_id=home.id)
    await lists.trash_list(session, owner_id=ada.id, list_id=home.id)
    await back(session, made["d"])
    await lists.delete_list(session, owner_id=ada.id, list_id=home.id)
    assert await live(session) == "de"
    assert await session.scalar(select(func.count()).select_from(Task)) == 2


async def test_a_task_comes_back_into_an_archived_list(session: AsyncSession, ada: User) -> None:
    old = await a_list(session, ada)
    made = await family(session, ada, list_id=old.id)
    await put(session, made["c"])
    old.archived_at = now()
    await back(session, made["c"])
    assert (made["c"].list_id, made["e"].list_id) == (old.id, old.id)
    assert await live(session) == "abcde"


async def test_a_parent_that_moved_takes_back_what_was_below_it(
    session: AsyncSession, ada: User
) -> None:
    made, work = await family(session, ada), await a_list(session, ada)
    await put(session, made["c"])
    who: dict[str, Any] = {"owner_id": ada.id, "task_id": made["a"].id}
    await update_task(session, **who, patch=TaskPatch(list_id=work.id))
    await back(session, made["c"])
    await check_whole(session)
    assert made["e"].list_id == work.id
    assert await above(session, made["c"]) is made["a"]


async def test_what_was_trashed_before_groups_were_kept_comes_back(
    session: AsyncSession, ada: User
) -> None:
    task = await a_task(session, ada, deleted_at=now())
    task.trash_id = None
    await session.flush()
    assert (await back(session, task)).deleted_at is None


async def test_a_deletion_is_one_operation(session: AsyncSession, ada: User) -> None:
    made = await family(session, ada)
    await trash_task(session, owner_id=ada.id, task_id=made["c"].id, via="api_token")
    noted = (await session.scalars(select(TaskActivity))).all()
    assert {one.task_id for one in noted} == {made[title].id for title in "cde"}
    assert {(one.action, one.via, one.version) for one in noted} == {("deleted", "api_token", 2)}
    assert len({one.operation_id for one in noted}) == 1
    assert {one.after["trash_id"] for one in noted} == {str(made["c"].id)}
