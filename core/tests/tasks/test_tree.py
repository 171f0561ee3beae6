"""Subtasks: where they can be, what moves with what, and that all is well whatever is done."""

import random
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.tests.make import a_list, a_task, a_user, some_id
from core.tests.tasks.whole import check_whole
from taskbell.accounts.models import User
from taskbell.clock import now
from taskbell.errors import TaskbellError
from taskbell.lists import service as lists
from taskbell.lists.errors import ListArchivedError, ListNotFoundError
from taskbell.tasks import completion, history, rows, trash
from taskbell.tasks import service as tasks
from taskbell.tasks.errors import (
    ParentCycleError,
    ParentInOtherListError,
    ParentNotFoundError,
    TooDeepError,
)
from taskbell.tasks.models import Task
from taskbell.tasks.moving import move_task
from taskbell.tasks.schemas import Move, TaskCreate, TaskPatch, TaskPut


@pytest.fixture
async def ada(session: AsyncSession) -> User:
    return await a_user(session)


async def chain(session: AsyncSession, owner: User, length: int, **fields: Any) -> list[Task]:
    """Tasks each of which is the subtask of the one before."""
    made: list[Task] = []
    for number in range(length):
        above = {"parent_id": made[-1].id} if made else fields
        made.append(await a_task(session, owner, title=f"{number + 1}", **above))
    return made


async def patch(session: AsyncSession, task: Task, **fields: Any) -> Task:
    who: dict[str, Any] = {"owner_id": task.owner_id, "task_id": task.id}
    return await tasks.update_task(session, **who, patch=TaskPatch(**fields))


async def shape(session: AsyncSession) -> dict[str, str | None]:
    """The title of the parent of each live task."""
    every = await check_whole(session)
    titles: dict[UUID | None, str] = {task.id: task.title for task in every}
    return {one.title: titles.get(one.parent_id) for one in every if one.deleted_at is None}


async def test_a_subtask_is_in_the_list_of_its_parent(session: AsyncSession, ada: User) -> None:
    home, work = await a_list(session, ada), await a_list(session, ada, "Work")
    parent = await a_task(session, ada, list_id=home.id)
    for list_id in (None, home.id):
        child = await a_task(session, ada, parent_id=parent.id, list_id=list_id)
        assert (child.list_id, child.parent_id) == (home.id, parent.id)
    seen = await rows.read(session, owner_id=ada.id, task_id=parent.id)
    assert (seen.subtasks_count, seen.version) == (2, 1)
    with pytest.raises(ParentInOtherListError) as refused:
        await a_task(session, ada, parent_id=parent.id, list_id=work.id)
    assert refused.value.errors[0]["field"] == "body.list_id"


async def test_five_levels_are_the_most(session: AsyncSession, ada: User) -> None:
    deep = await chain(session, ada, 5)
    with pytest.raises(TooDeepError):
        await a_task(session, ada, parent_id=deep[-1].id)
    two = await chain(session, ada, 2)
    with pytest.raises(TooDeepError):  # it would be on the fifth level, its subtask on the sixth
        await patch(session, two[0], parent_id=deep[3].id)
    await patch(session, two[0], parent_id=deep[2].id)
    assert (await shape(session))["2"] == "1"


async def test_what_lies_in_the_trash_takes_no_level(session: AsyncSession, ada: User) -> None:
    deep, two = await chain(session, ada, 4), await chain(session, ada, 2)
    await trash.trash_task(session, owner_id=ada.id, task_id=two[1].id)
    await patch(session, two[0], parent_id=deep[3].id)
    await trash.restore_task(session, owner_id=ada.id, task_id=two[1].id)
    await check_whole(session)
    assert two[1].parent_id is None, "there is no room for it below its parent any more"


async def test_nothing_is_below_itself(session: AsyncSession, ada: User) -> None:
    three = await chain(session, ada, 3)
    for below in three:
        with pytest.raises(ParentCycleError) as refused:
            await patch(session, three[0], parent_id=below.id)
        assert refused.value.errors[0]["field"] == "body.parent_id"


async def test_what_is_no_parent(session: AsyncSession, ada: User) -> None:
    theirs = await a_task(session, await a_user(session))
    trashed = await a_task(session, ada, deleted_at=now())
    mine = await a_task(session, ada)
    for parent_id in (theirs.id, trashed.id, some_id()):
        with pytest.raises(ParentNotFoundError):
            await a_task(session, ada, parent_id=parent_id)
        for move in (
            patch(session, mine, parent_id=parent_id),
            move_task(
                session, owner_id=ada.id, task_id=mine.id, to=Move(parent_id=parent_id)
            ),
        ):  # fmt: skip
            with pytest.raises(ParentNotFoundError):
                await move
    assert mine.version == 1


async def test_nothing_goes_below_a_task_of_an_archived_list(
    session: AsyncSession, ada: User
) -> None:
    old = await a_list(session, ada)
    inside = [await a_task(session, ada, list_id=old.id) for _ in range(2)]
    outside = await a_task(session, ada)
    old.archived_at = now()
    with pytest.raises(ListArchivedError):
        await a_task(session, ada, parent_id=inside[0].id)
    with pytest.raises(ListArchivedError):
        await patch(session, outside, parent_id=inside[0].id)
    await patch(session, inside[1], parent_id=inside[0].id)  # it was there before


async def test_subtasks_move_along(session: AsyncSession, ada: User) -> None:
    work = await a_list(session, ada, "Work")
    top, middle, bottom = await chain(session, ada, 3)
    moved = await patch(session, middle, list_id=work.id)
    assert (moved.parent_id, moved.list_id, bottom.list_id) == (None, work.id, work.id)
    assert (bottom.parent_id, bottom.version, top.version) == (middle.id, 2, 1)
    await patch(session, top, parent_id=bottom.id)
    assert top.list_id == work.id
    assert await shape(session) == {"2": None, "3": "2", "1": "3"}


PLACES: list[tuple[dict[str, Any], str | None, str]] = [
    # a subtask in "Home" that is patched with … has the parent … and is in …
    ({"parent_id": None}, None, "Home"),
    ({"list_id": "Home"}, "parent", "Home"),
    ({"list_id": "Work"}, None, "Work"),
    ({"list_id": None}, None, "Inbox"),
    ({"list_id": "Work", "parent_id": None}, None, "Work"),
    ({"parent_id": "other"}, "other", "Work"),
    ({"parent_id": "other", "list_id": "Work"}, "other", "Work"),
    ({"title": "subtask"}, "parent", "Home"),
]


@pytest.mark.parametrize(("fields", "parent", "place"), PLACES)
async def test_where_a_patch_puts_a_subtask(
    session: AsyncSession, ada: User, fields: dict[str, Any], parent: str | None, place: str
) -> None:
    home, work = await a_list(session, ada, "Home"), await a_list(session, ada, "Work")
    inbox = await lists.resolve(session, owner_id=ada.id, list_id=None)
    above = await a_task(session, ada, title="parent", list_id=home.id)
    other = await a_task(session, ada, title="other", list_id=work.id)
    child = await a_task(session, ada, title="subtask", parent_id=above.id)
    ids = {"Home": home.id, "Work": work.id, "Inbox": inbox, "other": other.id}
    await patch(session, child, **{name: ids.get(value, value) for name, value in fields.items()})
    assert child.list_id == ids[place]
    assert (await shape(session))["subtask"] == parent


async def test_two_places_at_once_are_refused(session: AsyncSession, ada: User) -> None:
    work = await a_list(session, ada)
    parent, task = await a_task(session, ada), await a_task(session, ada)
    with pytest.raises(ParentInOtherListError):
        await patch(session, task, parent_id=parent.id, list_id=work.id)
    with pytest.raises(ListNotFoundError):
        await patch(session, task, list_id=some_id())


async def test_a_put_without_a_parent_makes_it_a_task_of_its_own(
    session: AsyncSession, ada: User
) -> None:
    home = await a_list(session, ada)
    parent = await a_task(session, ada, list_id=home.id)
    child = await a_task(session, ada, parent_id=parent.id)
    who: dict[str, Any] = {"owner_id": ada.id, "task_id": child.id}
    await tasks.replace_task(session, **who, new=TaskPut(title="x", parent_id=parent.id))
    assert (child.parent_id, child.list_id) == (parent.id, home.id)
    await tasks.replace_task(session, **who, new=TaskPut(title="x"))
    assert child.parent_id is None
    assert child.list_id == await lists.resolve(session, owner_id=ada.id, list_id=None)
    await check_whole(session)


Act = Callable[..., Awaitable[Any]]


async def any_change(session: AsyncSession, owner: User, chance: random.Random) -> None:
    """Do something to some task or list; it may be refused."""
    who: dict[str, Any] = {"owner_id": owner.id}
    every = (await session.scalars(select(Task))).all()
    homes = await lists.list_lists(session, **who, archived=None)
    homes = [*homes, *await lists.list_lists(session, **who, archived=None, trashed=True)]
    home = chance.choice(homes).id
    if not every or chance.random() < 0.2:
        parent_id = chance.choice([None, *(one.id for one in every)])
        new = TaskCreate(
            title=f"{len(every)}", parent_id=parent_id, list_id=None if parent_id else home
        )
        await tasks.create_task(session, **who, new=new)
        return
    which: dict[str, Any] = who | {"task_id": chance.choice(every).id}
    other = chance.choice(every).id
    acts: list[tuple[Act, dict[str, Any]]] = [
        (tasks.update_task, which | {"patch": TaskPatch(parent_id=other)}),
        (tasks.update_task, which | {"patch": TaskPatch(list_id=home)}),
        (tasks.update_task, which | {"patch": TaskPatch(parent_id=None)}),
        (move_task, which | {"to": Move(parent_id=other)}),
        (move_task, which | {"to": Move(after_id=other)}),
        (trash.trash_task, which),
        (trash.restore_task, which),
        (completion.set_completed, which | {"subtasks": "complete"}),
        (history.undo_last_change, which),
        (history.undo_last_change, which),
        (lists.trash_list, who | {"list_id": home}),
        (lists.restore_list, who | {"list_id": home}),
        (trash.delete_task, which),
    ]
    weights = [6] * (len(acts) - 1) + [1]
    ((act, how),) = chance.choices(acts, weights)
    await act(session, **how)


@settings(
    deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(0, 2**32))
async def test_all_is_well_after_any_changes(session: AsyncSession, seed: int) -> None:
    """The counts are right, and nothing live is below or in what lies in the trash."""
    chance = random.Random(seed)
    rollback = await session.begin_nested()
    owner = await a_user(session)
    for name in ("Home", "Work"):
        await a_list(session, owner, name)
    await lists.create_inbox(session, owner_id=owner.id)
    for number in range(40):
        savepoint = await session.begin_nested()
        try:
            await any_change(session, owner, chance)
            await savepoint.commit()
        except TaskbellError:
            await savepoint.rollback()
        if number % 5 == 4:
            await check_whole(session)
    await rollback.rollback()
